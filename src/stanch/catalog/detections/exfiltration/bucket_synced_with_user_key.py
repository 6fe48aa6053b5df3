"""To copy a bucket is one command: it lists the keys, then reads every one of them.

Reads: one bucket listed and the distinct objects read from it by one user's key within an hour, from a public network.
Blind to: reads that CloudTrail does not log, role sessions and hosts, which load data so each time they start, and a
bucket that the user reads on other days too.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from stanch.catalog.detections._questions import asked_by_hand, by_session, by_user_key, windows
from stanch.catalog.detections._reads import S3, by_store, given
from stanch.contracts.behaviour import About, Cell, History, Sighting, Whose
from stanch.domain.baseline import day_of
from stanch.domain.finding import Technique
from stanch.domain.severity import Severity

ABOUT = About(
    title="A bucket listed and copied with a user's key",
    severity=Severity.MEDIUM,
    confidence=0.45,
    techniques=(
        Technique("attack", "T1530", "19"),
        Technique("attack", "T1619", "19"),
        Technique("attack", "T1119", "19"),
    ),
    playbook="stolen_user_key",
    whose=Whose.PRINCIPAL,
)


@dataclass(frozen=True, slots=True)
class Limits:
    """Thresholds for one user's key within one hour."""

    objects: int = 50
    """Distinct objects of one bucket: fewer are somebody's folder."""
    usual_days: int = 1
    """Days on which the user reads the bucket that are not yet his work, as a backup's."""


LIMITS = Limits()
_LISTS_KEYS = frozenset({"ListObjects", "ListObjectsV2", "ListObjectVersions"})


def judge(history: History, limits: Limits) -> Iterator[Sighting]:
    """Yield one sighting for each bucket that was copied on the only day it was read."""
    cells = [cell for cell in history.cells if cell.source in S3 and _from_outside(cell, history)]
    days: dict[str, set[int]] = {}
    for cell in cells:
        if given(cell):
            days.setdefault(cell.on, set()).add(day_of(cell.start))
    told: set[str] = set()
    for of_session in by_session(cells).values():
        for window in windows(of_session):
            for bucket in _copied(window, limits) - told:
                if len(days[bucket]) <= limits.usual_days:
                    told.add(bucket)
                    yield _sighting(window, bucket, history)


def _from_outside(cell: Cell, history: History) -> bool:
    return bool(cell.place) and by_user_key(cell) and asked_by_hand(cell, history)


def _copied(cells: Sequence[Cell], limits: Limits) -> set[str]:
    listed = {cell.on for cell in cells if cell.name in _LISTS_KEYS and not cell.failed}
    return {bucket for bucket in listed if _keys(cells, bucket) >= limits.objects}


def _keys(cells: Sequence[Cell], bucket: str) -> int:
    return len({key for cell in cells if given(cell) and cell.on == bucket for key in cell.objects})


def _sighting(cells: Sequence[Cell], bucket: str, history: History) -> Sighting:
    proof = tuple(cell for cell in cells if cell.on == bucket)
    read = next(part for cell in proof if given(cell) for part in by_store(cell, history.estate))
    return Sighting(proof, f"{_keys(cells, bucket)} objects of {bucket} read after listing its keys", (read.store,))
