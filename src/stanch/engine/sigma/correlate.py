"""A thousand reads within minutes are one hit: events are grouped, put in order of time, and joined while they fire.

An event belongs to the group of its `group-by` values, compared as text; where one of these fields is absent or null,
the event belongs to no group. Several values of one field group together, as the list they are. Without `group-by`
all events are one group. An event that several base rules match counts once, except for `temporal` and
`temporal_ordered`, where it counts for each of them.
"""

import json
from collections.abc import Hashable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from fractions import Fraction
from math import isfinite

from stanch.engine.fields import Fields
from stanch.engine.sigma.rule import Correlation, Kind, Rule
from stanch.engine.sigma.values import number_of, text_of
from stanch.engine.sigma.windows import Sighting, runs


@dataclass(frozen=True, slots=True)
class Hit:
    """One maximal run of overlapping windows that fire.

    `group` holds the text of each `group-by` field, `events` the ids of the run in order of time.
    """

    rule: Rule
    group: tuple[str, ...]
    events: list[str]
    first: datetime
    last: datetime


class Correlator:
    """Gathers what the base rules match, in any order of time, and answers when all is in."""

    def __init__(self, rules: Sequence[Rule]) -> None:
        """`rules` may hold any rules; those without a correlation are passed over."""
        self._watches = [_Watch(rule, rule.correlation) for rule in rules if rule.correlation is not None]
        self._by_base: dict[str, list[_Watch]] = {}
        for watch in self._watches:
            for base in watch.correlation.bases:
                self._by_base.setdefault(base, []).append(watch)

    def feed(self, rule: Rule, event_id: str, time: datetime, fields: Fields) -> None:
        """Take in one match of a rule; one that no correlation counts is passed over. `time` must be aware."""
        for watch in self._by_base.get(rule.id, ()):
            watch.see(rule.id, event_id, time, fields)

    def done(self) -> Iterator[Hit]:
        """The hits of all that was fed, by rule, group and time; nothing is forgotten, so it can be asked again."""
        for watch in self._watches:
            yield from watch.hits()


class _Watch:
    """One correlation at work: its groups, each a bag of sightings."""

    def __init__(self, rule: Rule, correlation: Correlation) -> None:
        self.rule = rule
        self.correlation = correlation
        self._step = {base: at for at, base in enumerate(correlation.bases)}
        self._each_base_counts = correlation.kind in (Kind.TEMPORAL, Kind.TEMPORAL_ORDERED)
        self._groups: dict[tuple[str, ...], dict[tuple[str, int], Sighting]] = {}

    def see(self, base: str, event: str, time: datetime, fields: Fields) -> None:
        group = _combination(fields, [self.correlation.field_of(name, base) for name in self.correlation.group_by])
        if group is None:
            return
        step = self._step[base]
        measured: tuple[Hashable, ...] = ()
        amount: Fraction | int = 0
        match self.correlation.kind:
            case Kind.VALUE_COUNT:
                measured = self._values(base, fields)
                if not measured:
                    return
            case Kind.VALUE_SUM:
                amount = _sum(fields, self.correlation.field_of(self.correlation.measured[0], base))
            case Kind.TEMPORAL:
                measured = (step,)
        key = (event, step if self._each_base_counts else 0)
        self._groups.setdefault(group, {}).setdefault(key, Sighting(time, step, event, measured, amount))

    def hits(self) -> Iterator[Hit]:
        for group, bag in sorted(self._groups.items()):
            sightings = sorted(bag.values(), key=lambda sighting: sighting.order)
            for first, last in runs(sightings, self.correlation):
                run = sightings[first : last + 1]
                events = list(dict.fromkeys(sighting.event for sighting in run))
                yield Hit(self.rule, group, events, run[0].time, run[-1].time)

    def _values(self, base: str, fields: Fields) -> tuple[Hashable, ...]:
        names = [self.correlation.field_of(name, base) for name in self.correlation.measured]
        if len(names) == 1:
            return tuple(_texts(fields, names[0]))
        combination = _combination(fields, names)
        return () if combination is None else (combination,)


def _combination(fields: Fields, names: Sequence[str]) -> tuple[str, ...] | None:
    combined = []
    for name in names:
        texts = _texts(fields, name)
        if not texts:
            return None
        combined.append(texts[0] if len(texts) == 1 else json.dumps(texts, ensure_ascii=False))
    return tuple(combined)


def _texts(fields: Fields, name: str) -> list[str]:
    return [text for value in fields.values(name) if (text := text_of(value)) is not None]


def _sum(fields: Fields, name: str) -> Fraction | int:
    numbers = [number for value in fields.values(name) if (number := number_of(value)) is not None]
    return sum((_exact(number) for number in numbers if isfinite(number)), start=0)


def _exact(number: int | float) -> Fraction | int:
    return int(number) if number == int(number) else Fraction(number)
