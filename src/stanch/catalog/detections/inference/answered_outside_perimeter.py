"""A cross-region profile answers wherever there is room: a prompt may be read in a country that it must not enter.

Reads: the region in which each call ran and that in which it was asked for, and the perimeter's regions.
Blind to: an estate that declares no regions; logs that do not tell where a call ran.
"""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

from stanch.catalog.detections.inference._calls import every_day, sighting
from stanch.contracts.behaviour import About, Sighting
from stanch.contracts.inference import KeyHistory
from stanch.domain.estate import Side
from stanch.domain.finding import Technique
from stanch.domain.severity import Severity

ABOUT = About(
    title="A model answered in a region outside the perimeter",
    severity=Severity.MEDIUM,
    confidence=0.9,
    techniques=(Technique("atlas", "AML.T0025", "5.6"), Technique("attack", "T1535", "19")),
    by_hand="Use an inference profile of the perimeter's regions; deny bedrock:InvokeModel* elsewhere by organization.",
)


@dataclass(frozen=True, slots=True)
class Limits:
    """How many calls."""

    calls: int = 1
    """Calls in all that ran outside: the first one was too many."""


LIMITS = Limits()


def examine(history: KeyHistory, limits: Limits) -> Iterator[Sighting]:
    """Yield one sighting of a caller with all calls that ran outside."""
    perimeter = history.estate.perimeter
    proof = [
        cell for cells in every_day(history).values() for cell in cells if perimeter.region(cell.region) is Side.OUTSIDE
    ]
    ran: Counter[str] = Counter()
    for cell in proof:
        ran[cell.region] += cell.count
    if ran.total() >= limits.calls:
        asked = sorted({cell.home for cell in proof if cell.home and cell.home != cell.region})
        where = ", ".join(f"{count:,} in {region}" for region, count in sorted(ran.items()))
        yield sighting(proof, f"calls that ran outside: {where}{', asked for in ' if asked else ''}{', '.join(asked)}")
