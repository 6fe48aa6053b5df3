"""Rows of one deed in one hour on one store are summed as a group: the work is by the group, not by the event."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import chain

import numpy as np
from numpy.typing import NDArray

from stanch.contracts.behaviour import HOUR
from stanch.engine.scan.cells import KEPT_EVENTS, KEPT_FILES, Sums
from stanch.engine.scan.classes import Classes, Deed, Thing
from stanch.engine.scan.lake.block import Block, Numbers, Things
from stanch.engine.sigma import Narrowed

Opening = tuple[int, Narrowed | None]
"""A row whose record must be opened, and the rules that are left for it."""
Mark = tuple[int, str, bool]
"""What the rows of one group have in common beside their deed: the hour's start, the store, whether the URL was signed.
"""

_NONE = -1


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

    def told(self, paths: Sequence[str]) -> Sums:
        """The sums as cells hold them: as if each original had been summed for itself and then added up."""
        files, events = [paths[file] for file in self.events], list(chain.from_iterable(self.events.values()))
        if len(files) > 1:
            files, events = sorted(set(files))[:KEPT_FILES], sorted(set(events))[:KEPT_EVENTS]
        return Sums(self.count, self.bytes, self.first, self.last, self.objects, events, files)


class Groups:
    """Some rows of a block, all of the fast way, told apart by deed, thing, hour and original."""

    def __init__(self, block: Block, rows: Numbers, deeds: list[Deed], deed_of: Numbers, classes: Classes) -> None:
        """`deeds` are the deeds of the rows, `deed_of` the place among them of each row."""
        self._block, self._rows, self._deeds, self._deed_of = block, rows, deeds, deed_of
        plain = np.array([deed.plain for deed in deeds], bool)[deed_of]
        self._thing_of = np.full(len(rows), _NONE, np.int64)
        self._things: list[Thing] = []
        if not plain.all():
            self._learn(np.flatnonzero(~plain), classes)

    def _learn(self, wanted: Numbers, classes: Classes) -> None:
        """What the calls of deeds that are not plain asked for: deeds that share their things learn each once."""
        asked = Things(self._block, self._rows[wanted])
        scopes: dict[int, int] = {}
        scope_of = np.array([scopes.setdefault(id(deed.things), len(scopes)) for deed in self._deeds], np.int64)
        deed_of = self._deed_of[wanted]
        codes, first, self._thing_of[wanted] = np.unique(
            scope_of[deed_of] * asked.count + asked.codes, return_index=True, return_inverse=True
        )
        for code, place in zip(codes.tolist(), deed_of[first].tolist(), strict=True):
            deed, number = self._deeds[place], code % asked.count
            request, resources = asked.asked(number)
            thing = deed.things.get(request)
            # The same request may have named other resources before.
            if thing is None or ((deed.strict or not thing.keys) and thing.resources != resources):
                thing = classes.thing(deed, asked.line(number))
            self._things.append(thing)

    def opened(self, classes: Classes) -> Iterator[Opening]:
        """The rows that must be opened whole."""
        always = np.array([deed.opened for deed in self._deeds], bool)
        for at in np.flatnonzero(always[self._deed_of]).tolist():
            yield int(self._rows[at]), self._deeds[self._deed_of[at]].left
        asking = np.array([bool(deed.asks) and not deed.opened for deed in self._deeds], bool)
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
        seconds, files = block.seconds[rows], block.files[rows]
        hours = seconds // HOUR
        signed = block.signed[rows] & (self._thing_of != _NONE)
        code = self._deed_of * (int(np.ptp(hours)) + 1) + hours - hours.min()
        code = (code * len(stores) + store_of) * 2 + signed
        width = int(files.max()) + 1
        order = np.argsort(code * width + files, kind="stable")
        group = code[order]
        begin = np.flatnonzero(np.diff(group, prepend=_NONE))
        of_row = np.repeat(np.arange(len(begin)), np.diff(begin, append=len(rows)))
        reading, keys = self._reading()
        read = reading[self._thing_of][order]
        found = zip(
            order[begin].tolist(),
            np.diff(begin, append=len(rows)).tolist(),
            np.add.reduceat(np.where(read, block.sizes[rows][order], 0), begin).tolist(),
            np.minimum.reduceat(seconds[order], begin).tolist(),
            np.maximum.reduceat(seconds[order], begin).tolist(),
            _objects(of_row[read], self._thing_of[order][read], keys, len(begin)),
            self._events(order, of_row, files),
            strict=True,
        )
        for at, count, size, first, last, objects, events in found:
            mark = first - first % HOUR, stores[store_of[at]], bool(signed[at])
            yield self._deeds[self._deed_of[at]], mark, Group(count, size, first, last, objects, events)

    def _stores(self) -> tuple[list[str], Numbers]:
        """What was acted on, each once, and which of it each row is about."""
        known: dict[str, int] = {"": 0}
        of_thing = [known.setdefault(thing.on, len(known)) for thing in self._things]
        return list(known), np.array([*of_thing, 0], np.int64)[self._thing_of]

    def _reading(self) -> tuple[NDArray[np.bool_], list[tuple[str, ...]]]:
        """Of each thing, and last of what is none: whether it is read, and which keys."""
        keys = [thing.keys for thing in self._things]
        return np.array([*map(bool, keys), False], bool), keys

    def _events(self, order: Numbers, of_row: Numbers, files: Numbers) -> Iterator[dict[int, list[str]]]:
        """For each group the first ids of each original; `of_row` is the group of each row, in this order."""
        sorted_files = files[order]
        begin = np.flatnonzero(np.diff(sorted_files, prepend=_NONE) | np.diff(of_row, prepend=_NONE))
        counts = np.minimum(np.diff(begin, append=len(order)), KEPT_EVENTS)
        ends = np.cumsum(counts)
        chosen = np.arange(ends[-1]) + np.repeat(begin - ends + counts, counts)
        ids = self._block.ids(self._rows[order[chosen]])
        group, events = 0, dict[int, list[str]]()
        runs = (of_row[begin], sorted_files[begin], ends - counts, ends)
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
