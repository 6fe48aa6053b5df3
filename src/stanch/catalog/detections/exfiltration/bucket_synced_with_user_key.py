"""To copy a bucket is one command: it lists the keys, then reads every one of them.

Reads: one bucket listed and the distinct objects read from it by one user's key within an hour, from a public network.
Blind to: reads that CloudTrail does not log, role sessions and hosts, which load data so each time they start, and a
bucket that the user reads on other days too.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from stanch.catalog.detections._questions import asked_by_hand, by_user_key
from stanch.catalog.detections._reads import S3, by_store, given
from stanch.catalog.detections._sweeps import keys_read, swept
from stanch.contracts.behaviour import About, Cell, History, Sighting, Whose
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


def judge(history: History, limits: Limits) -> Iterator[Sighting]:
    """Yield one sighting for each bucket that was copied on the only day it was read."""
    cells = [cell for cell in history.cells if cell.source in S3 and _from_outside(cell, history)]
    for window, bucket in swept(cells, limits.objects, limits.usual_days):
        yield _sighting(window, bucket, history)


def _from_outside(cell: Cell, history: History) -> bool:
    return bool(cell.place) and by_user_key(cell) and asked_by_hand(cell, history)


def _sighting(cells: Sequence[Cell], bucket: str, history: History) -> Sighting:
    proof = tuple(cell for cell in cells if cell.on == bucket)
    read = next(part for cell in proof if given(cell) for part in by_store(cell, history.estate))
    return Sighting(proof, f"{keys_read(cells, bucket)} objects of {bucket} read after listing its keys", (read.store,))
