"""A rule may match all that a caller ever does: what it finds is counted by what was touched, and no event is opened.

Where a deed alone decides which rules match, its events differ in their ids, their times and what they touched; of the
last only the assets matter, and the names and sizes of what was read.
"""

from collections.abc import Callable
from dataclasses import dataclass, field

from msgspec import Raw

from stanch.engine.enrich import View
from stanch.engine.gather import KEPT_EVENTS, Group
from stanch.engine.scan.cells import PRESIGNED, Key
from stanch.engine.scan.line import Clock, Line
from stanch.engine.scan.part import Part
from stanch.engine.scan.sums import LineSums
from stanch.engine.scan.things import Thing
from stanch.engine.sigma import Rule

Mark = tuple[int, int, bool]
"""The hour, the kind of thing, and whether objects were read by URLs that were signed."""
Learn = Callable[["Sure", Line, bytes], Thing]
"""Says what a line touched, where its request is new."""


@dataclass(slots=True)
class Sure:
    """What is known of a deed whose events all match the same rules, and what was counted of them in the files at hand.

    `cell` is what tells its cells but for the hour and the store; `reads` says that it reads objects. `aim` finds in a
    request what tells the thing it touches.
    """

    view: View
    rules: tuple[Rule, ...]
    cell: Key
    reads: bool
    aim: Callable[[Raw], bytes]
    things: dict[bytes, Thing]
    counted: "dict[Mark, Counted]" = field(default_factory=dict)

    @property
    def source(self) -> str:
        """The service."""
        return self.cell.source

    @property
    def name(self) -> str:
        """The call."""
        return self.cell.name

    @property
    def asks(self) -> tuple[str, ...]:
        """No fact about the thing decides anything any more."""
        return ()

    @property
    def whole(self) -> bool:
        """The assets touched are told."""
        return True


class Counted(LineSums):
    """What events of one deed, in one hour, on things of one kind come to: all of these groups take them.

    `keep` takes the ids of events, until all groups have as many as they keep.
    """

    __slots__ = ("groups", "keep", "thing")

    def __init__(self, groups: tuple[Group, ...], thing: Thing, first: str, open: list[LineSums]) -> None:  # noqa: A002
        """`thing` is what was touched; for the others see there."""
        super().__init__(first, open)
        self.groups = groups
        self.thing = thing
        appends = [group.ids.append for group in groups]
        self.keep: Callable[[str], None] | None = appends[0] if len(appends) == 1 else _each(appends)

    def trim(self) -> None:
        """A group keeps so many ids and no more."""
        for group in self.groups:
            del group.ids[KEPT_EVENTS:]
        if all(len(group.ids) == KEPT_EVENTS for group in self.groups):
            self.keep = None

    def settle(self, path: str) -> None:
        """The file at hand ends."""
        super().settle(path)
        for group in self.groups:
            group.files[path] = None
        self.trim()


def _each(appends: list[Callable[[str], None]]) -> Callable[[str], None]:
    def keep(id_: str) -> None:
        for append in appends:
            append(id_)

    return keep


class Counting:
    """All that is counted of the files at hand."""

    def __init__(self, clock: Clock, open: list[LineSums]) -> None:  # noqa: A002 - as a book is open
        """`open` lists the sums that the file at hand has added to."""
        self._clock = clock
        self._open = open
        self._sure: list[Sure] = []

    def take(self, part: Part, sure: Sure, line: Line, hour: int, learned: Learn) -> bool:
        """Count a line of a deed whose events need not be opened; false where this one must be.

        `learned` is asked for things that are new, and raises Closed.
        """
        request = sure.aim(line.requestParameters)
        thing = sure.things.get(request)
        if thing is None or thing.resources != line.resources:
            thing = learned(sure, line, request)
        if thing.assets is None:
            return False
        extra = line.additionalEventData if sure.reads else None
        mark = hour, thing.kind, extra is not None and extra.AuthenticationMethod == PRESIGNED
        counted = sure.counted.get(mark) or self._begin(part, sure, mark, thing, line.eventTime)
        if thing.keys:
            counted.read(line, thing.keys)
        else:
            counted.add(line)
        if counted.keep is not None:
            counted.keep(line.eventID)
        return True

    def trim(self) -> None:
        """Let go of ids that no group keeps."""
        for sure in self._sure:
            for counted in sure.counted.values():
                counted.trim()

    def close(self, part: Part) -> None:
        """Move all that was counted into its part; the file at hand has ended."""
        for sure in self._sure:
            detections = frozenset(rule.detection.id for rule in sure.rules)
            for (start, _, presigned), counted in sure.counted.items():
                self._gather(counted, failed=sure.view.failed)
                if counted.objects and detections:
                    on = counted.thing.on
                    key = sure.cell._replace(start=start, on=on, presigned=presigned)
                    names = map(f"{on}/".__add__, counted.objects)
                    part.matches.add((key, detections, counted.thing.assets or ()), names, counted.bytes)
            sure.counted = {}
        self._sure = []

    def _begin(self, part: Part, sure: Sure, mark: Mark, thing: Thing, time: str) -> Counted:
        """Begin to count; `time` is that of the first line. Groups come in the order of their first events."""
        if not sure.counted:
            self._sure.append(sure)
        view, when = sure.view, self._clock.moment(time)
        groups = []
        for rule in sure.rules:
            group = part.gatherer.group(rule.detection, view.actor, thing.assets or (), view.region, when)
            group.callers[view.actor.arn, view.actor.address] = None
            group.resources.update(dict.fromkeys(view.resources))
            groups.append(group)
        counted = sure.counted[mark] = Counted(tuple(groups), thing, time, self._open)
        return counted

    def _gather(self, counted: Counted, *, failed: bool) -> None:
        first, last = self._clock.moment(counted.first), self._clock.moment(counted.last)
        for group in counted.groups:
            group.count += counted.count
            group.failed += counted.count if failed else 0
            group.days.add(first.toordinal())  # an hour lies in one day
            group.first, group.last = min(group.first, first), max(group.last, last)
