"""A small S3 object takes thirty milliseconds to begin and one to arrive: ten thousand are fetched side by side."""

import io
from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import BinaryIO

from stanch.aws.bucket import Fetched
from stanch.contracts.source import LogFile
from stanch.stores.s3 import S3File

WIDTH = 16
"""Files ahead of the one that is read."""
BUDGET = 64 << 20
"""Bytes that have come and wait to be read."""
SMALL = 4 << 20
"""A larger object is read in ranges when its turn comes."""


def ahead(files: Iterable[LogFile], *, width: int = WIDTH, budget: int = BUDGET) -> Iterator[LogFile]:
    """The same files in the same order, small ones of S3 already on their way, the rest as they are.

    For the process that reads them: what is yielded does not cross into another.
    """
    waiting: deque[tuple[LogFile, int]] = deque()
    held = 0
    pool = ThreadPoolExecutor(width, thread_name_prefix="ahead")
    try:
        for file in files:
            comes = isinstance(file, S3File) and file.listed.size <= min(SMALL, budget)
            cost = (file.size or 0) if comes else 0
            while waiting and (len(waiting) >= width or held + cost > budget):
                first, freed = waiting.popleft()
                held -= freed
                yield first
            waiting.append((Held(file, pool.submit(_whole, file)) if comes else file, cost))
            held += cost
        while waiting:
            yield waiting.popleft()[0]
    except BaseException:
        pool.shutdown(wait=False, cancel_futures=True)
        raise
    pool.shutdown(wait=False)


@dataclass(frozen=True, slots=True)
class Held:
    """One object on its way, or here; implements `contracts.source.LogFile`."""

    file: LogFile
    coming: "Future[Whole]" = field(repr=False)

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
        return Whole(*self.coming.result().made_of)


class Whole(io.BytesIO):
    """The stored bytes of one object and what they cost."""

    def __init__(self, content: bytes, fetched: Fetched) -> None:
        super().__init__(content)
        self.made_of = (content, fetched)
        self.fetched = fetched


def spent(stream: BinaryIO) -> Fetched:
    """What reading an opened log has cost so far; nothing where it lies on this machine."""
    fetched = getattr(stream, "fetched", None)
    return fetched if isinstance(fetched, Fetched) else Fetched()


def _whole(file: LogFile) -> Whole:
    with file.open() as stream:
        content = stream.read()
        return Whole(content, spent(stream))
