"""One connection to S3 brings some 50 to 90 MB a second: a large object comes faster in ranges, side by side."""

import io
import threading
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor

from typing_extensions import Buffer

FIRST = 1 << 20
"""Bytes of the first range, fetched alone: most log files are smaller, and of many only the head is asked for."""
PART = 8 << 20
FLIGHTS = 4
"""Ranges on their way at once; memory is bounded by FLIGHTS + 1 parts."""

Part = Callable[[int, int, Callable[[], bool]], memoryview]
"""Bytes from start to stop; the last argument says whether anybody still waits. Raises OSError."""


class Ranged(io.RawIOBase):
    """The bytes of `size` in order, from ranges that arrive in any."""

    def __init__(self, fetch: Part, size: int, *, part: int = PART, flights: int = FLIGHTS) -> None:
        self._fetch = fetch
        self._size = size
        self._part = part
        self._flights = flights
        self._asked = 0
        self._ready = memoryview(b"")
        self._coming: deque[Future[memoryview]] = deque()
        self._pool: ThreadPoolExecutor | None = None
        self._abandoned = threading.Event()

    def readable(self) -> bool:
        """Always."""
        return True

    def readinto(self, buffer: Buffer, /) -> int:
        """Fill `buffer`, waiting for the next range if need be; 0 at the end. Raises OSError."""
        if not self._ready:
            self._ready = self._next()
        target = memoryview(buffer).cast("B")
        count = min(len(target), len(self._ready))
        target[:count] = self._ready[:count]
        self._ready = self._ready[count:]
        return count

    def close(self) -> None:
        """Give up what is still on its way."""
        self._abandoned.set()
        if self._pool:
            self._pool.shutdown(wait=False, cancel_futures=True)
            self._pool = None
        self._coming.clear()
        self._ready = memoryview(b"")
        super().close()

    def _next(self) -> memoryview:
        if self._asked == 0:
            self._asked = min(FIRST, self._part, self._size)
            return self._fetch(0, self._asked, self._abandoned.is_set) if self._size else memoryview(b"")
        while self._asked < self._size and len(self._coming) < self._flights:
            start, self._asked = self._asked, min(self._asked + self._part, self._size)
            if self._pool is None:
                self._pool = ThreadPoolExecutor(self._flights, thread_name_prefix="ranged")
            self._coming.append(self._pool.submit(self._fetch, start, self._asked, self._abandoned.is_set))
        return self._coming.popleft().result() if self._coming else memoryview(b"")
