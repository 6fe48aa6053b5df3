"""What left is counted once: each read of data belongs to one share, however many detections saw it.

While logs stream by, reads that matched are summed by cell and by the set of detections that matched them. In the end
a cell is cut into these shares and the rest of it, which nobody called evil.
"""

from array import array
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from stanch.contracts.behaviour import Cell
from stanch.domain.estate import Estate
from stanch.domain.event import is_identity
from stanch.domain.finding import AssetRef
from stanch.domain.incident import Left
from stanch.engine.assess import left_of
from stanch.engine.gather import Caller
from stanch.engine.scan.asked import SECRETS_KEPT_BY
from stanch.engine.scan.bounds import BOUNDS, Bounds
from stanch.engine.scan.cells import Key
from stanch.engine.scan.matches import Matches
from stanch.engine.scan.names import Names, Packed, packed, unpacked
from stanch.engine.scan.shelved import Shelved

Mark = tuple[Any, ...]
"""What tells a cell from all others, as its key does; it begins with the caller's ARN, access key and address."""


class Ledger:
    """Shares, numbered; it answers which a finding took and what they hold."""

    def __init__(
        self,
        cells: Iterable[Cell],
        matches: Matches,
        origin: Callable[[str | None, str], str],
        proof: Iterable[object] = (),
        bounds: Bounds = BOUNDS,
    ) -> None:
        """`cells` are those of the callers that will be asked for, `proof` those that will be asked for as a whole.

        `origin` resolves an access key and an ARN.
        """
        self._sizes = array("q")
        self._names = Shelved(bounds.names)
        self._by_cell: dict[Mark, list[int]] = {mark(cell): [] for cell in proof}
        self._by_finding: dict[tuple[str, str, tuple[AssetRef, ...]], list[int]] = {}
        self._by_caller: dict[Caller, array[int]] = {}
        taken: dict[Mark, list[int]] = {}
        for (key, detections, assets), names, size in matches.shares():
            marked = _mark_of(key)
            number = self._enter(marked, ("", names), size)
            taken.setdefault(marked, []).append(number)
            who = origin(key.who.access_key, key.who.arn)
            for detection in detections:
                finding = (detection, who, () if is_identity(who) else assets)
                self._by_finding.setdefault(finding, []).append(number)
        for cell in cells:
            if cell.objects and cell.source not in SECRETS_KEPT_BY:
                self._enter_rest(cell, taken.get(mark(cell)))

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
        chosen = set(shares)
        names: set[str] = set()
        for number in sorted(chosen):
            store, packed_names = self._names[number]
            inside = unpacked(packed_names)
            names.update(map(f"{store}/".__add__, inside) if store else inside)
        return left_of(names, sum(self._sizes[number] for number in chosen), assets, estate)

    def _enter_rest(self, cell: Cell, taken: Sequence[int] | None) -> None:
        """What of a cell no detection matched; bytes beyond what matched are of names that were read again.

        `taken` are the shares that were cut from it.
        """
        if not taken:
            objects = cell.objects.packed if isinstance(cell.objects, Names) else packed(cell.objects)
            self._enter(mark(cell), (cell.on, objects), cell.bytes)
            return
        names = {f"{cell.on}/{name}" for name in cell.objects}
        left = max(0, cell.bytes - sum(self._sizes[number] for number in taken))
        others = names.difference(*(unpacked(self._names[number][1]) for number in taken)) or (names if left else set())
        if others:
            self._enter(mark(cell), ("", packed(sorted(others))), left)

    def _enter(self, marked: Mark, names: tuple[str, Packed], size: int) -> int:
        """One share; `names` are the store and its keys, or no store and `bucket/key`s."""
        number = len(self._sizes)
        self._sizes.append(size)
        self._names.append(names)
        if marked in self._by_cell:
            self._by_cell[marked].append(number)
        self._by_caller.setdefault((marked[0], marked[2]), array("q")).append(number)
        return number


def _mark_of(key: Key) -> Mark:
    who = key.who
    return (who.arn, who.access_key, who.address, key.start, key.source, key.name, key.on, key.region, key.agent,
            key.failed, key.denied, key.presigned, key.console)  # fmt: skip


def mark(cell: object) -> Mark:
    """What tells a cell from all others; nothing for a cell of network flows."""
    if not isinstance(cell, Cell):
        return ()
    who = cell.actor
    return (who.arn, who.access_key, who.address, cell.start, cell.source, cell.name, cell.on, cell.region, cell.agent,
            cell.failed, cell.denied, cell.presigned, cell.console)  # fmt: skip
