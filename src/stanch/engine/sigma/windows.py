"""A sliding window over events in time: what it holds is measured each time an event enters and others fall out.

How a condition reads: with `gte` and `gt` every window of the timespan counts that ends with an event. With `lt`,
`lte`, `eq` and `neq` that would fire at the first event of any burst, so there windows stand side by side, each opened
by the first event after the one before. A window's bounds are inclusive.
"""

from collections import Counter
from collections.abc import Hashable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from fractions import Fraction
from typing import Protocol, assert_never

from stanch.engine.sigma.rule import Correlation, Kind
from stanch.engine.sigma.tree import Order
from stanch.engine.sigma.values import ORDERS

Run = tuple[int, int]
"""The first and last position of the events of one hit, both inclusive."""


@dataclass(frozen=True, slots=True)
class Sighting:
    """One match of a base rule in one group: `step` is the base's place among the rules, `measured` its values."""

    time: datetime
    step: int
    event: str
    measured: tuple[Hashable, ...] = ()
    amount: Fraction | int = 0

    @property
    def order(self) -> tuple[datetime, int, str]:
        """In time; within CloudTrail's one second in the order of the rules, for which came first is not known."""
        return (self.time, self.step, self.event)


def runs(sightings: Sequence[Sighting], correlation: Correlation) -> Iterator[Run]:
    """The maximal runs of overlapping windows that fire, over sightings sorted by `order`."""
    if correlation.kind is Kind.TEMPORAL_ORDERED:
        firing = _ordered(sightings, len(correlation.bases), correlation.timespan)
    elif correlation.order in (Order.GTE, Order.GT):
        firing = _sliding(sightings, correlation)
    else:
        firing = _side_by_side(sightings, correlation)
    run: Run | None = None
    for first, last in firing:
        if run and first <= run[1]:
            run = (run[0], last)
        else:
            if run:
                yield run
            run = (first, last)
    if run:
        yield run


def _sliding(sightings: Sequence[Sighting], correlation: Correlation) -> Iterator[Run]:
    tally = _tally(correlation.kind)
    holds = ORDERS[correlation.order]
    first = 0
    for last, sighting in enumerate(sightings):
        tally.enter(sighting)
        while sighting.time - sightings[first].time > correlation.timespan:
            tally.leave(sightings[first])
            first += 1
        if holds(tally.measure(), correlation.threshold):
            yield first, last


def _side_by_side(sightings: Sequence[Sighting], correlation: Correlation) -> Iterator[Run]:
    holds = ORDERS[correlation.order]
    first = 0
    while first < len(sightings):
        tally = _tally(correlation.kind)
        last = first
        while last < len(sightings) and sightings[last].time - sightings[first].time <= correlation.timespan:
            tally.enter(sightings[last])
            last += 1
        if holds(tally.measure(), correlation.threshold):
            yield first, last - 1
        first = last


def _ordered(sightings: Sequence[Sighting], steps: int, timespan: timedelta) -> Iterator[Run]:
    """For each step, keep the latest start of a chain that has come so far: no later start can be beaten."""
    starts: list[int | None] = [None] * steps
    for at, sighting in enumerate(sightings):
        start = at if sighting.step == 0 else starts[sighting.step - 1]
        starts[sighting.step] = start
        if start is not None and sighting.step == steps - 1 and sighting.time - sightings[start].time <= timespan:
            yield start, at


class _Tally(Protocol):
    """What is measured of the events in a window."""

    def enter(self, sighting: Sighting) -> None: ...
    def leave(self, sighting: Sighting) -> None: ...
    def measure(self) -> Fraction | int: ...


class _Events:
    """How many events."""

    def __init__(self) -> None:
        self._count = 0

    def enter(self, sighting: Sighting) -> None:
        self._count += 1

    def leave(self, sighting: Sighting) -> None:
        self._count -= 1

    def measure(self) -> int:
        return self._count


class _Distinct:
    """How many different values, or (for `temporal`) how many of the base rules."""

    def __init__(self) -> None:
        self._held: Counter[Hashable] = Counter()

    def enter(self, sighting: Sighting) -> None:
        self._held.update(sighting.measured)

    def leave(self, sighting: Sighting) -> None:
        for value in sighting.measured:
            self._held[value] -= 1
            if not self._held[value]:
                del self._held[value]

    def measure(self) -> int:
        return len(self._held)


class _Sum:
    """The sum, in fractions: adding and taking away floats would drift."""

    def __init__(self) -> None:
        self._sum: Fraction | int = 0

    def enter(self, sighting: Sighting) -> None:
        self._sum += sighting.amount

    def leave(self, sighting: Sighting) -> None:
        self._sum -= sighting.amount

    def measure(self) -> Fraction | int:
        return self._sum


def _tally(kind: Kind) -> _Tally:
    match kind:
        case Kind.EVENT_COUNT:
            return _Events()
        case Kind.VALUE_COUNT | Kind.TEMPORAL:
            return _Distinct()
        case Kind.VALUE_SUM:
            return _Sum()
        case Kind.TEMPORAL_ORDERED:
            raise AssertionError("an order is no measure")
        case _:
            assert_never(kind)
