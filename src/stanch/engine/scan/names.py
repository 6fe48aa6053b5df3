"""A million object keys are a million objects to Python, but one text to whoever only passes them on.

Names are joined by a character that almost no name holds; those that hold it travel one by one, so nothing is ever
taken for something else.
"""

from collections.abc import Collection, Iterable, Iterator, Sequence
from itertools import chain
from typing import overload

Packed = str | tuple[str, ...]
"""Names, joined; or each by itself where joining them could not be undone."""
_BETWEEN = "\0"
NOTHING: Packed = ()


def packed(names: Collection[str]) -> Packed:
    """The names as one thing, in their order; `unpacked` gives back exactly these, lone surrogates and all."""
    joined = _BETWEEN.join(names)
    return joined if joined and joined.count(_BETWEEN) == len(names) - 1 else tuple(names)


def unpacked(names: Packed) -> Sequence[str]:
    """What was packed."""
    return names.split(_BETWEEN) if isinstance(names, str) else names


def union(several: Iterable[Packed], most: int | None = None) -> Packed:
    """The distinct names among several packs, in order; of these the first `most`."""
    distinct = set(several)
    if len(distinct) == 1 and most is None:
        (only,) = distinct
        return only
    # What comes in order, as names do, is sorted at once.
    names = sorted(chain.from_iterable(map(unpacked, distinct)))
    return packed(list(dict.fromkeys(names))[:most])


class Names(Sequence[str]):
    """Packed names as a sequence; they are taken apart when somebody goes through them, and not kept so.

    Several packs are their union, which is worked out when somebody asks: of most cells nobody does.
    """

    __slots__ = ("_most", "_packs")

    def __init__(self, *packs: Packed, most: int | None = None) -> None:
        """At least one pack; where they are several, the first `most` names of their union."""
        self._packs = packs
        self._most = most

    @property
    def packed(self) -> Packed:
        """The names as one thing."""
        if len(self._packs) > 1:
            self._packs = (union(self._packs, self._most),)
        return self._packs[0]

    def __len__(self) -> int:
        return self.packed.count(_BETWEEN) + 1 if isinstance(self.packed, str) else len(self.packed)

    def __bool__(self) -> bool:
        return any(self._packs)

    def __iter__(self) -> Iterator[str]:
        return iter(unpacked(self.packed))

    @overload
    def __getitem__(self, index: int) -> str: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[str]: ...
    def __getitem__(self, index: int | slice) -> str | Sequence[str]:
        names = self.packed
        if isinstance(names, str) and isinstance(index, int) and index in (0, -1):  # without taking the others apart
            return names.partition(_BETWEEN)[0] if index == 0 else names.rpartition(_BETWEEN)[2]
        return unpacked(names)[index]

    def __contains__(self, name: object) -> bool:
        return name in unpacked(self.packed)

    def __eq__(self, other: object) -> bool:
        if isinstance(other, Names):
            return self.packed == other.packed
        return tuple(self) == other

    def __hash__(self) -> int:
        return hash(tuple(self))

    def __str__(self) -> str:
        """A text that holds every name as it is: to look for something in all of them."""
        return self.packed if isinstance(self.packed, str) else repr(self.packed)

    def __repr__(self) -> str:
        return repr(tuple(self))
