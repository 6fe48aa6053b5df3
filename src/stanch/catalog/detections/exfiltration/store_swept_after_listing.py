"""A program knows its bucket; a thief lists the buckets, lists one, and takes it.

Reads: the buckets and keys listed, and the distinct objects read, by one session within an hour.
Blind to: reads that CloudTrail does not log; a store read on other days too.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from stanch.catalog.detections._questions import asked_by_hand, by_session, windows
from stanch.catalog.detections._reads import S3, by_store, given
from stanch.contracts.behaviour import About, Cell, History, Sighting, Whose
from stanch.domain.baseline import day_of
from stanch.domain.finding import Technique
from stanch.domain.severity import Severity

ABOUT = About(
    title="A bucket found by listing, then read through",
    severity=Severity.MEDIUM,
    confidence=0.5,
    techniques=(
        Technique("attack", "T1530", "19"),
        Technique("attack", "T1619", "19"),
    ),
    playbook="stolen_user_key",
    whose=Whose.PRINCIPAL,
)


@dataclass(frozen=True, slots=True)
class Limits:
    """Thresholds for one session within one hour."""

    objects: int = 30
    """Distinct objects of one bucket."""
    usual_days: int = 2
    """Days with reads of the bucket that make them the principal's work, as a backup's."""


LIMITS = Limits()
_LISTS_KEYS = frozenset({"ListObjects", "ListObjectsV2", "ListObjectVersions"})


def judge(history: History, limits: Limits) -> Iterator[Sighting]:
    """Yield one sighting for each bucket that was found and swept."""
    cells = [cell for cell in history.cells if cell.source in S3 and _by_hand(cell, history)]
    days: dict[str, set[int]] = {}
    for cell in cells:
        if given(cell):
            days.setdefault(cell.on, set()).add(day_of(cell.start))
    told: set[str] = set()
    for of_session in by_session(cells).values():
        for window in windows(of_session):
            for bucket in _swept(window, limits) - told:
                if len(days[bucket]) <= limits.usual_days:
                    told.add(bucket)
                    yield _sighting(window, bucket, history)


def _by_hand(cell: Cell, history: History) -> bool:
    return not cell.console and asked_by_hand(cell, history)


def _swept(cells: Sequence[Cell], limits: Limits) -> set[str]:
    if not any(cell.name == "ListBuckets" and not cell.failed for cell in cells):
        return set()
    listed = {cell.on for cell in cells if cell.name in _LISTS_KEYS and not cell.failed}
    return {bucket for bucket in listed if _keys(cells, bucket) >= limits.objects}


def _keys(cells: Sequence[Cell], bucket: str) -> int:
    return len({key for cell in cells if given(cell) and cell.on == bucket for key in cell.objects})


def _sighting(cells: Sequence[Cell], bucket: str, history: History) -> Sighting:
    proof = tuple(cell for cell in cells if cell.on in ("", bucket))
    read = next(part for cell in proof if given(cell) for part in by_store(cell, history.estate))
    return Sighting(proof, f"{_keys(cells, bucket)} objects of {bucket} read after listing it", (read.store,))
