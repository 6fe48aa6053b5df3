"""Retrieval hands a model a few texts for each question; whoever asks for hundreds at once wants the store itself.

Reads: how many results retrievals asked for, and whether they asked for vectors, by UTC day and key.
Blind to: stores whose log tells no number; a sweep by many keys, each of which asks for little.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from stanch.catalog.detections.inference._calls import BY_HAND, PLAYBOOK, days, earlier, sighting, total
from stanch.contracts.behaviour import About, Sighting
from stanch.contracts.inference import KeyHistory
from stanch.domain.finding import Technique
from stanch.domain.severity import Severity

ABOUT = About(
    title="A vector store read out through its search",
    severity=Severity.HIGH,
    confidence=0.7,
    techniques=(Technique("atlas", "AML.T0085.000", "5.6"),),
    playbook=PLAYBOOK,
    by_hand=BY_HAND,
)


@dataclass(frozen=True, slots=True)
class Limits:
    """Thresholds for one UTC day and key."""

    results: int = 20_000
    """Results asked for in all, most of them many at once."""
    at_once: int = 200
    """Results asked for by one call: nothing that reads them takes so many."""
    vectors: int = 5000
    """Results asked for with their vectors: a text can be told from its vector."""
    times: float = 3.0
    """Times the largest earlier day: what is indexed anew each week is known after the first."""


LIMITS = Limits()


def examine(history: KeyHistory, limits: Limits) -> Iterator[Sighting]:
    """Yield one sighting for each day on which so much was asked for, and never before."""
    by_day = {day: [cell for cell in cells if cell.retrieved] for day, cells in days(history).items()}
    sums = {day: total(cells, lambda cell: cell.asked) for day, cells in by_day.items()}
    for day, cells in by_day.items():
        if not cells or sums[day] < limits.times * max(earlier(sums, day), default=0):
            continue
        most = max(cell.asked_most for cell in cells)
        vectors = total(cells, lambda cell: cell.asked * min(cell.embedded, cell.count) / max(cell.count, 1))
        if sums[day] >= limits.results and most >= limits.at_once:
            yield sighting(cells, f"{sums[day]:,.0f} stored results asked for in a day, up to {most:,} at once")
        elif vectors >= limits.vectors:
            yield sighting(cells, f"{vectors:,.0f} stored results asked for in a day with their vectors")
