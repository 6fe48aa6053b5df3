"""Rows that wait until all logs are read: a million are few callers who do the same, and packed they are small.

Blocks travel between processes as they are, and beyond a bound they lie in a file.
"""

import zlib
from array import array
from bisect import bisect_right
from collections.abc import Iterable, Iterator
from typing import Any, ClassVar, Protocol

from stanch.engine.scan.shelved import Shelved
from stanch.engine.sigma.packed import Unpackable, packed, unpacked, unpacked_ours

IN_BLOCK = 512
"""Rows of one block, at most."""
_QUICK = 1

Flat = tuple[Any, ...]


class _Blocks(Protocol):
    """A list, or what goes on in a file."""

    def __len__(self) -> int: ...
    def __getitem__(self, number: int, /) -> Any: ...
    def append(self, value: bytes, /) -> None: ...


class Blocks:
    """Flat rows in the order in which they came; each has its place in it as a number.

    `KNOWN` are the classes a row may be made of besides the plain ones, `WIDTH` is the number of its fields.
    """

    KNOWN: ClassVar[tuple[Any, ...]] = ()
    WIDTH: ClassVar[int]

    def __init__(self, held: int | None = None) -> None:
        """`held` bytes of packed rows stay in memory, all of them where none are told."""
        self._blocks: _Blocks = [] if held is None else Shelved(held)
        self._begins = array("q")
        self._closed = 0
        self._open: list[Flat] = []

    def __len__(self) -> int:
        return self._closed + len(self._open)

    def __getstate__(self) -> tuple[list[bytes], "array[int]", int]:
        return [block for block, _ in self.blocks()], self._begins, self._closed

    def __setstate__(self, state: tuple[list[bytes], "array[int]", int]) -> None:
        self._blocks, self._begins, self._closed = state
        self._open = []

    def absorb(self, other: "Blocks") -> None:
        """Let the rows of another file wait behind these; their blocks are not opened."""
        self._close()
        for block, count in other.blocks():
            self._enter(block, count)

    def blocks(self) -> Iterator[tuple[bytes, int]]:
        """Each block as it is packed, and how many rows are in it."""
        self._close()
        for number, begin in enumerate(self._begins):
            end = self._begins[number + 1] if number + 1 < len(self._begins) else self._closed
            yield self._blocks[number], end - begin

    def prove(self) -> None:
        """Raises Unpackable unless each block holds as many rows as are counted, and changes nothing else.

        Blocks that come from a file of an interrupted run must be proven before anything else is asked of them.
        """
        try:
            blocks = (unpacked(zlib.decompress(block), self.KNOWN) for block, _ in self.blocks())
            count = sum(len(row) == self.WIDTH for block in blocks for row in block)
        except Exception as error:  # what was spoilt may raise anything
            raise Unpackable(f"{type(error).__name__}: {error}") from error
        if count != self._closed:
            raise Unpackable("holds other rows than it says")

    def _add(self, row: Flat) -> None:
        self._open.append(row)
        if len(self._open) >= IN_BLOCK:
            self._close()

    def _flat(self) -> Iterator[Flat]:
        """All of them, in order."""
        self._close()
        for number in range(len(self._blocks)):
            yield from self._opened(number)

    def _some(self, numbers: Iterable[int]) -> Iterator[tuple[int, Flat]]:
        """Those of these numbers, in order; each block is opened once."""
        self._close()
        rows: list[Flat] = []
        begin = 0
        for number in sorted(set(numbers)):
            if not begin <= number < begin + len(rows):
                block = bisect_right(self._begins, number) - 1
                begin, rows = self._begins[block], self._opened(block)
            yield number, rows[number - begin]

    def _close(self) -> None:
        if self._open:
            rows, self._open = self._open, []
            self._enter(zlib.compress(packed(rows), _QUICK), len(rows))

    def _enter(self, block: bytes, count: int) -> None:
        self._begins.append(self._closed)
        self._blocks.append(block)
        self._closed += count

    def _opened(self, number: int) -> list[Flat]:
        rows: list[Flat] = unpacked_ours(zlib.decompress(self._blocks[number]), self.KNOWN)
        return rows
