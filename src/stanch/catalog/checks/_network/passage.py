"""Traffic passes when every gate lets it; one closed gate is enough, and one that nobody saw leaves the answer open."""

from collections.abc import Iterable
from dataclasses import dataclass

from stanch.domain.verdict import Evidence


@dataclass(frozen=True, slots=True)
class Passage:
    """One way between the internet and an interface: by what it leads, what closes it, and what nobody saw of it.

    `proof` are the rules and routes that open it, the security group's first.
    """

    by: tuple[str, ...] = ()
    closed: tuple[str, ...] = ()
    unseen: tuple[str, ...] = ()
    proof: tuple[Evidence, ...] = ()

    @property
    def open(self) -> bool | None:
        """Whether it is; None where that depends on what nobody saw."""
        if self.closed:
            return False
        return None if self.unseen else True

    @property
    def admitted(self) -> bool:
        """Whether the security groups, by themselves, let it pass."""
        return any(one.at.startswith("IpPermissions") for one in self.proof)


def joined(gates: Iterable[Passage]) -> Passage:
    """All of these gates one after the other."""
    told = list(gates)
    return Passage(
        tuple(word for one in told for word in one.by),
        tuple(word for one in told for word in one.closed),
        tuple(word for one in told for word in one.unseen),
        tuple(proof for one in told for proof in one.proof),
    )


def best(ways: Iterable[Passage]) -> Passage:
    """The way that is open, else the one that may be, else one that is closed with all that closes it."""
    rank = {True: 0, None: 1, False: 2}
    ordered = sorted(ways, key=lambda way: (rank[way.open], len(way.closed)))
    return ordered[0] if ordered else Passage(closed=("it has no network interface",))
