"""Objects deleted piece by piece are gone as surely as by one call, and no single call is worth an alert.

Reads: listings, writes and deletions of one session in one bucket within an hour.
Blind to: deletions that CloudTrail does not log, and a bucket where the principal deletes on other days too.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from stanch.catalog.detections._questions import asked_by_hand, by_session, windows
from stanch.catalog.detections._reads import S3
from stanch.contracts.behaviour import About, Cell, History, Sighting, Whose
from stanch.domain.baseline import day_of
from stanch.domain.finding import Technique
from stanch.domain.severity import Severity

ABOUT = About(
    title="A bucket listed, then its objects deleted piece by piece",
    severity=Severity.MEDIUM,
    confidence=0.5,
    techniques=(Technique("attack", "T1485", "19"),),
    playbook="stolen_role_session",
    by_hand="restore the objects from versions or a copy",
    whose=Whose.PRINCIPAL,
)


@dataclass(frozen=True, slots=True)
class Limits:
    """Thresholds for one session in one bucket within one hour."""

    deletions: int = 40
    """Successful deletions of one object each; one DeleteObjects call counts as several."""
    per_call: int = 5
    """Deletions that one DeleteObjects call counts for: eight, of up to a thousand objects each, are no mistake."""
    writes: float = 0.5
    """Writes for each call that deletes that make them the turnover of scratch space, as of a job."""
    usual_days: int = 1
    """Days with deletions in the bucket that are not yet the principal's work."""


LIMITS = Limits()
_LISTS = frozenset({"ListObjects", "ListObjectsV2", "ListObjectVersions"})
_DELETES = frozenset({"DeleteObject", "DeleteObjects"})
_BATCHES = frozenset({"DeleteObjects"})
_WRITES = frozenset({"CompleteMultipartUpload", "CopyObject", "PutObject"})


def judge(history: History, limits: Limits) -> Iterator[Sighting]:
    """Yield one sighting for each bucket that was listed and deleted."""
    cells = [cell for cell in history.cells if cell.source in S3 and not cell.failed and asked_by_hand(cell, history)]
    days: dict[str, set[int]] = {}
    for cell in cells:
        if cell.name in _DELETES:
            days.setdefault(cell.on, set()).add(day_of(cell.start))
    told: set[str] = set()
    for of_session in by_session(cells).values():
        for window in windows(of_session):
            for bucket in {cell.on for cell in window if cell.name in _LISTS} - told:
                if len(days.get(bucket, ())) <= limits.usual_days and _deleted(window, bucket, limits):
                    told.add(bucket)
                    proof = tuple(cell for cell in window if cell.on == bucket)
                    calls = _count(proof, _DELETES)
                    yield Sighting(proof, f"{calls} calls that delete objects of {bucket} after listing it")


def _deleted(cells: Sequence[Cell], bucket: str, limits: Limits) -> bool:
    of_bucket = [cell for cell in cells if cell.on == bucket]
    calls = _count(of_bucket, _DELETES)
    deletions = calls + (limits.per_call - 1) * _count(of_bucket, _BATCHES)
    return deletions >= limits.deletions and _count(of_bucket, _WRITES) < limits.writes * calls


def _count(cells: Sequence[Cell], names: frozenset[str]) -> int:
    return sum(cell.count for cell in cells if cell.name in names)
