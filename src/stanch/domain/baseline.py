"""What is usual is the median of other days, and how far days stray from it is the median of their distances.

Median and MAD, unlike mean and deviation, are not moved by the one day that is looked for (Rousseeuw and Croux 1993).
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from statistics import median

DAY = 86_400
"""Seconds."""
NORMAL = 1.4826
"""The MAD of normal noise times this is its standard deviation."""


@dataclass(frozen=True, slots=True)
class Baseline:
    """The usual of `count` days: their median, and `spread`, the median distance from it, both in the days' unit."""

    count: int
    median: float
    spread: float

    def score(self, value: float, least_spread: float) -> float:
        """How many standard deviations `value` lies above the median, on a day of normal noise.

        `least_spread` (a share of the median) keeps days that are all alike from making any other day unheard of.
        """
        spread = max(self.spread * NORMAL, self.median * least_spread)
        if spread > 0:
            return (value - self.median) / spread
        return float("inf") if value > self.median else 0.0


def baseline(values: Sequence[float]) -> Baseline:
    """The baseline of these values; of none it is zero with count 0."""
    if not values:
        return Baseline(0, 0.0, 0.0)
    middle = median(values)
    return Baseline(len(values), middle, median(abs(value - middle) for value in values))


def day_of(seconds: int) -> int:
    """The UTC day, counted from the epoch, that holds this second."""
    return seconds // DAY


def runs(days: Iterable[int]) -> list[list[int]]:
    """Consecutive days together: one night's excess that goes on is one matter."""
    ordered = sorted(set(days))
    found: list[list[int]] = []
    for day in ordered:
        if found and found[-1][-1] == day - 1:
            found[-1].append(day)
        else:
            found.append([day])
    return found
