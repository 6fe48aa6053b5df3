"""A stolen key is sold: its buyers want the dearest models, and as many as it opens.

Reads: what the calls of each key cost by UTC day, the models, and refusals for asking too much.
Blind to: logs that tell no cost; a key of which nobody knows what it costs in a week.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from stanch.catalog.detections.inference._calls import BY_HAND, PLAYBOOK, days, earlier, sighting, total
from stanch.contracts.behaviour import About, Sighting
from stanch.contracts.inference import KeyHistory
from stanch.domain.finding import Technique
from stanch.domain.severity import Severity

ABOUT = About(
    title="A key of the model spends far more than ever",
    severity=Severity.MEDIUM,
    confidence=0.55,
    techniques=(Technique("atlas", "AML.T0034", "5.6"), Technique("attack", "T1496.004", "19")),
    playbook=PLAYBOOK,
    by_hand=BY_HAND,
)


@dataclass(frozen=True, slots=True)
class Limits:
    """Thresholds for one UTC day and key."""

    days: int = 5
    """Earlier days of use, before which nobody knows what the key costs."""
    times: float = 5.0
    """Times the dearest earlier day."""
    cost: float = 25.0
    """In the log's currency: what is less harms nobody."""
    models: int = 4
    """Models used for the first time on that day, from which on it is grave: buyers try them all."""
    surge: float = 1.5
    """Times what nine keys in ten did of their own median on that day: a launch lifts many keys."""


LIMITS = Limits()


def examine(history: KeyHistory, limits: Limits) -> Iterator[Sighting]:
    """Yield one sighting for each day that cost so much."""
    sums = {day: total(cells, lambda cell: cell.cost) for day, cells in days(history).items()}
    known: set[str] = set()
    for day, cells in days(history).items():
        past, models = earlier(sums, day), {cell.model for cell in cells}
        fresh, known = models - known, known | models
        if len(past) < limits.days or sums[day] < limits.cost:
            continue
        most = max(past)
        lifted = max(limits.times, limits.surge * history.peers.surge.get(day, 0.0))
        if sums[day] >= lifted * most:
            grave = len(fresh) >= limits.models
            more = f", {len(fresh)} models for the first time" if fresh else ""
            why = f"cost {sums[day]:,.2f} in a day, on {len(past)} earlier days never more than {most:,.2f}{more}"
            yield sighting(cells, why, Severity.HIGH if grave else None)
