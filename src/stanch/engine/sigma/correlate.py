"""A thousand reads within minutes are one hit: events are grouped, put in order of time, and joined while they fire.

An event belongs to the group of its `group-by` values, compared as text; where one of these fields is absent or null,
the event belongs to no group. Several values of one field group together, as the list they are. Without `group-by`
all events are one group. An event that several base rules match counts once, by the first of them, except for
`temporal` and `temporal_ordered`, where it counts for each of them.

A correlation may count the hits of another. Such a hit has the fields that the other groups by. It counts once, at the
time its run first fired; for `temporal` and `temporal_ordered` it stands at each time its run fired.
"""

import json
from collections.abc import Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from fractions import Fraction
from math import isfinite
from typing import Any

from stanch.engine.fields import Fields
from stanch.engine.sigma.rule import Correlation, Kind, Rule
from stanch.engine.sigma.sightings import Group, Sightings, microseconds, moment
from stanch.engine.sigma.tallies import Measured
from stanch.engine.sigma.values import number_of, text_of
from stanch.engine.sigma.windows import Run, runs

_NUMERIC = (Kind.VALUE_SUM, Kind.VALUE_AVG, Kind.VALUE_MEDIAN, Kind.VALUE_PERCENTILE)

Nested = Mapping[tuple[int, str], "Hit"]
"""Another correlation's hits, by the place of that base rule and the name that stands where an event's id would."""


@dataclass(frozen=True, slots=True)
class Hit:
    """One maximal run of overlapping windows that fire.

    `group` holds the text of each `group-by` field, `events` the ids of the run in order of time. A hit that another
    correlation's hits make up holds all events of each of these in turn.
    """

    rule: Rule
    group: Group
    events: list[str]
    first: datetime
    last: datetime


class Correlator:
    """Gathers what the base rules match, in any order of time, and answers when all is in."""

    def __init__(self, rules: Sequence[Rule]) -> None:
        """`rules` may hold any rules; those without a correlation are passed over."""
        watches = {rule.id: _Watch(rule, rule.correlation) for rule in rules if rule.correlation is not None}
        self._watches = {id: watches[id] for id in _inner_first(watches)}  # noqa: A001
        self._by_base: dict[str, list[_Watch]] = {}
        for watch in self._watches.values():
            for base in watch.correlation.bases:
                self._by_base.setdefault(base, []).append(watch)

    def feed(self, rule: Rule, event_id: str, time: datetime, fields: Fields) -> None:
        """Take in one match of a rule; one that no correlation counts is passed over. `time` must be aware."""
        for watch in self._by_base.get(rule.id, ()):
            watch.see(rule.id, event_id, microseconds(time), fields)

    def done(self) -> Iterator[Hit]:
        """The hits of all that was fed, by rule, group and time; nothing is forgotten, so it can be asked again.

        A correlation that only serves another comes before it and yields no hit of its own.
        """
        inner: dict[str, list[tuple[Hit, list[int]]]] = {}
        for id, watch in self._watches.items():  # noqa: A001
            found = watch.hits({base: inner[base] for base in watch.correlation.bases if base in inner})
            if id in self._by_base:
                inner[id] = list(found)
                found = iter(inner[id])
            for hit, _ in found:
                if hit.rule.generates:
                    yield hit


class _Watch:
    """One correlation at work: its groups, each a bag of sightings."""

    def __init__(self, rule: Rule, correlation: Correlation) -> None:
        self.rule = rule
        self.correlation = correlation
        self.groups: dict[Group, Sightings] = {}
        self._place = {base: at for at, base in enumerate(correlation.bases)}
        self._each_base_counts = correlation.kind in (Kind.TEMPORAL, Kind.TEMPORAL_ORDERED)
        self._measures = correlation.kind is Kind.VALUE_COUNT or correlation.kind in _NUMERIC
        self._known: dict[Measured, Measured] = {}

    def see(self, base: str, event: str, time: int, fields: Fields) -> None:
        group = _combination(fields, [self.correlation.field_of(name, base) for name in self.correlation.group_by])
        if group is None:
            return
        measured = self._measured(base, fields) if self._measures else None
        if measured == () and self.correlation.kind is not Kind.VALUE_SUM:
            return
        sightings = self.groups.get(group)
        if sightings is None:
            sightings = self.groups[group] = Sightings()
        sightings.add(time, self._place[base], event, measured)

    def hits(self, inner: Mapping[str, Iterable[tuple[Hit, list[int]]]]) -> Iterator[tuple[Hit, list[int]]]:
        """Each hit with the times at which it fired; `inner` holds those of the correlations that this one counts."""
        if not inner:
            yield from self._found({})
            return
        whole = _Watch(self.rule, self.correlation)
        for group, sightings in self.groups.items():
            whole.groups.setdefault(group, Sightings()).extend(sightings)
        nested: dict[tuple[int, str], Hit] = {}
        for base, found in inner.items():
            for hit, fired in found:
                name = f"{len(nested):012}"
                nested[self._place[base], name] = hit
                for time in fired if self._each_base_counts else fired[:1]:
                    whole.see(base, name, time, _Grouped(hit))
        yield from whole._found(nested)

    def _found(self, nested: Nested) -> Iterator[tuple[Hit, list[int]]]:
        for group, unordered in sorted(self.groups.items(), key=lambda item: item[0]):
            sightings = unordered.in_order(each_base_counts=self._each_base_counts)
            for run in runs(sightings, self.correlation):
                yield self._hit(group, sightings, run, nested), [sightings.times[row] for row in run.fired]

    def _hit(self, group: Group, sightings: Sightings, run: Run, nested: Nested) -> Hit:
        rows = range(run.first, run.last + 1)
        first, last = moment(sightings.times[run.first]), moment(sightings.times[run.last])
        if not nested:
            return Hit(self.rule, group, list(dict.fromkeys(sightings.events[row] for row in rows)), first, last)
        events: dict[str, None] = {}
        for row in rows:
            name = sightings.events[row]
            hit = nested.get((sightings.bases[row], name))
            events |= dict.fromkeys(hit.events if hit else (name,))
            if hit:
                first, last = min(first, hit.first), max(last, hit.last)
        return Hit(self.rule, group, list(events), first, last)

    def _measured(self, base: str, fields: Fields) -> Measured:
        """The values that an event brings, each equal tuple kept once."""
        names = [self.correlation.field_of(name, base) for name in self.correlation.measured]
        found: tuple[Hashable, ...]
        if self.correlation.kind in _NUMERIC:
            found = tuple(_numbers(fields, names[0]))
        elif len(names) == 1:
            found = tuple(_texts(fields, names[0]))
        else:
            combination = _combination(fields, names)
            found = () if combination is None else (combination,)
        return self._known.setdefault(found, found)


class _Grouped:
    """A hit as its own group-by fields, for the correlation that counts it."""

    def __init__(self, hit: Hit) -> None:
        names = hit.rule.correlation.group_by if hit.rule.correlation else ()
        self._values = dict(zip(names, hit.group, strict=True))

    def values(self, name: str) -> Sequence[Any]:
        return (self._values[name],) if name in self._values else ()

    def everything(self) -> Iterable[Any]:
        return self._values.values()


def _inner_first(watches: Mapping[str, _Watch]) -> list[str]:
    """Each correlation after those it counts, else in the order given."""
    ordered: dict[str, None] = {}

    def place(id: str) -> None:  # noqa: A002
        for base in watches[id].correlation.bases:
            if base in watches and base not in ordered:
                place(base)
        ordered[id] = None

    for id in watches:  # noqa: A001
        if id not in ordered:
            place(id)
    return list(ordered)


def _combination(fields: Fields, names: Sequence[str]) -> Group | None:
    combined = []
    for name in names:
        texts = _texts(fields, name)
        if not texts:
            return None
        combined.append(texts[0] if len(texts) == 1 else json.dumps(texts, ensure_ascii=False))
    return tuple(combined)


def _texts(fields: Fields, name: str) -> list[str]:
    return [text for value in fields.values(name) if (text := text_of(value)) is not None]


def _numbers(fields: Fields, name: str) -> list[Fraction | int]:
    numbers = [number for value in fields.values(name) if (number := number_of(value)) is not None]
    return [_exact(number) for number in numbers if isfinite(number)]


def _exact(number: int | float) -> Fraction | int:
    return int(number) if number == int(number) else Fraction(number)
