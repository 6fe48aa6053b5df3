"""An application needs the same few secrets each day; who holds its credentials wants all the others.

Reads: the secrets and parameters that each principal read, by UTC day.
Blind to: everything within the first days of the logs, where `secrets_read_in_bulk` counts alone.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from stanch.catalog.detections._reads import CARETAKERS, purpose
from stanch.contracts.behaviour import About, Cell, History, Sighting, Whose
from stanch.domain.baseline import baseline, day_of
from stanch.domain.event import is_identity
from stanch.domain.finding import Technique
from stanch.domain.severity import Severity

ABOUT = About(
    title="Secrets read that this principal never needed before",
    severity=Severity.MEDIUM,
    confidence=0.6,
    techniques=(Technique("attack", "T1555.006", "19"), Technique("atlas", "AML.T0055", "5.6")),
    playbook="stolen_role_session",
    by_hand="rotate the secrets that were read",
    whose=Whose.PRINCIPAL,
)


@dataclass(frozen=True, slots=True)
class Limits:
    """Thresholds for one UTC day."""

    days: int = 3
    """Other days on which the principal read secrets: with fewer nobody knows which ones it needs."""
    fresh: int = 4
    """Secrets that it read on no other day."""
    times: float = 2.0
    """Times the median number of secrets that it reads on other days."""


LIMITS = Limits()
_SOURCES = frozenset({"secretsmanager.amazonaws.com", "ssm.amazonaws.com"})
_SUFFIX = re.compile(r"-[A-Za-z0-9]{6}\Z")


def judge(history: History, limits: Limits) -> Iterator[Sighting]:
    """Yield one sighting for each day on which many secrets were read for the first and only time."""
    days: dict[int, list[Cell]] = {}
    for cell in history.cells:
        if _reads_secrets(cell) and purpose(cell, history) not in CARETAKERS:
            days.setdefault(day_of(cell.start), []).append(cell)
    read = {day: {_named(secret) for cell in cells for secret in cell.objects} for day, cells in days.items()}
    if len(days) <= limits.days:
        return
    for day, cells in days.items():
        earlier = [secrets for other, secrets in read.items() if other < day]
        others = set().union(*(secrets for other, secrets in read.items() if other != day))
        fresh = read[day] - others
        usual = baseline([float(len(secrets)) for secrets in earlier])
        if usual.count < limits.days or len(fresh) < limits.fresh or len(read[day]) < limits.times * usual.median:
            continue
        proof = tuple(cell for cell in cells if fresh & set(map(_named, cell.objects)))
        yield Sighting(proof, f"{len(fresh)} secrets read for the first time, usually {usual.median:.0f} in a day")


def _reads_secrets(cell: Cell) -> bool:
    return bool(cell.objects) and cell.source in _SOURCES and not cell.is_aws and is_identity(cell.principal)


def _named(secret: str) -> str:
    """The name: a secret is also asked for by an ARN, which ends in a hyphen and six characters of its own."""
    if not secret.startswith("arn:") or ":secret:" not in secret:
        return secret
    return _SUFFIX.sub("", secret.partition(":secret:")[2])
