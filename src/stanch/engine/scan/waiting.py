"""A correlation asks what came before and after, so an event that it may count waits until all logs are read.

A million waiting events are few callers who do the same: in packed blocks one costs some fifty bytes instead of a
thousand. Blocks travel between processes as they are, and beyond a bound they lie in a file.
"""

import zlib
from array import array
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timezone
from sys import intern
from typing import Any, NamedTuple, Protocol

from stanch.domain.event import Actor, Event
from stanch.domain.finding import AssetRef
from stanch.engine.scan.cells import Key, Who
from stanch.engine.scan.shelved import Shelved
from stanch.engine.sigma.packed import Unpackable, packed, unpacked, unpacked_ours

IN_BLOCK = 512
"""Events of one block, at most."""
_QUICK = 1
_KNOWN = (Actor, AssetRef, Key, Who, datetime, timezone)


@dataclass(frozen=True, slots=True)
class Kept:
    """What a correlation needs of an event until its window closes: everything but the record.

    `bases` are the ids of the base rules it matched, `detections` those it matched by itself, `routines` those that
    explain it; `fields` holds what the correlations ask; `read` is the name and the size of what it read.
    """

    event: Event
    actor: Actor
    assets: tuple[AssetRef, ...]
    resources: tuple[str, ...]
    region: str
    failed: bool
    key: Key
    read: tuple[str, int] | None
    bases: tuple[str, ...]
    detections: frozenset[str]
    routines: tuple[str, ...]
    fields: Mapping[str, Sequence[Any]]

    @property
    def strangers(self) -> tuple[str, ...]:
        """A correlation tells of many calls, and not whom one of them reached."""
        return ()


class Row(NamedTuple):
    """A kept event, flat; in a block it is a mere tuple, in which equal callers and fields stand once."""

    id: str
    time: datetime
    log: str
    file: str
    actor: Actor
    assets: tuple[AssetRef, ...]
    resources: tuple[str, ...]
    region: str
    failed: bool
    key: Key
    read: tuple[str, int] | None
    bases: tuple[str, ...]
    detections: frozenset[str]
    routines: tuple[str, ...]
    fields: Mapping[str, Sequence[Any]]

    def values(self, name: str) -> Sequence[Any]:
        """The values of a field that a correlation asks."""
        return self.fields.get(name, ())

    def everything(self) -> Sequence[Any]:
        """Correlations ask for fields by name only."""
        return ()


class _Blocks(Protocol):
    """A list, or what goes on in a file."""

    def __len__(self) -> int: ...
    def __getitem__(self, number: int, /) -> Any: ...
    def append(self, value: bytes, /) -> None: ...


class Waiting:
    """Kept events in the order in which they came; each has its place in it as a number."""

    def __init__(self, held: int | None = None) -> None:
        """`held` bytes of packed events stay in memory, all of them where none are told."""
        self._blocks: _Blocks = [] if held is None else Shelved(held)
        self._begins = array("q")
        self._closed = 0
        self._open: list[tuple[Any, ...]] = []

    def __len__(self) -> int:
        return self._closed + len(self._open)

    def __iter__(self) -> Iterator[Kept]:
        return map(_kept, self.rows())

    def __getstate__(self) -> tuple[list[bytes], "array[int]", int]:
        return [block for block, _ in self.blocks()], self._begins, self._closed

    def __setstate__(self, state: tuple[list[bytes], "array[int]", int]) -> None:
        self._blocks, self._begins, self._closed = state
        self._open = []

    def append(self, one: Kept) -> None:
        """Let one event wait."""
        event = one.event
        self._open.append(
            (event.id, event.time, event.log, event.file, one.actor, one.assets, one.resources, one.region, one.failed,
             one.key, one.read, one.bases, one.detections, one.routines, one.fields)
        )  # fmt: skip
        if len(self._open) >= IN_BLOCK:
            self._close()

    def absorb(self, other: "Waiting") -> None:
        """Let the events of another file wait behind these; their blocks are not opened."""
        self._close()
        for block, count in other.blocks():
            self._enter(block, count)

    def blocks(self) -> Iterator[tuple[bytes, int]]:
        """Each block as it is packed, and how many events are in it."""
        self._close()
        for number, begin in enumerate(self._begins):
            end = self._begins[number + 1] if number + 1 < len(self._begins) else self._closed
            yield self._blocks[number], end - begin

    def rows(self) -> Iterator[Row]:
        """All of them, in order."""
        self._close()
        for number in range(len(self._blocks)):
            yield from map(Row._make, self._opened(number))

    def prove(self) -> None:
        """Raises Unpackable unless each block holds as many events as are counted, and changes nothing else.

        Blocks that come from a file of an interrupted run must be proven before anything else is asked of them.
        """
        try:
            blocks = (unpacked(zlib.decompress(block), _KNOWN) for block, _ in self.blocks())
            count = sum(len(row) == len(Row._fields) for block in blocks for row in block)
        except Exception as error:  # what was spoilt may raise anything
            raise Unpackable(f"{type(error).__name__}: {error}") from error
        if count != self._closed:
            raise Unpackable("holds other events than it says")

    def some(self, numbers: Iterable[int]) -> dict[int, Kept]:
        """Those of these numbers; each block is opened once."""
        self._close()
        found: dict[int, Kept] = {}
        rows: list[tuple[Any, ...]] = []
        begin = 0
        for number in sorted(set(numbers)):
            if not begin <= number < begin + len(rows):
                block = bisect_right(self._begins, number) - 1
                begin, rows = self._begins[block], self._opened(block)
            found[number] = _kept(Row._make(rows[number - begin]))
        return found

    def _close(self) -> None:
        if self._open:
            rows, self._open = self._open, []
            self._enter(zlib.compress(packed(rows), _QUICK), len(rows))

    def _enter(self, block: bytes, count: int) -> None:
        self._begins.append(self._closed)
        self._blocks.append(block)
        self._closed += count

    def _opened(self, number: int) -> list[tuple[Any, ...]]:
        rows: list[tuple[Any, ...]] = unpacked_ours(zlib.decompress(self._blocks[number]), _KNOWN)
        return rows


def _kept(row: Row) -> Kept:
    return Kept(Event(row.id, row.time, row.log, intern(row.file), {}), *row[4:])
