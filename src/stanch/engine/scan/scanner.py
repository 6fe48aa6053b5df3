"""A file of logs is read once, in batches: most events are summed by class, the few that matter are opened whole."""

import traceback
from array import array
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from stanch.contracts.source import Batch, LogFile
from stanch.domain.estate import Estate
from stanch.domain.event import Event, Skipped
from stanch.domain.inference import Inference
from stanch.engine.inference.summed import Inspect
from stanch.engine.inflate import GIB
from stanch.engine.read import AnySource, Item, opened_log
from stanch.engine.routines import Routine
from stanch.engine.scan.book import Book
from stanch.engine.scan.cells import PRESIGNED
from stanch.engine.scan.classes import Classes
from stanch.engine.scan.deeds import Deed
from stanch.engine.scan.judge import Judge
from stanch.engine.scan.line import WHOLE, Clock, Form, Line, page
from stanch.engine.scan.part import Part
from stanch.engine.scan.records import Address, Records
from stanch.engine.scan.span import ALWAYS, Span
from stanch.engine.scan.things import Closed
from stanch.engine.scan.uncounted import Uncounted
from stanch.engine.sigma import Narrowed, Rule

if TYPE_CHECKING:
    from stanch.engine.scan.calls import Calls

MOST_HELD = 30_000
"""Cells of events that are taken one by one, after which they are made small."""
MUCH = 8
"""One event in so many: where more are opened, it is cheaper to decode what spares opening them."""


Ahead = Callable[[Iterable[LogFile]], Iterator[LogFile]]
"""The same files in the same order, some of them on their way already."""


class Scanner:
    """Reads files into parts. Each process has its own: what it learns of callers and objects is kept between files."""

    def __init__(
        self,
        rules: Sequence[Rule],
        estate: Estate,
        sources: Sequence[AnySource],
        accounts: Collection[str] = (),
        limit: int = 2 * GIB,
        routines: Sequence[Routine] = (),
        span: Span = ALWAYS,
        *,
        profiles: bool = True,
        calls: bool = True,
        inspect: Inspect | None = None,
        salt: bytes = b"",
        ahead: Ahead = iter,
    ) -> None:
        """`accounts` are those the logs come from; `limit` bounds the inflated bytes of one file.

        Events outside `span` are counted as left out, and nothing else is made of them. Without `profiles` only what
        rules match is kept, and of an event no more is decoded than they ask. Without `calls` those of models are left
        out, and told as such; `inspect` looks into their answers, and `salt` keys the hashes of what their prompts have
        in common. `ahead` opens files that take long to begin before their turn comes.
        """
        self.judge = Judge(rules, estate, accounts, routines, profiles=profiles)
        self.span = span
        asked = self.judge.asked
        self._form = WHOLE if asked is None else Form(asked)
        self._classes = Classes(self.judge, self._form)
        self._sources = sources
        self._inspect = inspect
        self._salt = salt
        self._calls: Calls | None = None
        self._sums_calls = calls
        told: list[Any] = list(sources) if profiles and calls else []  # modules
        self._call_of = {source.LOG: source.call_of for source in told if hasattr(source, "call_of")}
        self._limit = limit
        self._ahead = ahead
        self._clock = Clock()
        self._book = Book(self._clock)
        self.address: Address | None = None
        self._repeats: Callable[[array[int]], bool] = _repeats

    def expect_much(self) -> None:
        """Load what pays for itself only where there is much to read."""
        from stanch.engine.scan import buffers

        self.address, self._repeats = buffers.address, buffers.repeats
        buffers.hold_on()

    def scan(self, files: Iterable[LogFile], without: Collection[int] = frozenset()) -> Part:
        """What these files come to, each event counted once; events with an id in `without` were seen before."""
        listed = list(files)
        part = self._scanned(listed, None if not without else set(without))
        if any(self._repeats(hashes) for hashes in part.ids.values()):
            part = self._scanned(listed, set(without))
        return part

    def _scanned(self, files: Sequence[LogFile], seen: set[int] | None) -> Part:
        """One pass; with `seen` each id is taken once and remembered there, without it all are taken."""
        part = Part()
        for file in self._ahead(files):
            try:
                self.take(file, part, seen)
            except Exception as error:  # noqa: BLE001 - a defect of ours, told of the file, costs no other file
                why = f"not read to its end, for a defect of stanch: {_defect(error)}"
                part.tally.skipped.append(Skipped(file.path, why))
        self._book.close(part)
        if self._calls is not None:
            self._calls.close(part)
        part.tally.owners |= self.judge.owners  # those of files before it too: their parts have the same
        return part

    @property
    def calls(self) -> "Calls":
        """Where calls of models go; what sums them is loaded with the first."""
        if self._calls is None:
            from stanch.engine.scan.calls import Calls

            self._calls = Calls(self.span, self._inspect, self._salt)
        return self._calls

    def overhear(self, event: Event) -> None:
        """Take in the call of a model that an event of a proxy's log is besides."""
        if (call_of := self._call_of.get(event.log)) is not None and (call := call_of(event)) is not None:
            self.calls.overhear(call)

    def widen(self, part: Part) -> None:
        """Decode all hot fields from now on: then much that would be opened is counted."""
        self._book.close(part)
        self._form = WHOLE
        self._classes = Classes(self.judge, WHOLE)

    def take(self, file: LogFile, part: Part, seen: set[int] | None) -> None:
        """Add to `part` what one file comes to."""
        calls = self._sums_calls
        items = opened_log(file, self._sources, part.tally, self._limit, calls=calls, tables=calls)
        _Pass(self, part, file.path, seen).run(items)


Opening = tuple[int, Narrowed | None, bool, Deed | None]
"""The place of a line that must be opened whole, the rules left for it, or None for all of them, whether the line was
summed, and its deed: neither where its request or its caller cannot be opened."""


class _Pass:
    """One file on its way into a part."""

    def __init__(self, scanner: Scanner, part: Part, path: str, seen: set[int] | None) -> None:
        self._scanner = scanner
        self._judge = scanner.judge
        self._clock = scanner._clock  # noqa: SLF001 - one thing in two pieces
        self._uncounted = Uncounted(part, seen, scanner.span, self._clock)
        self._part = part
        self._book = scanner._book  # noqa: SLF001
        self._book.turn(path)
        self._seen = seen
        self._address = scanner.address

    @property
    def _classes(self) -> Classes:
        return self._scanner._classes  # noqa: SLF001

    def run(self, items: Iterator[Item]) -> None:
        """Take in all that the file holds."""
        for item in items:
            if isinstance(item, Inference):
                self._scanner.calls.take(item, self._part, self._seen)
            elif isinstance(item, Event):
                self._take(item)
            elif isinstance(item, Skipped):
                self._part.tally.skipped.append(item)
            else:
                self._batch(item)

    def _take(self, event: Event) -> None:
        """The slow way: one event, opened whole already."""
        if not self._uncounted.takes(event):
            return
        self._judge.take(event, self._part)
        self._scanner.overhear(event)
        if len(self._part.cells) > MOST_HELD:
            self._part.cells.put_away()

    def _batch(self, batch: Batch) -> None:
        found = page(batch.text, self._clock, self._scanner._form)  # noqa: SLF001
        if found is None:
            for event in batch.slowly():
                self._take(event)
            return
        self._classes.forget(lambda: self._book.close(self._part))
        self._book.relieve(self._part)
        records = Records(batch.text, found.lines, self._address)
        count = 0
        for hour, places in self._uncounted.by_hour(found):
            opened = (
                self._summed(found.lines, places, hour)
                if self._judge.profiles
                else self._unsummed(found.lines, places, hour)
            )
            for place, rules, summed, deed in opened:
                count += 1
                whole = batch.event(records[place])
                if whole is not None:
                    like = deed.view if deed is not None and self._classes.whole else None
                    self._judge.take(whole, self._part, rules=rules, summed=summed, like=like)
        if not self._classes.whole and count * MUCH > len(found.lines):
            self._scanner.widen(self._part)

    def _each(self, lines: list[Line], places: Sequence[int]) -> Iterator[tuple[int, Line, Deed | None]]:
        """The lines at these places, with the deeds that may be theirs."""
        some = lines if len(places) == len(lines) else [lines[place] for place in places]
        return zip(places, some, self._classes.found(some), strict=True)

    def _unsummed(self, lines: list[Line], places: Sequence[int], hour: int) -> Iterator[Opening]:
        """The lines that must be opened whole, where nothing is made of the others."""
        classes, take = self._classes, self._book.counting.take
        for place, line, deed in self._each(lines, places):
            try:
                if deed is None or deed.identity != line.userIdentity:
                    deed = classes.deed(line)  # noqa: PLW2901 - now it is the line's own
                if deed.sure is not None and take(self._part, deed.sure, line, hour, classes.learned):
                    continue
            except Closed:
                yield place, None, True, None
                continue
            if deed.sifts or (deed.opened and classes.wants(deed, line.requestParameters)):
                yield place, deed.left, True, deed

    def _summed(self, lines: list[Line], places: Sequence[int], hour: int) -> Iterator[Opening]:
        """Sum up lines of one hour; yield those that must be opened whole."""
        classes, book = self._classes, self._book
        for place, line, deed in self._each(lines, places):
            try:
                if deed is None or deed.identity != line.userIdentity:
                    deed = classes.deed(line)  # noqa: PLW2901 - now it is the line's own
                if deed.plain:
                    thing = None
                else:
                    request = deed.aim(line.requestParameters)
                    thing = deed.things.get(request)
                    if thing is None or (thing.resources is not None and thing.resources != line.resources):
                        thing = classes.learned(deed, line, request)
                counted = deed.sure is not None and book.counting.take(
                    self._part, deed.sure, line, hour, classes.learned
                )
            except Closed:
                yield place, None, False, None
                continue
            if thing is None:
                sums = deed.sums.get(hour) or book.begin(deed, hour, line.eventTime)
                sums.add(line)
            else:
                extra = line.additionalEventData
                mark = hour, thing.on, extra is not None and extra.AuthenticationMethod == PRESIGNED
                sums = deed.sums.get(mark) or book.begin(deed, mark, line.eventTime)
                sums.read(line, thing.keys)
                if deed.sifts:
                    rules = deed.sifted[thing.kind] if thing.kind in deed.sifted else classes.sift(deed, thing)
                    if rules is not None:
                        yield place, rules, True, deed
            if deed.opened and not counted and classes.wants(deed, line.requestParameters):
                yield place, deed.left, True, deed


def _defect(error: Exception) -> str:
    """What failed and where; not in the error's own words, which may be those of a prompt."""
    last = traceback.extract_tb(error.__traceback__)[-1]
    return f"{type(error).__name__} in {Path(last.filename).name}, line {last.lineno}"


def _repeats(hashes: "array[int]") -> bool:
    """Whether any hash stands twice."""
    return len(set(hashes)) < len(hashes)
