"""A partner fetches his files each night; a thief with another account's key comes once and takes all.

Reads: the distinct objects of one undeclared store that one named outside caller read in a day.
Blind to: anonymous reads, declared stores (other detections tell them), and reads on many days.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from stanch.catalog.detections._reads import Taken, by_store, given, keys_of_store
from stanch.contracts.behaviour import About, History, Sighting, Whose
from stanch.domain.baseline import day_of
from stanch.domain.estate import Side
from stanch.domain.finding import AssetRef, Technique
from stanch.domain.severity import Severity

ABOUT = About(
    title="A store that nobody declared is read in bulk by an outside account",
    severity=Severity.MEDIUM,
    confidence=0.5,
    techniques=(
        Technique("attack", "T1530", "19"),
        Technique("attack", "T1119", "19"),
        Technique("atlas", "AML.T0036", "5.6"),
    ),
    playbook="outside_reader",
    whose=Whose.PRINCIPAL,
)


@dataclass(frozen=True, slots=True)
class Limits:
    """Thresholds for one caller and one store."""

    objects: int = 20
    """Distinct objects in one UTC day."""
    regular_days: int = 4
    """Days with as many from which on somebody must have agreed to it, and it is told low."""


LIMITS = Limits()


def judge(history: History, limits: Limits) -> Iterator[Sighting]:
    """Yield one sighting for each undeclared store that this outside caller reads in bulk."""
    stores: dict[AssetRef, dict[int, list[Taken]]] = {}
    for cell in history.cells:
        if cell.account is Side.OUTSIDE and given(cell):
            for part in by_store(cell, history.estate):
                if part.asset is None:
                    stores.setdefault(part.store, {}).setdefault(day_of(cell.start), []).append(part)
    for store, days in stores.items():
        in_bulk = [parts for parts in days.values() if len(keys_of_store(parts)) >= limits.objects]
        if in_bulk:
            yield _sighting(store, in_bulk, limits)


def _sighting(store: AssetRef, days: Sequence[list[Taken]], limits: Limits) -> Sighting:
    keys = max(len(keys_of_store(parts)) for parts in days)
    cells = tuple(part.cell for parts in days for part in parts)
    severity = Severity.LOW if len(days) >= limits.regular_days else None
    return Sighting(cells, f"{keys} objects in a day, on {len(days)} days", (store,), severity)
