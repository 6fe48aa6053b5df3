"""What of a unit was taken in so far: the sums of each deed, and the rows that only a look at themselves can tell."""

from dataclasses import dataclass, field

from stanch.engine.scan.cells import KEPT_EVENTS
from stanch.engine.scan.lake import profile
from stanch.engine.scan.lake.block import Numbers
from stanch.engine.scan.lake.groups import Group
from stanch.engine.scan.lake.rows import Kind

_NO_FILE = -1
_BITS = 32
_LOW = (1 << _BITS) - 1

Mark = tuple[int, str, bool]
"""An hour, a store, and whether the URL was signed."""


def thing(request: int, resources: int) -> int:
    """What one call asked for, as one number: those of its request and of the resources it names."""
    return request << _BITS | resources


def told_by(thing: int) -> tuple[int, int]:
    """The numbers of the request and of the resources."""
    return thing >> _BITS, thing & _LOW


class Sum:
    """A group on its way: of originals that were read to their end only the ids are held that may be told."""

    def __init__(self, group: Group) -> None:
        self.group = group
        self.files: set[int] = set()
        self._last, self._ids = _NO_FILE, list[str]()
        self._done: list[str] = []
        self._take(group.events)

    def add(self, later: Group) -> None:
        """Take in rows of the same deed and mark that were read later."""
        self._take(later.events)
        self.group.events = later.events = {}
        self.group.add(later)

    @property
    def events(self) -> list[str]:
        """The ids that a cell keeps of these."""
        return self._ids if len(self.files) < 2 else _fewest(self._done, self._ids)

    def _take(self, events: dict[int, list[str]]) -> None:
        for file, ids in events.items():
            if file != self._last:
                self._done, self._last, self._ids = _fewest(self._done, self._ids), file, []
                self.files.add(file)
            self._ids = (self._ids + ids)[:KEPT_EVENTS]


def _fewest(some: list[str], others: list[str]) -> list[str]:
    return sorted({*some, *others})[:KEPT_EVENTS]


@dataclass(slots=True)
class Deed:
    """One deed of one partition: its rows, the things it asked for, and what it came to.

    `groups` is None where only the rows can tell; `records` are its events where any hunt opens them.
    """

    rows: list[profile.Stretch] = field(default_factory=list)
    things: set[int] = field(default_factory=set)
    groups: dict[Mark, Sum] | None = field(default_factory=dict)
    records: list[profile.Record] = field(default_factory=list)


@dataclass(slots=True)
class Part:
    """One partition: `slow` are rows that were read the slow way, `hours` has the times and ids of each chunk."""

    deeds: dict[Kind, Deed] = field(default_factory=dict)
    slow: list[profile.Stretch] = field(default_factory=list)
    hours: dict[int, list[tuple[int, int, Numbers]]] = field(default_factory=dict)
