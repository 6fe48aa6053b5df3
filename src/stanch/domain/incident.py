"""Findings of one actor's lineage or one asset in one story, and what had left by then."""

from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from stanch.domain.event import Actor
from stanch.domain.finding import AssetRef, Finding
from stanch.domain.severity import Severity


class IncidentState(StrEnum):
    """An incident's life; `contained` is said only after every step was verified."""

    OPEN = "open"
    CONTAINED = "contained"
    ERADICATED = "eradicated"
    CLOSED = "closed"


@dataclass(frozen=True, slots=True)
class Shards:
    """How much of a sharded model was read: distinct shards out of the total its file names state."""

    asset: str
    read: int
    total: int


@dataclass(frozen=True, slots=True)
class Left:
    """What left: distinct objects, bytes of their answers, shards of a model, records and persons at most."""

    objects: int = 0
    bytes: int = 0
    shards: Shards | None = None
    records: int | None = None
    persons: int | None = None


@dataclass(frozen=True, slots=True)
class Incident:
    """One story. `resources` are the ARNs containment may act on; `sessions` the role sessions of the lineage."""

    id: str
    title: str
    severity: Severity
    confidence: float
    state: IncidentState
    actor: Actor
    assets: tuple[AssetRef, ...]
    left: Left
    findings: tuple[Finding, ...]
    first_seen: datetime
    last_seen: datetime
    by_hand: tuple[str, ...] = ()

    def moved(self, state: IncidentState) -> "Incident":
        """The same incident in another state."""
        return replace(self, state=state)
