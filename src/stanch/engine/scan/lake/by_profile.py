"""A unit is hunted by what its events come to; of its rows only those are read that a rule may want.

The work is by the deed, the hour and what was asked for, not by the event.
"""

from array import array
from collections.abc import Iterator, Sequence
from datetime import datetime
from itertools import groupby

import numpy as np
from msgspec import Raw

from stanch.contracts.lake import Piece, Receipt
from stanch.engine.scan.cells import row_of
from stanch.engine.scan.classes import Classes
from stanch.engine.scan.deeds import Deed
from stanch.engine.scan.lake import profile
from stanch.engine.scan.lake.by_event import ByEvent, Hours, Ready, Stand, moment
from stanch.engine.scan.lake.columns import FACTS
from stanch.engine.scan.lake.groups import known
from stanch.engine.scan.lake.profiling import opens, reads
from stanch.engine.scan.line import Line
from stanch.engine.scan.span import Span
from stanch.engine.scan.things import Closed, Thing

Place = tuple[str, str, str, str]
"""The log, account, region and day of a partition."""


class ByProfile:
    """One unit on its way into a part."""

    def __init__(self, told: profile.Profile, receipt: Receipt, events: ByEvent) -> None:
        self._told, self._receipt, self._events = told, receipt, events
        self._paths = [original.path for original in receipt.originals]
        self._span = events.span
        self._stands: dict[tuple[Place, int], list[Stand]] = {}
        self._open: dict[int, list[Ready]] = {}

    def run(self) -> None:
        """Take in every partition that is asked for."""
        asked = {_place(piece) for piece in self._receipt.pieces}
        hours: dict[Place, Hours] = {}
        for part in self._told.parts:
            place = (part.log, part.account, part.region, part.day)
            if place in asked:
                hours[place] = self._hours(part.hours)
                self._part(part, place, hours[place])
        for chunk, pieces in groupby(self._receipt.pieces, lambda piece: piece.chunk):
            some = [(piece, self._stands.get((_place(piece), chunk), []), hours[_place(piece)]) for piece in pieces]
            self._events.some(some, self._open.get(chunk, []))

    def _hours(self, hours: Sequence[profile.Hour]) -> Hours:
        """Count the events of the hours that lie inside the span whole; leave out those that lie outside."""
        part, whole, cut = self._events.part, [], []
        for hour in hours:
            first, last = moment(hour.first), moment(hour.last)
            if self._span.holds(first) and self._span.holds(last):
                whole.append(hour.start)
                numbers = array("q", hour.ids().astype(np.int64).tobytes())
                part.tally.saw_many(len(numbers), first, last)
                part.note_ids(hour.start, numbers)
            elif _meets(self._span, first, last):
                cut.append(hour.start)
            else:
                part.tally.left_out += len(hour.ids())
        return Hours(np.array(whole, np.int64), np.array(cut, np.int64))

    def _part(self, part: profile.Part, place: Place, hours: Hours) -> None:
        """Sum up the deeds of a partition in whole hours; note what must be opened."""
        self._events.classes.forget(lambda: None)
        whole = set(hours.whole.tolist())
        if not whole:
            return
        self._stand(place, part.slow, None, summed=True)
        for call in part.calls:
            asked: Asked | None = None
            for number, kept in enumerate(call.deeds):
                deed = self._events.deed(_line(kept))
                if deed is None or not self._sum(kept, deed, whole):
                    self._stand(place, kept.rows, deed, summed=False)
                    continue
                if not (deed.opened or deed.sifts):
                    continue
                if opens(deed.source, deed.name):
                    self._ready(part, place, kept, deed, every=len(whole) == len(part.hours))
                    continue
                asked = asked or Asked(call.things())
                if self._wants(deed, asked, number):
                    self._stand(place, kept.rows, deed, summed=True)

    def _ready(self, part: profile.Part, place: Place, kept: profile.Kept, deed: Deed, *, every: bool) -> None:
        """Note the events of a deed that is opened in any hunt; `every` says that all its hours are whole."""
        if kept.records is None or not every:
            self._stand(place, kept.rows, deed, summed=True)
            return
        for record in kept.records:
            self._open.setdefault(record.chunk, []).append((record, part.log, deed))

    def _stand(self, place: Place, rows: Sequence[profile.Stretch], deed: Deed | None, *, summed: bool) -> None:
        for chunk, first, count in rows:
            self._stands.setdefault((place, chunk), []).append(Stand(first, count, deed, summed))

    def _sum(self, kept: profile.Kept, deed: Deed, hours: set[int]) -> bool:
        """Enter what a deed came to; False where only its rows can tell."""
        if not self._events.judge.profiles:
            return True
        if kept.groups is None or (deed.reads and not reads(deed.source, deed.name)):
            return False
        names = self._told.names
        for group in kept.groups:
            if group.start in hours:
                objects = map(names.__getitem__, profile.places(group.objects)) if deed.reads else ()
                size = group.size if deed.reads else 0
                files = [self._paths[file] for file in group.files]
                summed = row_of(group.count, size, group.first, group.last, set(objects), group.events, files)
                self._events.add(deed, (group.start, group.on, group.signed), summed)
        return True

    def _wants(self, deed: Deed, asked: "Asked", number: int) -> bool:
        """Whether any call of this deed, of this number, must be opened whole, by what they asked for."""
        if deed.sifts:
            return self._sifts(deed, asked, number)
        classes = self._events.classes
        return any(classes.wants(deed, request) for request in asked.requests(number))

    def _sifts(self, deed: Deed, asked: "Asked", number: int) -> bool:
        """Whether any rule is left for one of the things that were asked for."""
        classes, kinds = self._events.classes, set[int]()
        try:
            for thing in asked.things(classes, deed, number):
                if thing.kind not in kinds:
                    kinds.add(thing.kind)
                    if classes.sift(deed, thing):
                        return True
        except Closed:
            return True
        return False


class Asked:
    """What calls of one kind asked for; deeds that share their things learn each once."""

    def __init__(self, stored: profile.Asked) -> None:
        self._stored = stored
        self._known: dict[int, dict[int, Thing]] = {}

    def requests(self, deed: int) -> Iterator[bytes]:
        """The requests of one deed."""
        return (self._stored.pair(pair)[0] for pair in self._stored.of(deed))

    def things(self, classes: Classes, deed: Deed, number: int) -> Iterator[Thing]:
        """The things that the deed of this number asked for; raises Closed."""
        learned = self._known.setdefault(id(deed.things), {})
        for pair in self._stored.of(number):
            thing = learned.get(pair)
            if thing is None:
                thing = learned[pair] = known(classes, deed, *self._stored.pair(pair))
            yield thing


def _line(kept: profile.Kept) -> Line:
    """A line that has the facts and the identity of this deed, and nothing else."""
    facts = dict(zip(FACTS, kept.facts, strict=True))
    return Line(eventTime="", eventID="", userIdentity=Raw(kept.identity), **facts)  # type: ignore[arg-type]


def _meets(span: Span, first: datetime, last: datetime) -> bool:
    """Whether anything between these moments may lie inside a span."""
    return (span.since is None or span.since <= last) and (span.until is None or first < span.until)


def _place(piece: Piece) -> Place:
    return (piece.log, piece.account, piece.region, piece.day)
