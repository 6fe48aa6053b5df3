"""What some calls came to travels between processes, and to disk, as bytes."""

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from stanch.contracts.inference import Leak

Inspect = Callable[[str], Iterable[Leak]]
"""Looks for what an answer must not hold; raises Blind where it cannot look."""

ASKED, ABSENT, ELSEWHERE = "asked", "absent", "elsewhere"
"""Lines of calls that were answered; that hold no answer; that say where it lies."""
UNLOOKED, WITHOUT, CUT = "unlooked", "without", "cut"
"""Lines with an answer at which nobody could look; at which one looked without something that was to be looked for;
with so many lookalikes that not all were looked at."""


class Blind(Exception):
    """Why no answer can be looked into: told as it stands."""


@dataclass(slots=True)
class Summed:
    """Some calls, each list of Arrow streams.

    `cells` are sums; `named` request ids with what their line names, a key first of all, and the amounts it tells;
    `loose` calls for which no line named a key yet; `marks` what calls had in common. `words` counts lines by what
    became of their answers, and the log or the reason.
    """

    cells: list[bytes] = field(default_factory=list)
    named: list[bytes] = field(default_factory=list)
    loose: list[bytes] = field(default_factory=list)
    marks: list[bytes] = field(default_factory=list)
    words: Counter[tuple[str, str]] = field(default_factory=Counter)

    def __bool__(self) -> bool:
        return bool(self.cells or self.loose or self.marks)

    def absorb(self, other: "Summed") -> None:
        """Take in what other files came to."""
        self.cells += other.cells
        self.named += other.named
        self.loose += other.loose
        self.marks += other.marks
        self.words.update(other.words)
