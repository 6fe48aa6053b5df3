"""CloudTrail delivers at least once, and trails overlap: an event that comes twice is counted once.

Events with one id have one time, so ids are remembered by the hour, as 64-bit numbers in order: eight bytes each.
What is long past goes to a file, so that memory stays bounded whatever the logs' size.
"""

import tempfile
from array import array
from collections import OrderedDict
from collections.abc import Mapping
from types import TracebackType
from typing import BinaryIO, Self

import numpy as np
from numpy.typing import NDArray

from stanch.engine.scan.bounds import BOUNDS, Bounds

Numbers = NDArray[np.int64]

_WIDTH = 8


class Seen:
    """The numbers of all ids that were taken. A context manager: leaving it forgets all."""

    def __init__(self, bounds: Bounds = BOUNDS) -> None:
        self._hot: OrderedDict[int, _Hour] = OrderedDict()
        self._cold: dict[int, tuple[int, int]] = {}
        self._most = bounds.ids
        self._held = 0
        self._file: BinaryIO | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        if self._file is not None:
            self._file.close()

    def known(self, ids: Mapping[int, "array[int]"]) -> set[int]:
        """Those of these ids, by hour, that were taken before."""
        found: set[int] = set()
        for hour, numbers in ids.items():
            found.update(self._of(hour).among(np.sort(_numbers(numbers))))
        return found

    def take(self, ids: Mapping[int, "array[int]"]) -> None:
        """Remember these ids, none of which is known."""
        for hour, numbers in ids.items():
            self._of(hour).add(np.sort(_numbers(numbers)))
            self._held += len(numbers)
        while self._held > self._most and len(self._hot) > 1:
            self._cool()

    def _of(self, hour: int) -> "_Hour":
        """The numbers of an hour, brought back from the file where it was put away; the one used last stays longest."""
        known = self._hot.get(hour)
        if known is None:
            known = self._hot[hour] = _Hour()
            if hour in self._cold:
                known.add(self._read(*self._cold[hour]))
            self._held += known.count
        self._hot.move_to_end(hour)
        return known

    def _cool(self) -> None:
        """Put away the hour that was not used for longest; what the file holds of it already is written once more."""
        hour, known = self._hot.popitem(last=False)
        self._held -= known.count
        if known.count == self._cold.get(hour, (0, 0))[1]:
            return
        if self._file is None:
            self._file = tempfile.TemporaryFile()  # noqa: SIM115 - closed when the search ends
        self._file.seek(0, 2)
        self._cold[hour] = self._file.tell(), known.count
        self._file.write(known.all().tobytes())

    def _read(self, at: int, count: int) -> Numbers:
        assert self._file is not None  # noqa: S101 - what is cold was written
        self._file.seek(at)
        return np.frombuffer(self._file.read(count * _WIDTH), np.int64)


class _Hour:
    """Numbers in a few ordered runs, each at least twice as long as the next: adding one costs little, on average."""

    def __init__(self) -> None:
        self._runs: list[Numbers] = []
        self.count = 0

    def add(self, run: Numbers) -> None:
        """Take in numbers in order."""
        self.count += len(run)
        while self._runs and len(self._runs[-1]) < 2 * len(run):
            run = _ordered([self._runs.pop(), run])
        self._runs.append(run)

    def among(self, some: Numbers) -> list[int]:
        """Those of these numbers, in order, that are here."""
        found: list[int] = []
        for run in self._runs:
            if len(run) and len(some):
                near = np.minimum(np.searchsorted(run, some), len(run) - 1)
                found += some[run[near] == some].tolist()
        return found

    def all(self) -> Numbers:
        """All numbers, in order."""
        return _ordered(self._runs)


def _ordered(runs: list[Numbers]) -> Numbers:
    """Ordered runs as one: sorting stably finds the order that is there."""
    return np.sort(np.concatenate(runs), kind="stable") if len(runs) > 1 else runs[0]


def _numbers(numbers: "array[int]") -> Numbers:
    return np.frombuffer(numbers, np.int64) if len(numbers) else np.empty(0, np.int64)
