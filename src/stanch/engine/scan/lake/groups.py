"""Rows of one deed in one hour on one store are summed as a group: the work is by the group, not by the event."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain

import numpy as np
from numpy.typing import NDArray

from stanch.contracts.behaviour import HOUR
from stanch.engine.scan.cells import KEPT_EVENTS, KEPT_FILES, Row, row_of
from stanch.engine.scan.classes import Classes
from stanch.engine.scan.deeds import Deed
from stanch.engine.scan.lake.block import Block, Numbers, Things
from stanch.engine.scan.lake.entry import Mark
from stanch.engine.scan.lake.lines import thing_asked
from stanch.engine.scan.things import Closed, Thing
from stanch.engine.sigma import Narrowed

Opening = tuple[int, Narrowed | None]
"""A row whose record must be opened, and the rules that are left for it."""
_NONE = -1
_CLOSED = Thing(None, "", (), (), _NONE)


@dataclass(slots=True)
class Group:
    """What some rows of one deed and mark come to; `events` holds the first ids of each original, by its number."""

    count: int
    bytes: int
    first: int
    last: int
    objects: set[str]
    events: dict[int, list[str]]

    def add(self, later: "Group") -> None:
        """Take in rows of the same deed and mark that were read later."""
        self.count += later.count
        self.bytes += later.bytes
        self.first = min(self.first, later.first)
        self.last = max(self.last, later.last)
        self.objects |= later.objects
        for file, ids in later.events.items():
            known = self.events.setdefault(file, [])
            known += ids[: KEPT_EVENTS - len(known)]

    def told(self, paths: Sequence[str]) -> Row:
        """The sums as cells hold them: as if each original had been summed for itself and then added up."""
        files, events = [paths[file] for file in self.events], list(chain.from_iterable(self.events.values()))
        if len(files) > 1:
            files, events = sorted(set(files))[:KEPT_FILES], sorted(set(events))[:KEPT_EVENTS]
        return row_of(self.count, self.bytes, self.first, self.last, self.objects, events, files)


class Groups:
    """Some rows of a block, all of the fast way, told apart by deed, thing, hour and original.

    `closed` are rows whose request cannot be opened by itself: no group holds them.
    """

    def __init__(self, block: Block, rows: Numbers, deeds: Sequence[Deed], deed_of: Numbers, classes: Classes) -> None:
        """`deeds` are the deeds of the rows, `deed_of` the place among them of each row."""
        self._block, self._rows, self._deeds, self._deed_of = block, rows, deeds, deed_of
        self._thing_of = np.full(len(rows), _NONE, np.int64)
        self._things: list[Thing] = []
        self.closed: list[int] = []
        asking = np.flatnonzero(~np.array([deed.plain for deed in deeds], bool)[deed_of])
        if len(asking):
            self._learn(asking, classes)

    def _learn(self, wanted: Numbers, classes: Classes) -> None:
        """What the calls of deeds that are not plain asked for: deeds that share their things learn each once."""
        asked = Things(self._block, self._rows[wanted])
        scopes: dict[int, int] = {}
        scope_of = np.array([scopes.setdefault(id(deed.things), len(scopes)) for deed in self._deeds], np.int64)
        deed_of = self._deed_of[wanted]
        codes, first, thing_of = np.unique(
            scope_of[deed_of] * asked.count + asked.codes, return_index=True, return_inverse=True
        )
        for code, place in zip(codes.tolist(), deed_of[first].tolist(), strict=True):
            try:
                self._things.append(thing_asked(classes, self._deeds[place], *asked.asked(code % asked.count)))
            except Closed:
                self._things.append(_CLOSED)
        self._thing_of[wanted] = thing_of
        if _CLOSED in self._things:
            self._shut(wanted[np.array([thing is _CLOSED for thing in self._things], bool)[thing_of]])

    def _shut(self, places: Numbers) -> None:
        """Leave these rows out of all groups."""
        self.closed = self._rows[places].tolist()
        self._rows, self._deed_of, self._thing_of = (
            np.delete(each, places) for each in (self._rows, self._deed_of, self._thing_of)
        )

    def opened(self, classes: Classes) -> Iterator[Opening]:
        """The rows that must be opened whole."""
        always = np.array([deed.opened for deed in self._deeds], bool)
        for at in np.flatnonzero(always[self._deed_of]).tolist():
            yield int(self._rows[at]), self._deeds[self._deed_of[at]].left
        asking = np.array([deed.sifts for deed in self._deeds], bool)
        asked = np.flatnonzero(asking[self._deed_of])
        if len(asked):
            yield from self._sifted(asked, classes)

    def _sifted(self, asked: Numbers, classes: Classes) -> Iterator[Opening]:
        """Of rows whose rules depend on the kind of thing asked for, those for which any is left."""
        kinds = np.array([thing.kind for thing in self._things], np.int64)
        example = dict(zip(kinds.tolist(), self._things, strict=True))
        width = int(kinds.max()) + 1
        distinct, which = np.unique(self._deed_of[asked] * width + kinds[self._thing_of[asked]], return_inverse=True)
        pairs = [divmod(code, width) for code in distinct.tolist()]
        rules = [classes.sift(self._deeds[place], example[kind]) for place, kind in pairs]
        left = np.array([bool(rule) for rule in rules], bool)
        for at in np.flatnonzero(left[which]).tolist():
            yield int(self._rows[asked[at]]), rules[which[at]]

    def summed(self) -> Iterator[tuple[Deed, Mark, Group]]:
        """What each group comes to, its rows taken in the order in which they were read."""
        block, rows = self._block, self._rows
        stores, store_of = self._stores()
        signed = block.signed[rows] & (self._thing_of != _NONE)
        split = Split(self._deed_of, store_of, signed, self._thing_of, [thing.keys for thing in self._things])
        some = Some(block.seconds[rows], block.files[rows], block.sizes[rows], lambda places: block.ids(rows[places]))
        for at, group in grouped(some, split):
            mark = group.first - group.first % HOUR, stores[store_of[at]], bool(signed[at])
            yield self._deeds[self._deed_of[at]], mark, group

    def _stores(self) -> tuple[list[str], Numbers]:
        """What was acted on, each once, and which of it each row is about."""
        known: dict[str, int] = {"": 0}
        of_thing = [known.setdefault(thing.on, len(known)) for thing in self._things]
        return list(known), np.array([*of_thing, 0], np.int64)[self._thing_of]


@dataclass(frozen=True, slots=True)
class Some:
    """Some rows, in the order in which they were read within a deed: times, originals, sizes, and the ids of places."""

    seconds: Numbers
    files: Numbers
    sizes: Numbers
    ids: Callable[[Numbers], list[str]]


@dataclass(frozen=True, slots=True)
class Split:
    """How rows are told apart, and which thing each asked for, -1 for none; `keys` are what each thing gives."""

    deed_of: Numbers
    store_of: Numbers
    signed: NDArray[np.bool_]
    thing_of: Numbers
    keys: Sequence[tuple[str, ...]]


def grouped(rows: Some, split: Split) -> Iterator[tuple[int, Group]]:
    """What each deed, store and hour comes to, with the place of one row of it."""
    if not len(rows.seconds):
        return
    hours = rows.seconds // HOUR
    code = split.deed_of * (int(np.ptp(hours)) + 1) + hours - hours.min()
    code = (code * (int(split.store_of.max()) + 1) + split.store_of) * 2 + split.signed
    order = np.argsort(code * (int(rows.files.max()) + 1) + rows.files, kind="stable")
    group, seconds = code[order], rows.seconds[order]
    begin = np.flatnonzero(np.diff(group, prepend=_NONE))
    counts = np.diff(begin, append=len(order))
    of_row = np.repeat(np.arange(len(begin)), counts)
    things = split.thing_of[order]
    read = np.array([*map(bool, split.keys), False], bool)[things]
    yield from zip(
        order[begin].tolist(),
        map(
            Group,
            counts.tolist(),
            np.add.reduceat(np.where(read, rows.sizes[order], 0), begin).tolist(),
            np.minimum.reduceat(seconds, begin).tolist(),
            np.maximum.reduceat(seconds, begin).tolist(),
            _objects(of_row[read], things[read], split.keys, len(begin)),
            _events(rows, order, of_row),
        ),
        strict=True,
    )


def _events(rows: Some, order: Numbers, of_row: Numbers) -> Iterator[dict[int, list[str]]]:
    """For each group the first ids of each original; `of_row` is the group of each row, in this order."""
    files = rows.files[order]
    begin = np.flatnonzero(np.diff(files, prepend=_NONE) | np.diff(of_row, prepend=_NONE))
    counts = np.minimum(np.diff(begin, append=len(order)), KEPT_EVENTS)
    ends = np.cumsum(counts)
    chosen = np.arange(ends[-1]) + np.repeat(begin - ends + counts, counts)
    ids = rows.ids(order[chosen])
    group, events = 0, dict[int, list[str]]()
    runs = (of_row[begin], files[begin], ends - counts, ends)
    for number, file, start, end in zip(*(run.tolist() for run in runs), strict=True):
        if number != group:
            yield events
            group, events = number, {}
        events[file] = ids[start:end]
    yield events


def _objects(groups: Numbers, things: Numbers, keys: Sequence[tuple[str, ...]], count: int) -> Iterator[set[str]]:
    """For each of so many groups the keys it read; each combination of group and thing is looked at once."""
    width = len(keys) + 1
    distinct = np.unique(groups * width + things)
    ends = np.searchsorted(distinct, np.arange(1, count + 1) * width).tolist()
    read, start = (distinct % width).tolist(), 0
    for end in ends:
        yield set(chain.from_iterable(keys[thing] for thing in read[start:end]))
        start = end
