"""Sums of lines while a file is read: times are still texts, and every line costs a few additions."""

from stanch.engine.scan.cells import KEPT_EVENTS, Sums
from stanch.engine.scan.line import Clock, Extra, Line
from stanch.engine.untrusted import MOST, count


class LineSums:
    """What lines of one deed in one hour on one store come to."""

    __slots__ = ("bytes", "count", "events", "first", "last", "objects")

    def __init__(self) -> None:
        self.count = 0
        self.bytes = 0
        self.first = ""
        self.last = ""
        self.objects: set[str] | None = None
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

    def read(self, extra: Extra | None, keys: tuple[str, ...]) -> None:
        """Note which objects a line read, and how much."""
        if self.objects is None:
            self.objects = set(keys)
        else:
            self.objects.update(keys)
        if extra is not None:
            size = extra.bytesTransferredOut
            self.bytes += size if type(size) is int and 0 <= size <= MOST else count(size)

    def told(self, clock: Clock, path: str) -> Sums:
        """The sums as cells hold them."""
        first = clock.seconds(self.first)
        last = first if self.first == self.last else clock.seconds(self.last)
        return Sums(self.count, self.bytes, first, last, self.objects or set(), self.events, [path])
