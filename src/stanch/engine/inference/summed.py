"""What some calls came to travels between processes, and to disk, as bytes."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from stanch.contracts.inference import Leak

Inspect = Callable[[str], Iterable[Leak]]
"""Looks for what an answer must not hold."""


@dataclass(slots=True)
class Summed:
    """Some calls, each list of Arrow streams.

    `cells` are sums; `named` request ids with the key, the network, the client and the model that their line names;
    `loose` calls for which no line named a key yet; `marks` what calls had in common.
    """

    cells: list[bytes] = field(default_factory=list)
    named: list[bytes] = field(default_factory=list)
    loose: list[bytes] = field(default_factory=list)
    marks: list[bytes] = field(default_factory=list)

    def __bool__(self) -> bool:
        return bool(self.cells or self.loose or self.marks)

    def absorb(self, other: "Summed") -> None:
        """Take in what other files came to."""
        self.cells += other.cells
        self.named += other.named
        self.loose += other.loose
        self.marks += other.marks
