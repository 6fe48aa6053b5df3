"""CloudTrail delivers at least once, and trails overlap: an event that comes twice is counted once.

Events with one id have one time, so ids are remembered by the hour, as 64-bit hashes under this run's own secret key.
What is long past goes to a file: memory stays bounded whatever the logs' size.
"""

import tempfile
from array import array
from collections import OrderedDict
from collections.abc import Mapping
from types import TracebackType
from typing import BinaryIO, Self

HOT = 2_000_000
"""Hashes held in memory; with some 70 bytes each."""
_WIDTH = array("q").itemsize


class Seen:
    """The hashes of all ids that were taken. A context manager: leaving it forgets all."""

    def __init__(self, hot: int = HOT) -> None:
        self._hot: OrderedDict[int, set[int]] = OrderedDict()
        self._cold: dict[int, list[tuple[int, int]]] = {}
        self._most = hot
        self._held = 0
        self._file: BinaryIO | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        if self._file is not None:
            self._file.close()

    def known(self, ids: Mapping[int, "array[int]"]) -> set[int]:
        """Those of these ids, by hour, that were taken before."""
        return {number for hour, numbers in ids.items() for number in self._of(hour).intersection(numbers)}

    def take(self, ids: Mapping[int, "array[int]"]) -> None:
        """Remember these ids."""
        for hour, numbers in ids.items():
            known = self._of(hour)
            before = len(known)
            known.update(numbers)
            self._held += len(known) - before
        while self._held > self._most and len(self._hot) > 1:
            self._cool()

    def _of(self, hour: int) -> set[int]:
        """The set of an hour, brought back from the file where it was put away; the one used last is kept longest."""
        known = self._hot.get(hour)
        if known is None:
            known = self._hot[hour] = set()
            for at, count in self._cold.get(hour, ()):
                known.update(self._read(at, count))
            self._held += len(known)
        self._hot.move_to_end(hour)
        return known

    def _cool(self) -> None:
        """Put away the hour that was not used for longest; what the file holds of it already is written once more."""
        hour, known = self._hot.popitem(last=False)
        self._held -= len(known)
        written = sum(count for _, count in self._cold.get(hour, ()))
        if len(known) == written:
            return
        if self._file is None:
            self._file = tempfile.TemporaryFile()  # noqa: SIM115 - closed when the search ends
        self._file.seek(0, 2)
        self._cold[hour] = [(self._file.tell(), len(known))]
        self._file.write(array("q", known).tobytes())

    def _read(self, at: int, count: int) -> "array[int]":
        assert self._file is not None  # noqa: S101 - what is cold was written
        self._file.seek(at)
        numbers = array("q")
        numbers.frombytes(self._file.read(count * _WIDTH))
        return numbers
