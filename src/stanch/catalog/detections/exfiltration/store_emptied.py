"""Extortion in the cloud is two calls: read everything, then delete it.

Reads: cells of reads, of deletions and of the removal of one bucket by one principal.
Blind to: how many objects one DeleteObjects call deleted (up to a thousand; CloudTrail does not say), a lifecycle rule
that deletes later, and overwriting with the attacker's key.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from stanch.catalog.detections._reads import CARETAKERS, S3, given, purpose, store, through_a_service
from stanch.contracts.behaviour import HOUR, About, Cell, History, Sighting, Whose
from stanch.domain.baseline import day_of
from stanch.domain.estate import Asset
from stanch.domain.event import is_identity
from stanch.domain.finding import Technique
from stanch.domain.severity import Severity

ABOUT = About(
    title="A store was read, then emptied",
    severity=Severity.HIGH,
    confidence=0.65,
    techniques=(
        Technique("attack", "T1530", "19"),
        Technique("attack", "T1485", "19"),
        Technique("attack", "T1657", "19"),
    ),
    playbook="weights_read",
    whose=Whose.PRINCIPAL,
)


@dataclass(frozen=True, slots=True)
class Limits:
    """Thresholds within one bucket and one window."""

    hours: int = 24
    """Hours between the first read and the last deletion."""
    objects_read: int = 20
    """Distinct objects read before the deletions."""
    deletions: int = 20
    """Deletions of one object each; one DeleteObjects call counts as many."""
    per_call: int = 20
    """Deletions that one DeleteObjects call counts for: who deletes in bulk calls it for more than a few."""
    objects_of_removed: int = 3
    """Distinct objects read of a bucket that was then removed itself: then its few objects were all there was."""
    hours_to_removal: int = 72
    """Hours between these reads and the removal: who takes away large exports first carries them off."""
    usual_days: int = 2
    """Other days with deletions in the bucket that make reading and deleting this principal's work, as of a queue,
    and days with removals of buckets that make removing them his work, as of tests that clean up."""


LIMITS = Limits()
_DELETES = frozenset({"DeleteObject", "DeleteObjects"})


def judge(history: History, limits: Limits) -> Iterator[Sighting]:
    """Yield one sighting for each bucket that this principal read and then emptied, or a declared one just emptied."""
    deleted, read, removed = _by_bucket(history, limits)
    for bucket, cells in deleted.items():
        days = {day_of(cell.start) for cell in cells}
        if len(days) > limits.usual_days:
            continue
        for day in sorted(days):
            now = [cell for cell in cells if day_of(cell.start) == day]
            before, gone = read.get(bucket, ()), removed.get(bucket, ())
            found = _told(now, before, history, limits) if _deletions(now, limits) >= limits.deletions else None
            if found := found or _told_of_removed(now, before, gone, history, limits):
                yield found
                break


_ByBucket = dict[str, list[Cell]]


def _by_bucket(history: History, limits: Limits) -> tuple[_ByBucket, _ByBucket, _ByBucket]:
    """Deletions, and reads and removals where there are any deletions, in the order of time."""
    deleted: _ByBucket = {}
    read: _ByBucket = {}
    removed: _ByBucket = {}
    made: set[str] = set()
    if not any(map(_deletes, history.cells)):
        return deleted, read, removed
    for cell in sorted(history.cells, key=lambda cell: cell.first):
        if purpose(cell, history) in CARETAKERS:
            continue
        if given(cell):
            read.setdefault(cell.on, []).append(cell)
        elif _deletes(cell):
            deleted.setdefault(cell.on, []).append(cell)
        elif cell.source in S3 and not cell.failed and cell.name == "DeleteBucket":
            removed.setdefault(cell.on, []).append(cell)
        elif cell.source in S3 and not cell.failed and cell.name == "CreateBucket":
            made.add(cell.on)
    if len({day_of(cell.start) for cells in removed.values() for cell in cells}) > limits.usual_days:
        return deleted, read, {}
    return deleted, read, {bucket: cells for bucket, cells in removed.items() if bucket not in made}


def _deletes(cell: Cell) -> bool:
    if cell.name not in _DELETES or cell.source not in S3 or cell.failed:
        return False
    return is_identity(cell.principal) and not cell.is_aws and not through_a_service(cell)


def _deletions(cells: Sequence[Cell], limits: Limits) -> int:
    return sum(cell.count * (limits.per_call if cell.name == "DeleteObjects" else 1) for cell in cells)


def _told(deleted: list[Cell], read: Sequence[Cell], history: History, limits: Limits) -> Sighting | None:
    """A sighting where reads came first, or where what was emptied is a declared asset."""
    since, until = deleted[0].first - limits.hours * HOUR, deleted[-1].last
    before = [cell for cell in read if since <= cell.first <= until]
    objects = {key for cell in before for key in cell.objects}
    calls = sum(cell.count for cell in deleted)
    asset = _asset(deleted[0], history)
    ref = store(deleted[0], asset)
    if len(objects) >= limits.objects_read:
        why = f"{len(objects)} objects of {deleted[0].on} read, then {calls} calls that delete"
        severity = Severity.CRITICAL if asset else ABOUT.severity
        return Sighting((*before, *deleted), why, (ref,), severity)
    if asset is not None:
        why = f"{calls} calls that delete objects of {deleted[0].on}, which this principal deletes on no other day"
        return Sighting(tuple(deleted), why, (ref,), Severity.MEDIUM, 0.5)
    return None


def _told_of_removed(
    deleted: list[Cell], read: Sequence[Cell], removed: Sequence[Cell], history: History, limits: Limits
) -> Sighting | None:
    """A sighting where the bucket itself was removed after reads, however few calls emptied it."""
    if not removed:
        return None
    since, until = removed[-1].first - limits.hours_to_removal * HOUR, removed[-1].last
    before, emptied = ([cell for cell in cells if since <= cell.first <= until] for cells in (read, deleted))
    objects = {key for cell in before for key in cell.objects}
    if not emptied or len(objects) < limits.objects_of_removed:
        return None
    asset = _asset(emptied[0], history)
    why = f"{len(objects)} objects of {emptied[0].on} read, then all deleted and the bucket with them"
    severity = ABOUT.severity if asset else Severity.MEDIUM
    return Sighting((*before, *emptied, *removed), why, (store(emptied[0], asset),), severity, 0.5)


def _asset(cell: Cell, history: History) -> Asset | None:
    return next((asset for asset in history.estate.assets if asset.bucket == cell.on and not asset.decoy), None)
