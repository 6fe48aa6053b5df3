"""A sliding window over events in time: what it holds is measured each time an event enters and others fall out.

How a condition reads: with `gte` and `gt` every window of the timespan counts that ends with an event. With an upper
bound, `eq`, `neq`, or an expression with `not`, that would fire at the first event of any burst, so there windows stand
side by side, each opened by the first event after the one before. A window's bounds are inclusive.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from stanch.engine.sigma.rule import Correlation
from stanch.engine.sigma.sightings import MICROSECOND, Sightings
from stanch.engine.sigma.tallies import Exact, Tally, tally_of
from stanch.engine.sigma.tree import And, Node, Not, Or, Order
from stanch.engine.sigma.values import ORDERS


@dataclass(frozen=True, slots=True)
class Run:
    """Overlapping windows that fired: the rows of the first and last event, and those at which they fired."""

    first: int
    last: int
    fired: list[int] = field(default_factory=list)


def runs(sightings: Sightings, correlation: Correlation) -> Iterator[Run]:
    """The maximal runs of overlapping windows that fire, over sightings that are `in_order`."""
    run: Run | None = None
    for first, last in _firing(sightings, correlation):
        if run and first <= run.last:
            run = Run(run.first, last, run.fired)
        else:
            if run:
                yield run
            run = Run(first, last)
        run.fired.append(last)
    if run:
        yield run


def _firing(sightings: Sightings, correlation: Correlation) -> Iterator[tuple[int, int]]:
    timespan = correlation.timespan // MICROSECOND
    if correlation.orderly:
        return _ordered(sightings, list(correlation.steps.values()), timespan)
    holds = _holding(correlation)
    if _waits(correlation):
        return _side_by_side(sightings, timespan, lambda: tally_of(correlation), holds)
    return _sliding(sightings, timespan, tally_of(correlation), holds)


def _holding(correlation: Correlation) -> Callable[[Exact | None], bool]:
    bounds = [(ORDERS[bound.order], bound.threshold) for bound in correlation.bounds]
    return lambda measure: measure is not None and all(holds(measure, threshold) for holds, threshold in bounds)


def _waits(correlation: Correlation) -> bool:
    """Whether what holds of a window may cease to hold when one more event enters."""
    if correlation.wanted is not None:
        return _negates(correlation.wanted)
    return any(bound.order not in (Order.GTE, Order.GT) for bound in correlation.bounds)


def _negates(node: Node) -> bool:
    return isinstance(node, Not) or (isinstance(node, And | Or) and any(map(_negates, node.parts)))


def _sliding(
    sightings: Sightings, timespan: int, tally: Tally, holds: Callable[[Exact | None], bool]
) -> Iterator[tuple[int, int]]:
    times, bases = sightings.times, sightings.bases
    measured = sightings.measured or [()] * len(times)
    first = 0
    for last, now in enumerate(times):
        tally.enter(bases[last], measured[last])
        while now - times[first] > timespan:
            tally.leave(bases[first], measured[first])
            first += 1
        if holds(tally.measure()):
            yield first, last


def _side_by_side(
    sightings: Sightings, timespan: int, tally: Callable[[], Tally], holds: Callable[[Exact | None], bool]
) -> Iterator[tuple[int, int]]:
    times = sightings.times
    measured = sightings.measured or [()] * len(times)
    first = 0
    while first < len(times):
        held = tally()
        last = first
        while last < len(times) and times[last] - times[first] <= timespan:
            held.enter(sightings.bases[last], measured[last])
            last += 1
        if holds(held.measure()):
            yield first, last - 1
        first = last


def _ordered(sightings: Sightings, steps: list[int], timespan: int) -> Iterator[tuple[int, int]]:
    """For each step, keep the latest start of a chain that has come so far: no later start can be beaten."""
    ends = max(steps)
    starts: list[int | None] = [None] * (ends + 1)
    for at, now in enumerate(sightings.times):
        step = steps[sightings.bases[at]]
        start = at if step == 0 else starts[step - 1]
        starts[step] = start
        if start is not None and step == ends and now - sightings.times[start] <= timespan:
            yield start, at
