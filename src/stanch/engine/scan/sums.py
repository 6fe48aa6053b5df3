"""Sums of lines while files are read: they are laid by until some are together, for to add up many at once costs less."""

from typing import TYPE_CHECKING

from stanch.engine.scan.cells import KEPT_EVENTS, KEPT_FILES, Sums
from stanch.engine.scan.line import Clock, Line
from stanch.engine.untrusted import MOST, count

if TYPE_CHECKING:
    from stanch.engine.scan.things import Thing


class LineSums:
    """What lines of one deed in one hour on one store come to.

    `lines` are those that are not added up yet; where they ask for things, `things` are these, one for each. `events`
    are the first ids in the file at hand, of which there is `room` for so many more; those of the files before are in
    `kept`.
    """

    __slots__ = ("bytes", "count", "events", "files", "first", "kept", "last", "lines", "objects", "room", "things")

    def __init__(self, first: str) -> None:
        """`first` is the time of the first line."""
        self.lines: list[Line] = []
        self.things: list[Thing] = []
        self.count = 0
        self.bytes = 0
        self.first = first
        self.last = first
        self.objects: set[str] = set()
        self.room = KEPT_EVENTS
        self.events: list[str] = []
        self.kept: list[str] = []
        self.files: list[str] = []

    def add_up(self) -> None:
        """Take in the lines that were laid by."""
        lines, things = self.lines, self.things
        if not lines:
            return
        self.lines, self.things = [], []
        self.count += len(lines)
        times = [line.eventTime for line in lines]
        times.sort()
        self.first, self.last = min(self.first, times[0]), max(self.last, times[-1])
        if self.room:
            self.events += [line.eventID for line in lines[: self.room]]
            self.room = KEPT_EVENTS - len(self.events)
        if things:
            self.objects.update(*[thing.keys for thing in things])
            for line, thing in zip(lines, things, strict=True):
                if (extra := line.additionalEventData) is not None and thing.keys:
                    size = extra.bytesTransferredOut
                    self.bytes += size if type(size) is int and 0 <= size <= MOST else count(size)

    def settle(self, path: str) -> None:
        """The file at hand ends."""
        self.add_up()
        if not self.events:
            return
        if self.files:
            self.events += self.kept
            self.events.sort()
            del self.events[KEPT_EVENTS:]
        self.kept = self.events
        self.files.append(path)
        self.room, self.events = KEPT_EVENTS, []

    def told(self, clock: Clock) -> Sums:
        """The sums as cells hold them."""
        first = clock.seconds(self.first)
        last = first if self.first == self.last else clock.seconds(self.last)
        files = self.files if len(self.files) == 1 else sorted(set(self.files))[:KEPT_FILES]
        return Sums(self.count, self.bytes, first, last, self.objects, self.kept, files)
