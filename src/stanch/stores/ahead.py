"""A small S3 object takes thirty milliseconds to begin and one to arrive: ten thousand are fetched side by side."""

import io
from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, BinaryIO

from stanch.contracts.source import LogFile

if TYPE_CHECKING:
    from concurrent.futures import Future

WIDTH = 16
"""Files ahead of the one that is read."""
BUDGET = 64 << 20
"""Bytes that have come and wait to be read."""
SMALL = 4 << 20
"""A larger object is read in ranges when its turn comes."""


def ahead(files: Iterable[LogFile], *, width: int = WIDTH, budget: int = BUDGET) -> Iterator[LogFile]:
    """The same files in the same order, small ones that are `distant` already on their way, the rest as they are.

    For the process that reads them: what is yielded does not cross into another.
    """
    left = iter(files)
    for file in left:
        if _comes(file, budget):
            yield from _fetched(file, left, width, budget)
        else:
            yield file


def _comes(file: LogFile, budget: int) -> bool:
    return bool(getattr(file, "distant", False)) and file.size is not None and file.size <= min(SMALL, budget)


def _fetched(first: LogFile, files: Iterator[LogFile], width: int, budget: int) -> Iterator[LogFile]:
    from concurrent.futures import ThreadPoolExecutor

    waiting: deque[tuple[LogFile, int]] = deque()
    held = 0
    pool = ThreadPoolExecutor(width, thread_name_prefix="ahead")
    try:
        for file in _chain(first, files):
            comes = _comes(file, budget)
            cost = (file.size or 0) if comes else 0
            while waiting and (len(waiting) >= width or held + cost > budget):
                next_, freed = waiting.popleft()
                held -= freed
                yield next_
            waiting.append((Held(file, pool.submit(_whole, file)) if comes else file, cost))
            held += cost
        while waiting:
            yield waiting.popleft()[0]
    except BaseException:
        pool.shutdown(wait=False, cancel_futures=True)
        raise
    pool.shutdown(wait=False)


def _chain(first: LogFile, rest: Iterator[LogFile]) -> Iterator[LogFile]:
    yield first
    yield from rest


@dataclass(frozen=True, slots=True)
class Held:
    """One object on its way, or here; implements `contracts.source.LogFile`."""

    file: LogFile
    coming: "Future[bytes]" = field(repr=False)

    @property
    def path(self) -> str:
        """As of the file itself."""
        return self.file.path

    @property
    def size(self) -> int | None:
        """As of the file itself."""
        return self.file.size

    @property
    def version(self) -> str | None:
        """As of the file itself."""
        version = getattr(self.file, "version", None)
        return str(version) if version else None

    def open(self) -> BinaryIO:
        """The bytes, waiting for them if need be; raises the OSError that fetching ended with."""
        return io.BytesIO(self.coming.result())


def _whole(file: LogFile) -> bytes:
    with file.open() as stream:
        return stream.read()
