"""An actor's calls of an hour lie in many small files: their sums stay open from one file to the next."""

from stanch.engine.scan.counted import Counting
from stanch.engine.scan.deeds import Deed, Mark
from stanch.engine.scan.line import Clock
from stanch.engine.scan.part import Part
from stanch.engine.scan.sums import LineSums

MOST = 300_000
"""Names in open sums, of which each counts as eight besides: more move to the part, where they are made small."""
LOOKED_AT = 64
"""Batches after which it is looked at how much is open."""
_NAMES = 8


class Book:
    """The open sums of all deeds."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._deeds: list[Deed] = []
        self._sums: list[LineSums] = []
        self._open: list[LineSums] = []
        self._path = ""
        self._batches = 0
        self.counting = Counting(clock, self._open)

    def begin(self, deed: Deed, mark: Mark, time: str) -> LineSums:
        """New sums; `time` is that of their first line."""
        if not deed.sums:
            self._deeds.append(deed)
        sums = deed.sums[mark] = LineSums(time, self._open)
        self._sums.append(sums)
        return sums

    def turn(self, path: str) -> None:
        """From now on lines are of this file."""
        for sums in self._open:
            sums.settle(self._path)
        self._open.clear()
        self._path = path

    def relieve(self, part: Part) -> None:
        """Between two batches: a file of any length must not fill the memory with what it comes to."""
        self._batches += 1
        if self._batches % LOOKED_AT:
            return
        self.counting.trim()
        if _NAMES * len(self._sums) + sum(len(sums.objects) for sums in self._sums) > MOST:
            self.close(part)
            part.cells.put_away()

    def close(self, part: Part) -> None:
        """Move all that was summed into its part."""
        self.turn(self._path)
        for deed in self._deeds:
            for mark, sums in deed.sums.items():
                hour, on, signed = (mark, "", False) if isinstance(mark, int) else mark
                part.cells.enter(deed.key(hour, on, presigned=signed), sums.told(self._clock))
            deed.sums = {}
        self._deeds, self._sums = [], []
        self.counting.close(part)
