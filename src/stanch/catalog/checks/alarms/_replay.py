"""An alarm is a statistic of each period against a threshold, and rings when enough of the last periods breach it.

Amazon CloudWatch User Guide, "Alarm evaluation". Periods begin at multiples of their length; a period without data
does not breach unless the alarm says so.
"""

import operator
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

_COMPARES: dict[str, tuple[str, Callable[[float, float], bool]]] = {
    "GreaterThanThreshold": (">", operator.gt),
    "GreaterThanOrEqualToThreshold": (">=", operator.ge),
}
"""What a count can rise above; alarms on silence and on anomalies are others."""
_STATISTICS: dict[str, Callable[[Sequence[float]], float]] = {
    "Sum": sum,
    "SampleCount": len,
    "Average": lambda values: sum(values) / len(values),
    "Minimum": min,
    "Maximum": max,
}
COUNTS = ("Sum", "SampleCount")
_LONGEST = 7 * 86400
"""Seconds of a period, and of all periods that an alarm looks at, at the most."""


@dataclass(frozen=True, slots=True)
class Bar:
    """What an alarm asks of its metric; `needed` of the last `periods` of `seconds` each must breach."""

    statistic: str
    sign: str
    threshold: float
    seconds: int
    periods: int
    needed: int

    def __str__(self) -> str:
        often = f" in {self.needed} of {self.periods} periods" if self.periods > 1 else ""
        return f"{self.statistic} {self.sign} {self.threshold:g} in {self.seconds} s{often}"

    def breaches(self, values: Sequence[float]) -> bool:
        """Whether one period with these values breaches."""
        compare = operator.gt if self.sign == ">" else operator.ge
        return bool(values) and compare(self.level(values), self.threshold)

    def level(self, values: Sequence[float]) -> float:
        """The statistic of one period."""
        return _STATISTICS[self.statistic](values)


@dataclass(frozen=True, slots=True)
class Replayed:
    """What an alarm would have done: `missed` are matching events in periods for which it did not ring."""

    matched: int
    periods: int
    highest: float
    rung: int
    missed: int


def bar_of(data: Mapping[str, Any]) -> Bar | None:
    """What an alarm asks, or None for one on silence, on anomalies, on an expression, or that nobody can read."""
    sign = _COMPARES.get(str(data.get("ComparisonOperator")))
    statistic, threshold = data.get("Statistic"), data.get("Threshold")
    seconds, periods = data.get("Period"), data.get("EvaluationPeriods")
    needed = data.get("DatapointsToAlarm") or periods
    if sign is None or str(statistic) not in _STATISTICS or type(threshold) not in (int, float):
        return None
    if not (type(seconds) is int and type(periods) is int and type(needed) is int):
        return None
    if not (0 < seconds <= _LONGEST and 0 < needed <= periods <= _LONGEST // seconds):
        return None
    return Bar(str(statistic), sign[0], float(threshold or 0), seconds, periods, needed)


def replay(bar: Bar, points: Sequence[tuple[float, float]]) -> Replayed:
    """Run an alarm over a metric's values, each with its time in seconds."""
    periods: dict[int, list[float]] = defaultdict(list)
    for at, value in points:
        periods[int(at // bar.seconds)].append(value)
    rung = _rung(bar, sorted(period for period, values in periods.items() if bar.breaches(values)))
    missed = sum(len(values) for period, values in periods.items() if period not in rung)
    highest = max((bar.level(values) for values in periods.values()), default=0.0)
    return Replayed(len(points), len(periods), highest, len(rung), missed)


def _rung(bar: Bar, breaching: Sequence[int]) -> set[int]:
    """The breaching periods that lie together with as many others as it takes to ring."""
    found: set[int] = set()
    done = 0
    for start, period in enumerate(breaching):
        end = bisect_right(breaching, period + bar.periods - 1)
        if end - start >= bar.needed:
            found.update(breaching[max(start, done) : end])
            done = end
    return found
