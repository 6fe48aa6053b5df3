"""Findings of one actor's lineage or one asset in one story, and what had left by then."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum

from stanch.domain.coverage import Coverage
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
class Evidence:
    """One file of proof: where it lies, its SHA-256 and size as stored when stanch read it."""

    path: str
    sha256: str
    bytes: int


@dataclass(frozen=True, slots=True)
class Incident:
    """One story.

    `by_hand` are resources a person named when opening it. `used_by` says who else was seen using a role, bucket or
    host in the logs at hand: what containing it may break. `evidence` are the log files that hold its events.
    `found_at` is when stanch first said so, `coverage` what the latest search had looked at. `besides` is what the same
    callers read from the same addresses without a detection calling it evil: it may be their work, or theft unseen.
    `behind` are origins that nothing here accuses, but who set the accused to work: made a user or function, reached a
    host, passed a role to the service that acted.
    """

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
    used_by: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    evidence: tuple[Evidence, ...] = ()
    found_at: datetime | None = None
    coverage: Coverage | None = None
    besides: Left | None = None
    behind: tuple[str, ...] = ()

    def moved(self, state: IncidentState) -> "Incident":
        """The same incident in another state."""
        return replace(self, state=state)
