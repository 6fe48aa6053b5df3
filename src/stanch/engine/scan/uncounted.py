"""Logs overlap: an event counts where nobody has counted it yet, and where it lies in the time asked for."""

from collections.abc import Iterable, Iterator, Sequence

from stanch.contracts.behaviour import HOUR
from stanch.domain.event import Event
from stanch.engine.scan.line import HOUR_TEXT, Clock, Line, Page, number_of, numbers_of
from stanch.engine.scan.part import Part
from stanch.engine.scan.span import Span


class Uncounted:
    """What of a file counts: its ids and times are noted in the part, and how many events do not count."""

    def __init__(self, part: Part, seen: set[int] | None, span: Span, clock: Clock) -> None:
        """`seen` are the ids taken before, to which each new one is added; without it all are new."""
        self._part = part
        self._seen = seen
        self._span = span
        self._clock = clock

    def takes(self, event: Event) -> bool:
        """Whether this event counts."""
        tally, number = self._part.tally, number_of(event.id)
        if self._seen is not None and not self._first(number, self._seen):
            tally.duplicates += 1
            return False
        if not self._span.holds(event.time):
            tally.left_out += 1
            return False
        when = int(event.time.timestamp())
        self._part.note_ids(when - when % HOUR, (number,))
        tally.saw(event.time)
        return True

    def by_hour(self, found: Page) -> Iterator[tuple[int, Sequence[int]]]:
        """The places of the lines that count, of one hour after the other."""
        lines, first, last = found
        if not lines:
            return
        places: Sequence[int] = range(len(lines))
        if self._span.bounded:
            places = [place for place in places if self._span.holds_text(lines[place].eventTime)]
            self._part.tally.left_out += len(lines) - len(places)
        numbers = numbers_of(lines)
        if self._seen is not None:
            fresh = [place for place in places if self._first(numbers[place], self._seen)]
            self._part.tally.duplicates += len(places) - len(fresh)
            places = fresh
        if len(places) < len(lines):
            if not places:
                return
            when = [lines[place].eventTime for place in places]
            first, last = min(when), max(when)
        self._part.tally.saw_many(len(places), self._clock.moment(first), self._clock.moment(last))
        for hour, some in self._hours(lines, places, first, last):
            self._part.note_ids(hour, numbers if len(some) == len(lines) else [numbers[place] for place in some])
            yield hour, some

    def _hours(
        self, lines: list[Line], places: Sequence[int], first: str, last: str
    ) -> Iterable[tuple[int, Sequence[int]]]:
        """The places of each hour, most often of a single one."""
        if first[:HOUR_TEXT] == last[:HOUR_TEXT]:
            return [(self._clock.hour(first) or 0, places)]
        found: dict[int, list[int]] = {}
        for place in places:
            found.setdefault(self._clock.hour(lines[place].eventTime) or 0, []).append(place)
        return found.items()

    @staticmethod
    def _first(number: int, seen: set[int]) -> bool:
        before = len(seen)
        seen.add(number)
        return len(seen) > before
