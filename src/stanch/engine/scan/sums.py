"""Sums of lines while files are read: times are still texts, and every line costs a few additions."""

from stanch.engine.scan.cells import KEPT_EVENTS, KEPT_FILES, Row, row_of
from stanch.engine.scan.line import Clock, Line
from stanch.engine.untrusted import MOST, count


class LineSums:
    """What lines of one deed in one hour on one store come to.

    `events` are the first ids in the file at hand, of which there is `room` for so many more; those of the files before
    are in `kept`. `open` lists the sums that the file at hand has added to.
    """

    __slots__ = ("bytes", "count", "events", "files", "first", "kept", "last", "objects", "open", "room")

    def __init__(self, first: str, open: "list[LineSums]") -> None:  # noqa: A002 - as a book is open
        """`first` is the time of the first line."""
        self.open = open
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
            if self.room == KEPT_EVENTS:
                self.open.append(self)
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
        """The file at hand, of which some lines were taken in, ends."""
        if self.files:
            self.events += self.kept
            self.events.sort()
            del self.events[KEPT_EVENTS:]
        self.kept = self.events
        self.files.append(path)
        self.room, self.events = KEPT_EVENTS, []

    def told(self, clock: Clock) -> Row:
        """The sums as cells hold them."""
        first = clock.seconds(self.first)
        last = first if self.first == self.last else clock.seconds(self.last)
        files = self.files if len(self.files) == 1 else sorted(set(self.files))[:KEPT_FILES]
        return row_of(self.count, self.bytes, first, last, self.objects, self.kept, files)
