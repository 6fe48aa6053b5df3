"""A rule may match all that a caller ever does: what it finds is counted by what was touched, and no event is opened.

Where a deed alone decides which rules match, its events differ in their ids, their times and what they touched; of the
last only the assets matter, and the names and sizes of what was read.
"""

from collections.abc import Callable
from dataclasses import dataclass, field

from msgspec import Raw

from stanch.engine.enrich import View
from stanch.engine.gather import KEPT_EVENTS, Group
from stanch.engine.scan.cells import Key
from stanch.engine.scan.line import Clock
from stanch.engine.scan.part import Part
from stanch.engine.scan.sums import LineSums
from stanch.engine.scan.things import Thing
from stanch.engine.sigma import Rule

Mark = tuple[int, int, bool]
"""The hour, the kind of thing, and whether objects were read by URLs that were signed."""


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

    def __init__(self, groups: tuple[Group, ...], thing: Thing, first: str) -> None:
        """`first` is the time of the first line, `thing` what it touched."""
        super().__init__(first)
        self.groups = groups
        self.thing = thing
        self.keep: Callable[[str], None] | None = groups[0].ids.append if len(groups) == 1 else self._keep

    def _keep(self, id_: str) -> None:
        for group in self.groups:
            group.ids.append(id_)

    def add_up(self) -> None:
        """As above; a group keeps so many ids and no more."""
        super().add_up()
        for group in self.groups:
            del group.ids[KEPT_EVENTS:]
        if all(len(group.ids) == KEPT_EVENTS for group in self.groups):
            self.keep = None


class Counting:
    """All that is counted of the files at hand."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._path = ""
        self._sure: list[Sure] = []
        self._all: list[Counted] = []

    def turn(self, path: str) -> None:
        """From now on lines are of this file."""
        for counted in self._all:
            counted.settle(self._path)
        self._path = path

    def add_up(self) -> None:
        """Take in the lines that were laid by."""
        for counted in self._all:
            counted.add_up()

    def begin(self, part: Part, sure: Sure, mark: Mark, thing: Thing, time: str) -> Counted:
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
        counted = sure.counted[mark] = Counted(tuple(groups), thing, time)
        self._all.append(counted)
        return counted

    def close(self, part: Part) -> None:
        """Move all that was counted into its part."""
        self.turn(self._path)
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
        self._sure, self._all = [], []

    def _gather(self, counted: Counted, *, failed: bool) -> None:
        first, last = self._clock.moment(counted.first), self._clock.moment(counted.last)
        for group in counted.groups:
            group.files.update(dict.fromkeys(counted.files))
            group.count += counted.count
            group.failed += counted.count if failed else 0
            group.days.add(first.toordinal())  # an hour lies in one day
            group.first, group.last = min(group.first, first), max(group.last, last)
