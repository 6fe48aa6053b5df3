"""What a thief read may be a million objects: names that matched are joined, and of their bytes the sum is kept."""

from array import array
from collections.abc import Iterable, Iterator
from sys import intern
from typing import Any, Protocol

from stanch.domain.finding import AssetRef
from stanch.engine.scan.cells import Key, Who
from stanch.engine.scan.names import Packed, packed, union
from stanch.engine.scan.shelved import Shelved

Matched = tuple[Key, frozenset[str], tuple[AssetRef, ...]]
"""The cell of some reads, the ids of the detections that matched them, and the assets read."""
Share = tuple[Packed, int]
"""The `bucket/key` names of some reads, each once, and the bytes of all answers."""


class _Shelf(Protocol):
    """A list, or what goes on in a file."""

    def __len__(self) -> int: ...
    def __getitem__(self, number: int, /) -> Any: ...
    def append(self, value: Share, /) -> None: ...


class Matches:
    """The reads that some detection matched."""

    def __init__(self, held: int | None = None) -> None:
        """`held` bytes of packed names stay in memory, all of them where none are told."""
        self._shelf: _Shelf = [] if held is None else Shelved(held)
        self._numbers: dict[Matched, array[int]] = {}
        self._sets: dict[frozenset[str], frozenset[str]] = {}
        self._assets: dict[tuple[AssetRef, ...], tuple[AssetRef, ...]] = {}
        self._names: dict[Matched, set[str]] = {}
        self._sizes: dict[Matched, int] = {}

    def note(self, share: Matched, name: str, size: int) -> None:
        """Enter one read."""
        self.add(share, (name,), size)

    def add(self, share: Matched, names: Iterable[str], size: int) -> None:
        """Enter reads of these objects, with the bytes of all answers."""
        self._names.setdefault(share, set()).update(names)
        self._sizes[share] = self._sizes.get(share, 0) + size

    def absorb(self, other: "Matches") -> None:
        """Take in the reads of another file; they stay packed."""
        self._put_away()
        for share, row in other.rows():
            self._enter(share, row)

    def rows(self) -> Iterator[tuple[Matched, Share]]:
        """All of them, a share in as many pieces as it came in."""
        self._put_away()
        for share, numbers in self._numbers.items():
            for number in numbers:
                yield share, self._shelf[number]

    def shares(self) -> Iterator[tuple[Matched, Packed, int]]:
        """Each share once, with its names in their order."""
        self._put_away()
        for share, numbers in self._numbers.items():
            names, sizes = zip(*(self._shelf[number] for number in numbers), strict=True)
            yield share, names[0] if len(names) == 1 else union(names), sum(sizes)

    def _put_away(self) -> None:
        for share, names in self._names.items():
            self._enter(share, (packed(sorted(names)), self._sizes[share]))
        self._names, self._sizes = {}, {}

    def _enter(self, share: Matched, row: Share) -> None:
        numbers = self._numbers.get(share)
        if numbers is None:
            numbers = self._numbers[self._lean(share)] = array("q")
        numbers.append(len(self._shelf))
        self._shelf.append(row)

    def _lean(self, share: Matched) -> Matched:
        """The share, in what others hold already: those of a caller differ in the hour, and in the key at most."""
        (start, who, *rest), detections, assets = share
        key = Key(start, Who._make(map(_once, who)), *map(_once, rest))
        return key, self._sets.setdefault(detections, detections), self._assets.setdefault(assets, assets)

    def __getstate__(self) -> list[tuple[Matched, Share]]:
        return list(self.rows())

    def __setstate__(self, state: list[tuple[Matched, Share]]) -> None:
        self.__init__()  # type: ignore[misc]
        for share, row in state:
            self._enter(share, row)


def _once(value: Any) -> Any:
    return intern(value) if type(value) is str else value
