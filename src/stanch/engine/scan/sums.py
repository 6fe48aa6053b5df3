"""Sums of lines while files are read: times are still texts, and every line costs a few additions."""

from stanch.engine.scan.cells import KEPT_EVENTS, KEPT_FILES, Sums
from stanch.engine.scan.line import Clock, Line
from stanch.engine.untrusted import MOST, count


class LineSums:
    """What lines of one deed in one hour on one store come to.

    `events` are the first ids in the file at hand, of which there is `room` for so many more; those of the files before
    are in `kept`.
    """

    __slots__ = ("bytes", "count", "events", "files", "first", "kept", "last", "objects", "room")

    def __init__(self, first: str) -> None:
        """`first` is the time of the first line."""
        self.count = 0
        self.bytes = 0
        self.first = first
        self.last = first
        self.objects: set[str] = set()
        self.room = KEPT_EVENTS
        self.events: list[str] = []
        self.kept: list[str] = []
        self.files: list[str] = []

    def add(self, line: Line) -> None:
        """Take in one line."""
        self.count += 1
        if self.room:
            self.room -= 1
            self.events.append(line.eventID)
        time = line.eventTime
        if time > self.last:
            self.last = time
        elif time < self.first:
            self.first = time

    def read(self, line: Line, keys: tuple[str, ...]) -> None:
        """Take in a line that read these objects, if any."""
        self.add(line)
        if not keys:
            return
        self.objects.update(keys)
        if (extra := line.additionalEventData) is not None:
            size = extra.bytesTransferredOut
            self.bytes += size if type(size) is int and 0 <= size <= MOST else count(size)

    def settle(self, path: str) -> None:
        """The file at hand ends: note it, if any of its lines was taken in."""
        if self.room == KEPT_EVENTS:
            return
        self.kept = sorted({*self.kept, *self.events})[:KEPT_EVENTS] if self.files else self.events
        self.files.append(path)
        self.room, self.events = KEPT_EVENTS, []

    def told(self, clock: Clock) -> Sums:
        """The sums as cells hold them."""
        first = clock.seconds(self.first)
        last = first if self.first == self.last else clock.seconds(self.last)
        files = self.files if len(self.files) == 1 else sorted(set(self.files))[:KEPT_FILES]
        return Sums(self.count, self.bytes, first, last, self.objects, self.kept, files)
