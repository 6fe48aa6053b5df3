"""A million log files have a million long names that are nearly the same: packed, they take a tenth of the room."""

import zlib
from array import array
from collections.abc import Iterable, Iterator, Sequence
from typing import overload

from stanch.contracts.source import LogFile
from stanch.stores.logs import LocalFile

IN_BLOCK = 1000
"""Files that are packed together."""
_BETWEEN = "\0"
"""What no path of this machine holds."""
_UNKNOWN = -1
_Block = tuple[bytes, "array[int]", dict[int, LogFile]]
"""The paths of local files, packed; the sizes; and by their places the files that lie elsewhere, as they are."""


class Listing(Sequence[LogFile]):
    """Files in the order in which they were found; those on this machine are made anew each time they are asked for.

    What it holds is few objects, so that processes forked from this one do not copy it by counting references.
    """

    def __init__(self, files: Iterable[LogFile]) -> None:
        """List all of them, going through them once."""
        self._blocks: list[_Block] = []
        self._count = 0
        self._opened: tuple[int, list[LogFile]] = (-1, [])
        some: list[LogFile] = []
        for file in files:
            some.append(file)
            if len(some) == IN_BLOCK:
                self._blocks.append(_packed(some))
                some = []
            self._count += 1
        if some:
            self._blocks.append(_packed(some))

    def __len__(self) -> int:
        return self._count

    def __iter__(self) -> Iterator[LogFile]:
        for block in self._blocks:
            yield from _unpacked(block)

    @overload
    def __getitem__(self, at: int) -> LogFile: ...
    @overload
    def __getitem__(self, at: slice) -> Sequence[LogFile]: ...
    def __getitem__(self, at: int | slice) -> LogFile | Sequence[LogFile]:
        if isinstance(at, slice):
            return [self[each] for each in range(*at.indices(self._count))]
        block, place = divmod(range(self._count)[at], IN_BLOCK)
        if self._opened[0] != block:
            self._opened = block, _unpacked(self._blocks[block])
        return self._opened[1][place]


def _packed(files: Sequence[LogFile]) -> _Block:
    others = {at: file for at, file in enumerate(files) if type(file) is not LocalFile}
    paths = _BETWEEN.join(file.place if type(file) is LocalFile else "" for at, file in enumerate(files))
    sizes = (_UNKNOWN if at in others or file.size is None else file.size for at, file in enumerate(files))
    return zlib.compress(paths.encode("utf-8", "surrogatepass"), 1), array("q", sizes), others


def _unpacked(block: _Block) -> list[LogFile]:
    packed, sizes, others = block
    paths = zlib.decompress(packed).decode("utf-8", "surrogatepass").split(_BETWEEN)
    if not others:
        return [LocalFile(path, None if size < 0 else size) for path, size in zip(paths, sizes, strict=True)]
    return [
        others[at] if at in others else LocalFile(path, None if size < 0 else size)
        for at, (path, size) in enumerate(zip(paths, sizes, strict=True))
    ]
