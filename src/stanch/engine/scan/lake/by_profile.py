"""A unit is hunted by what its events come to; of its rows only those are read that a rule may want.

The work is by the deed, the hour and what was asked for, not by the event.
"""

from array import array
from collections.abc import Iterator, Sequence
from datetime import datetime
from itertools import groupby
from typing import TYPE_CHECKING

import numpy as np

from stanch.contracts.lake import LakeUnit, Piece, Receipt
from stanch.engine.scan.cells import row_of
from stanch.engine.scan.classes import Classes
from stanch.engine.scan.deeds import Deed
from stanch.engine.scan.lake import profile
from stanch.engine.scan.lake.entry import Entry, Hours, Stand, Wanted, moment
from stanch.engine.scan.lake.lines import line_of, thing_asked
from stanch.engine.scan.span import Span
from stanch.engine.scan.things import Closed, Thing

if TYPE_CHECKING:
    from stanch.engine.scan.lake.by_event import ByEvent

Place = tuple[str, str, str, str]
"""The log, account, region and day of a partition."""
Ready = tuple[profile.Record, str, Deed]
"""A record that is opened in any case, with its log and its deed."""


class ByProfile:
    """One unit on its way into a part."""

    def __init__(self, told: profile.Profile, unit: LakeUnit, receipt: Receipt, entry: Entry) -> None:
        self._told, self._unit, self._receipt, self._entry = told, unit, receipt, entry
        self._rows: ByEvent | None = None
        self._paths = entry.paths
        self._span = entry.span
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
            wanted = list(self._records(self._open.get(chunk, [])))
            for piece in pieces:
                place = _place(piece)
                stands = self._stands.get((place, chunk), [])
                if stands or len(hours[place].cut):
                    wanted += self._reading().some(piece, stands, hours[place])
            self._entry.open(wanted)
        if self._rows is not None:
            self._rows.close()

    def _reading(self) -> "ByEvent":
        """Who reads the rows; what that takes is loaded with the first."""
        if self._rows is None:
            from stanch.engine.scan.lake.by_event import ByEvent

            self._rows = ByEvent(self._unit, self._entry)
        return self._rows

    def _records(self, ready: Sequence[Ready]) -> Iterator[Wanted]:
        """The events of records, which are summed already."""
        for record, log, deed in ready:
            event = self._entry.records.opened(record.file, log, record.raw)
            if event is not None:
                yield Wanted(record.seq, event, True, deed.left, deed)

    def _hours(self, hours: Sequence[profile.Hour]) -> Hours:
        """Count the events of the hours that lie inside the span whole; leave out those that lie outside."""
        part, whole, cut = self._entry.part, [], []
        for hour in hours:
            first, last = moment(hour.first), moment(hour.last)
            if self._span.holds(first) and self._span.holds(last):
                whole.append(hour.start)
                numbers = array("q", self._told.ids(hour).astype(np.int64).tobytes())
                part.tally.saw_many(len(numbers), first, last)
                part.note_ids(hour.start, numbers)
            elif _meets(self._span, first, last):
                cut.append(hour.start)
            else:
                part.tally.left_out += len(self._told.ids(hour))
        return Hours(np.array(whole, np.int64), np.array(cut, np.int64))

    def _part(self, part: profile.Part, place: Place, hours: Hours) -> None:
        """Sum up the deeds of a partition in whole hours; note what must be opened."""
        self._entry.classes.forget(lambda: None)
        whole = set(hours.whole.tolist())
        if not whole:
            return
        self._stand(place, part.slow, None, summed=True)
        for call in part.calls:
            asked: Asked | None = None
            for number, kept in enumerate(call.deeds):
                deed = self._entry.deed(line_of(kept.facts, self._told.identities[kept.identity]))
                if deed is None or not self._sum(kept, deed, whole):
                    self._stand(place, kept.rows, deed, summed=False)
                    continue
                if not (deed.opened or deed.sifts):
                    continue
                if profile.opens(deed.source, deed.name):
                    self._ready(part, place, kept, deed, every=len(whole) == len(part.hours))
                    continue
                asked = asked or Asked(self._told.asked(call))
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
        if not self._entry.judge.profiles:
            return True
        if kept.groups is None or (deed.reads and not profile.reads(deed.source, deed.name)):
            return False
        names = self._told.names
        for group in kept.groups:
            if group.start in hours:
                objects = map(names.__getitem__, profile.places(group.objects)) if deed.reads else ()
                size = group.size if deed.reads else 0
                files = [self._paths[file] for file in group.files]
                summed = row_of(group.count, size, group.first, group.last, objects, group.events, files)
                self._entry.add(deed, (group.start, group.on, group.signed), summed)
        return True

    def _wants(self, deed: Deed, asked: "Asked", number: int) -> bool:
        """Whether any call of this deed, of this number, must be opened whole, by what they asked for."""
        if deed.sifts:
            return self._sifts(deed, asked, number)
        classes = self._entry.classes
        return any(classes.wants(deed, request) for request in asked.requests(number))

    def _sifts(self, deed: Deed, asked: "Asked", number: int) -> bool:
        """Whether any rule is left for one of the things that were asked for."""
        classes, kinds = self._entry.classes, set[int]()
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
                thing = learned[pair] = thing_asked(classes, deed, *self._stored.pair(pair))
            yield thing


def _meets(span: Span, first: datetime, last: datetime) -> bool:
    """Whether anything between these moments may lie inside a span."""
    return (span.since is None or span.since <= last) and (span.until is None or first < span.until)


def _place(piece: Piece) -> Place:
    return (piece.log, piece.account, piece.region, piece.day)
