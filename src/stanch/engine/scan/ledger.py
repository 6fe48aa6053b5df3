"""What left is counted once: each read of data belongs to one share, however many detections saw it.

While logs stream by, reads that matched are summed by cell and by the set of detections that matched them. In the end
a cell is cut into these shares and the rest of it, which nobody called evil.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from stanch.contracts.behaviour import Cell
from stanch.domain.estate import Estate
from stanch.domain.event import is_identity
from stanch.domain.finding import AssetRef
from stanch.domain.incident import Left
from stanch.engine.assess import left_of
from stanch.engine.gather import Caller
from stanch.engine.scan.cells import SECRETS_KEPT_BY, Cells, Key

Matched = tuple[Key, frozenset[str], tuple[AssetRef, ...]]
"""The cell of some reads, the ids of the detections that matched them, and the assets read."""


@dataclass(slots=True)
class Matches:
    """The reads that some detection matched: for each share the `bucket/key` names and the bytes of the answers."""

    shares: dict[Matched, dict[str, int]] = field(default_factory=dict)

    def note(self, share: Matched, name: str, size: int) -> None:
        """Enter one read."""
        names = self.shares.setdefault(share, {})
        names[name] = names.get(name, 0) + size

    def absorb(self, other: "Matches") -> None:
        """Take in the reads of another file."""
        for share, names in other.shares.items():
            for name, size in names.items():
                self.note(share, name, size)


@dataclass(frozen=True, slots=True)
class _Share:
    names: frozenset[str]
    bytes: int


class Ledger:
    """All shares, numbered; it answers which a finding took and what they hold."""

    def __init__(self, cells: Cells, matches: Matches, origin: Callable[[str | None, str], str]) -> None:
        """`origin` resolves an access key and an ARN to the identity a lineage began with."""
        self._shares: list[_Share] = []
        self._by_cell: dict[object, list[int]] = {}
        self._by_finding: dict[tuple[str, str, tuple[AssetRef, ...]], list[int]] = {}
        self._by_caller: dict[Caller, list[int]] = {}
        taken: dict[Key, dict[str, int]] = {}
        for (key, detections, assets), names in matches.shares.items():
            number = self._enter(key, frozenset(names), sum(names.values()))
            of_cell = taken.setdefault(key, {})
            for name, size in names.items():
                of_cell[name] = of_cell.get(name, 0) + size
            who = origin(key.who.access_key, key.who.arn)
            for detection in detections:
                finding = (detection, who, () if is_identity(who) else assets)
                self._by_finding.setdefault(finding, []).append(number)
        for key, sums in cells.sums.items():
            if sums.objects and key.source not in SECRETS_KEPT_BY:
                self._enter_rest(key, {f"{key.on}/{name}" for name in sums.objects}, sums.bytes, taken.get(key, {}))

    @property
    def by_caller(self) -> Mapping[Caller, Sequence[int]]:
        """All shares of each caller, evil or not."""
        return self._by_caller

    def taken(self, detection: str, origin: str, assets: tuple[AssetRef, ...], cells: Sequence[object]) -> list[int]:
        """The shares of what a detection matched of an origin, and all shares of whole cells."""
        found = list(self._by_finding.get((detection, origin, assets), ()))
        for cell in cells:
            found += self._by_cell.get(mark(cell), ())
        return found

    def left(self, shares: Iterable[int], assets: Iterable[AssetRef], estate: Estate) -> Left:
        """What these shares took out, with records and persons of the personal data touched, at most."""
        chosen = [self._shares[number] for number in set(shares)]
        names = {name for share in chosen for name in share.names}
        return left_of(names, sum(share.bytes for share in chosen), assets, estate)

    def _enter_rest(self, key: Key, names: set[str], size: int, taken: Mapping[str, int]) -> None:
        """What of a cell no detection matched; bytes beyond what matched are of names that were read again."""
        left = max(0, size - sum(taken.values()))
        others = names - taken.keys() or (names if left else set())
        if others:
            self._enter(key, frozenset(others), left)

    def _enter(self, key: Key, names: frozenset[str], size: int) -> int:
        number = len(self._shares)
        self._shares.append(_Share(names, size))
        self._by_cell.setdefault(_mark_of(key), []).append(number)
        self._by_caller.setdefault((key.who.arn, key.who.address), []).append(number)
        return number


def _mark_of(key: Key) -> object:
    who = key.who
    return (who.arn, who.access_key, who.address, key.start, key.source, key.name, key.on, key.region, key.agent,
            key.failed, key.denied, key.presigned, key.console)  # fmt: skip


def mark(cell: object) -> object:
    """What tells a cell from all others, as its key does; None for a cell of network flows."""
    if not isinstance(cell, Cell):
        return None
    who = cell.actor
    return (who.arn, who.access_key, who.address, cell.start, cell.source, cell.name, cell.on, cell.region, cell.agent,
            cell.failed, cell.denied, cell.presigned, cell.console)  # fmt: skip
