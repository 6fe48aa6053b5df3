"""A program knows its bucket; a thief lists the buckets, lists one, and takes it.

Reads: the buckets and keys listed, and the distinct objects read, by one session within an hour.
Blind to: reads that CloudTrail does not log; a store read on other days too.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from stanch.catalog.detections._questions import asked_by_hand
from stanch.catalog.detections._reads import S3, by_store, given
from stanch.catalog.detections._sweeps import keys_read, swept
from stanch.contracts.behaviour import About, Cell, History, Sighting, Whose
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


def judge(history: History, limits: Limits) -> Iterator[Sighting]:
    """Yield one sighting for each bucket that was found and swept."""
    cells = [cell for cell in history.cells if cell.source in S3 and _by_hand(cell, history)]
    for window, bucket in swept(cells, limits.objects, limits.usual_days, after="ListBuckets"):
        yield _sighting(window, bucket, history)


def _by_hand(cell: Cell, history: History) -> bool:
    return not cell.console and asked_by_hand(cell, history)


def _sighting(cells: Sequence[Cell], bucket: str, history: History) -> Sighting:
    proof = tuple(cell for cell in cells if cell.on in ("", bucket))
    read = next(part for cell in proof if given(cell) for part in by_store(cell, history.estate))
    return Sighting(proof, f"{keys_read(cells, bucket)} objects of {bucket} read after listing it", (read.store,))
