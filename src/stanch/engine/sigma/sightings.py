"""What base rules matched is kept in columns until all is in: a bulk read is a million sightings of one group.

A sighting costs 8 bytes for its time, 2 for its base rule, and a reference each to its event's id and, where values are
measured, to them; equal values are kept once. So a million sightings cost some 25 MB beside the ids of their events,
and nothing else of an event is kept. They grow with the events that base rules match, not with those that are read.
"""

from array import array
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from stanch.engine.sigma.tallies import Measured

MICROSECOND = timedelta(microseconds=1)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

Group = tuple[str, ...]


def microseconds(time: datetime) -> int:
    """Since 1970; `time` must be aware."""
    return (time - _EPOCH) // MICROSECOND


def moment(at: int) -> datetime:
    """The time of so many microseconds since 1970, in UTC."""
    return _EPOCH + at * MICROSECOND


@dataclass(slots=True)
class Sightings:
    """The sightings of one group; row by row, a time, the place of the base rule, an event's id, and what it brings.

    `measured` is empty where the correlation measures no values. `times` are microseconds since 1970.
    """

    times: "array[int]" = field(default_factory=lambda: array("q"))
    bases: "array[int]" = field(default_factory=lambda: array("H"))
    events: list[str] = field(default_factory=list)
    measured: list[Measured] = field(default_factory=list)

    def add(self, time: int, base: int, event: str, measured: Measured | None) -> None:
        """Add a row; `measured` is None in all rows of a correlation that measures no values."""
        self.times.append(time)
        self.bases.append(base)
        self.events.append(event)
        if measured is not None:
            self.measured.append(measured)

    def extend(self, other: "Sightings") -> None:
        """Add the rows of another process."""
        self.times.extend(other.times)
        self.bases.extend(other.bases)
        self.events.extend(other.events)
        self.measured.extend(other.measured)

    def in_order(self, *, each_base_counts: bool) -> "Sightings":
        """The rows in time; within CloudTrail's one second in the order of the bases, for which came first is unknown.

        An event that was added twice stands once; so does one that several bases saw, unless each of them counts.
        """
        order = list(range(len(self.times)))
        # Three stable sorts by one column each need no tuple per row.
        columns: tuple[Sequence[str] | Sequence[int], ...] = (self.events, self.bases, self.times)
        for column in columns:
            order.sort(key=column.__getitem__)
        kept = Sightings()
        for row in self._once(order, each_base_counts):
            measured = self.measured[row] if self.measured else None
            kept.add(self.times[row], self.bases[row], self.events[row], measured)
        return kept

    def _once(self, order: list[int], each_base_counts: bool) -> Iterator[int]:
        now, seen = None, set[tuple[str, int]]()
        for row in order:
            if self.times[row] != now:
                now = self.times[row]
                seen.clear()
            key = (self.events[row], self.bases[row] if each_base_counts else 0)
            if key not in seen:
                seen.add(key)
                yield row
