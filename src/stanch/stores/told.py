"""A search that left a million files out must say so in a few lines, or nobody reads them."""

from collections import Counter

from stanch.domain.event import Skipped
from stanch.domain.names import storable
from stanch.stores.delivery import Reason, Window, tells_day


class Told:
    """What was left out of one path, by reason, and how many files were read because nothing tells their day."""

    def __init__(self, path: str, window: Window) -> None:
        self._path = storable(path)
        self.window = window
        self._count: Counter[Reason] = Counter()
        self._example: dict[Reason, str] = {}
        self._strange = 0
        self._stranger = ""

    def left_out(self, why: Reason, entry: str) -> None:
        """One folder or file that is not read; below a folder nothing was listed."""
        self._count[why] += 1
        self._example.setdefault(why, storable(entry))

    def took(self, key: str) -> None:
        """One file that is read."""
        if (self.window.since or self.window.until) and not tells_day(key):
            self._strange += 1
            self._stranger = self._stranger or storable(key)

    def skipped(self) -> list[Skipped]:
        """One line for each reason; none is a fault: this is what was asked for."""
        told = []
        for why, count in sorted(self._count.items()):
            number = "a file or folder" if count == 1 else f"{count:,} files or folders"
            told.append(Skipped(self._path, f"{number} left out, {why.value}: {self._example[why]}", fault=False))
        return told

    @property
    def strange(self) -> str:
        """One line when files lie in no layout that tells their day and were read whatever it is; else empty."""
        if not self._strange:
            return ""
        number = "a file" if self._strange == 1 else f"{self._strange:,} files"
        return f"{self._path}: {number} in no delivery layout that tells its day, read all the same: {self._stranger}"
