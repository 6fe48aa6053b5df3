"""Sums of lines while a file is read: times are still texts, and every line costs a few additions."""

from stanch.engine.scan.cells import KEPT_EVENTS, Sums
from stanch.engine.scan.line import Clock, Line
from stanch.engine.untrusted import count


class LineSums:
    """What lines of one deed in one hour on one store come to."""

    __slots__ = ("bytes", "count", "events", "first", "last", "objects")

    def __init__(self) -> None:
        self.count = 0
        self.bytes = 0
        self.first = ""
        self.last = ""
        self.objects: set[str] = set()
        self.events: list[str] = []

    def add(self, line: Line) -> None:
        """Take in one line."""
        self.count += 1
        time = line.eventTime
        if time > self.last:
            self.last = time
        if self.count <= KEPT_EVENTS:
            self.events.append(line.eventID)
            if not self.first:
                self.first = time
        if time < self.first:
            self.first = time

    def read(self, line: Line, keys: tuple[str, ...]) -> None:
        """Note which objects the line read."""
        self.objects.update(keys)
        extra = line.additionalEventData
        if extra is not None:
            self.bytes += count(extra.bytesTransferredOut)

    def told(self, clock: Clock, path: str) -> Sums:
        """The sums as cells hold them."""
        first, last = clock.seconds(self.first), clock.seconds(self.last)
        return Sums(self.count, self.bytes, first, last, self.objects, self.events, [path])
