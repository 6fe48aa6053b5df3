"""A file of logs is read once, in batches: most events are summed by class, the few that matter are opened whole."""

from array import array
from collections.abc import Collection, Iterable, Iterator, Sequence
from operator import attrgetter

import msgspec

from stanch.contracts.behaviour import HOUR
from stanch.contracts.source import Batch, LogFile, Source
from stanch.domain.estate import Estate
from stanch.domain.event import Event, Skipped
from stanch.engine.inflate import GIB
from stanch.engine.read import Item, name_of, opened_log
from stanch.engine.routines import Routine
from stanch.engine.scan.cells import Key
from stanch.engine.scan.classes import Classes, Closed, Deed, Mark, Thing, deed_key
from stanch.engine.scan.judge import Judge
from stanch.engine.scan.line import HOUR_TEXT, Clock, Line, number_of, numbers_of, project, times
from stanch.engine.scan.part import Part
from stanch.engine.scan.span import ALWAYS, Span
from stanch.engine.scan.sums import LineSums
from stanch.engine.sigma import Narrowed, Rule

_RAWS = msgspec.json.Decoder(list[msgspec.Raw])
_identity = attrgetter("userIdentity")
_PRESIGNED = "QueryString"
_LONGEST_REASON = 300


class Scanner:
    """Reads files into parts. Each process has its own: what it learns of callers and objects is kept between files."""

    def __init__(
        self,
        rules: Sequence[Rule],
        estate: Estate,
        sources: Sequence[Source],
        accounts: Collection[str] = (),
        limit: int = 2 * GIB,
        routines: Sequence[Routine] = (),
        span: Span = ALWAYS,
    ) -> None:
        """`accounts` are those the logs come from; `limit` bounds the inflated bytes of one file.

        Events outside `span` are counted as left out, and nothing else is made of them.
        """
        self.judge = Judge(rules, estate, accounts, routines)
        self.span = span
        self._classes = Classes(self.judge)
        self._sources = sources
        self._limit = limit
        self._clock = Clock()

    def scan(self, files: Iterable[LogFile], without: Collection[int] = frozenset()) -> Part:
        """What these files come to, each event counted once; events with an id in `without` were seen before."""
        listed = list(files)
        part = self._scanned(listed, None if not without else set(without))
        if any(_repeats(hashes) for hashes in part.ids.values()):
            part = self._scanned(listed, set(without))
        return part

    def _scanned(self, files: Sequence[LogFile], seen: set[int] | None) -> Part:
        """One pass; with `seen` each id is taken once and remembered there, without it all are taken."""
        part = Part()
        for file in files:
            try:
                self.take(file, part, seen)
            except Exception as error:  # noqa: BLE001 - a defect of ours, told of the file, costs no other file
                why = f"not read to its end, for a defect of stanch: {type(error).__name__}: {error}"
                part.tally.skipped.append(Skipped(name_of(file), why[:_LONGEST_REASON]))
        return part

    def take(self, file: LogFile, part: Part, seen: set[int] | None) -> None:
        """Add to `part` what one file comes to."""
        _Pass(self, part, name_of(file), seen).run(opened_log(file, self._sources, part.tally, self._limit))


class _Pass:
    """One file on its way into a part."""

    def __init__(self, scanner: Scanner, part: Part, path: str, seen: set[int] | None) -> None:
        self._judge = scanner.judge
        self._classes = scanner._classes  # noqa: SLF001 - one thing in two pieces
        self._clock = scanner._clock  # noqa: SLF001
        self._part = part
        self._path = path
        self._span = scanner.span
        self._seen = seen
        self._summed: list[Deed] = []

    def run(self, items: Iterator[Item]) -> None:
        """Take in all that the file holds."""
        try:
            for item in items:
                if isinstance(item, Skipped):
                    self._part.tally.skipped.append(item)
                elif isinstance(item, Event):
                    self._take(item)
                else:
                    self._batch(item)
        finally:
            self._close()

    def _take(self, event: Event) -> None:
        """The slow way: one event, opened whole already."""
        tally, number = self._part.tally, number_of(event.id)
        if self._seen is not None:
            if number in self._seen:
                tally.duplicates += 1
                return
            self._seen.add(number)
        if not self._span.holds(event.time):
            tally.left_out += 1
            return
        when = int(event.time.timestamp())
        self._part.note_ids(when - when % HOUR, (number,))
        tally.saw(event.time)
        self._judge.take(event, self._part)

    def _batch(self, batch: Batch) -> None:
        lines = project(batch.text, self._clock)
        if lines is None:
            for event in batch.slowly():
                self._take(event)
            return
        if not lines:
            return
        self._classes.forget(self._close)
        raws: list[msgspec.Raw] | None = None
        for place, rules, summed in self._to_open(lines, self._fresh(lines)):
            raws = raws or _RAWS.decode(batch.text)
            whole = batch.event(bytes(raws[place]))
            if whole is not None:
                self._judge.take(whole, self._part, rules=rules, summed=summed)

    def _fresh(self, lines: list[Line]) -> Sequence[int]:
        """The places of the lines that were not seen before; counts them, and notes their ids."""
        numbers = numbers_of(lines)
        when = times(lines)
        places: Sequence[int] = range(len(lines))
        if self._span.bounded:
            places = [place for place in places if self._span.holds_text(when[place])]
            self._part.tally.left_out += len(lines) - len(places)
        if self._seen is not None:
            fresh = [place for place in places if self._first(numbers[place])]
            self._part.tally.duplicates += len(places) - len(fresh)
            places = fresh
        if len(places) < len(lines):
            numbers, when = [numbers[place] for place in places], [when[place] for place in places]
        if when:
            self._count(numbers, when)
        return places

    def _first(self, number: int) -> bool:
        assert self._seen is not None  # noqa: S101 - for the type checker
        before = len(self._seen)
        self._seen.add(number)
        return len(self._seen) > before

    def _count(self, numbers: list[int], when: list[str]) -> None:
        first, last = min(when), max(when)
        self._part.tally.saw_many(len(when), self._clock.moment(first), self._clock.moment(last))
        if first[:HOUR_TEXT] == last[:HOUR_TEXT]:
            self._part.note_ids(self._clock.hour(first) or 0, numbers)
            return
        by_hour: dict[int, list[int]] = {}
        for number, time in zip(numbers, when, strict=True):
            by_hour.setdefault(self._clock.hour(time) or 0, []).append(number)
        for hour, some in by_hour.items():
            self._part.note_ids(hour, some)

    def _to_open(self, lines: list[Line], places: Iterable[int]) -> Iterator[tuple[int, Narrowed | None, bool]]:
        """Sum up the lines; yield the places of those that must be opened whole, with the rules left for them.

        The last value says that the line was summed; it is False where its request or its caller cannot be opened.
        """
        classes, deeds = self._classes, self._classes.deeds
        keys = list(zip(map(deed_key, lines), map(bytes, map(_identity, lines)), strict=True))
        for place in places:
            line = lines[place]
            deed = deeds.get(keys[place])
            try:
                if deed is None:
                    deed = classes.learn(keys[place], line)
                thing = None if deed.plain else self._thing(deed, line)
            except Closed:
                yield place, None, False
                continue
            hour = line.eventTime[:HOUR_TEXT]
            if thing is None:
                sums = deed.sums.get(hour)
                if sums is None:
                    sums = self._begin(deed, hour)
                sums.add(line)
            else:
                extra = line.additionalEventData
                mark = hour, thing.on, extra is not None and extra.AuthenticationMethod == _PRESIGNED
                sums = deed.sums.get(mark)
                if sums is None:
                    sums = self._begin(deed, mark)
                sums.add(line)
                if thing.keys:
                    sums.read(extra, thing.keys)
                if deed.asks and not deed.opened and (rules := classes.sift(deed, thing)):
                    yield place, rules, True
            if deed.opened:
                yield place, deed.left, True

    def _thing(self, deed: Deed, line: Line) -> Thing:
        """What a line asked for."""
        thing = deed.things.get(bytes(line.requestParameters))
        if thing is None or (
            (deed.strict or (deed.reads and not thing.keys)) and thing.resources != bytes(line.resources)
        ):
            thing = self._classes.thing(deed, line)
        return thing

    def _begin(self, deed: Deed, mark: str | Mark) -> LineSums:
        """New sums, for a deed's lines of one hour and one store in this file."""
        if not deed.sums:
            self._summed.append(deed)
        sums = deed.sums[mark] = LineSums()
        return sums

    def _close(self) -> None:
        """Move what was summed of this file into its part."""
        for deed in self._summed:
            for mark, sums in deed.sums.items():
                hour, on, presigned = (mark, "", False) if isinstance(mark, str) else mark
                start = self._clock.hour(hour) or 0
                key = Key(
                    start, deed.who, deed.source, deed.name, deed.failed, deed.denied, on, deed.region, deed.agent,
                    presigned, deed.console,
                )  # fmt: skip
                self._part.cells.add(key, sums.told(self._clock, self._path))
            deed.sums = {}
        self._summed = []


def _repeats(hashes: "array[int]") -> bool:
    """Whether any hash stands twice."""
    return len(set(hashes)) < len(hashes)
