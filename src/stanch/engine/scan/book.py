"""An actor's calls of an hour lie in many small files: their sums stay open from one file to the next."""

from stanch.engine.scan.cells import Key
from stanch.engine.scan.classes import Deed, Mark
from stanch.engine.scan.line import Clock
from stanch.engine.scan.part import Part
from stanch.engine.scan.sums import LineSums


class Book:
    """The open sums of all deeds."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._deeds: list[Deed] = []
        self._sums: list[LineSums] = []
        self._path = ""

    def begin(self, deed: Deed, mark: Mark, time: str) -> LineSums:
        """New sums; `time` is that of their first line."""
        if not deed.sums:
            self._deeds.append(deed)
        sums = deed.sums[mark] = LineSums(time)
        self._sums.append(sums)
        return sums

    def turn(self, path: str) -> None:
        """From now on lines are of this file."""
        for sums in self._sums:
            sums.settle(self._path)
        self._path = path

    def close(self, part: Part) -> None:
        """Move all that was summed into its part."""
        self.turn(self._path)
        for deed in self._deeds:
            for mark, sums in deed.sums.items():
                hour, on, signed = (mark, "", False) if isinstance(mark, int) else mark
                key = Key(
                    hour, deed.who, deed.source, deed.name, deed.failed, deed.denied, on, deed.region, deed.agent,
                    signed, deed.console,
                )  # fmt: skip
                part.cells.add(key, sums.told(self._clock))
            deed.sums = {}
        self._deeds, self._sums = [], []
