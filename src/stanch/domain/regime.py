"""A law's clocks and what its notification must say, as data with a version and a source."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class Unit(StrEnum):
    """Periods in hours run through weekends; days and months end as Regulation 1182/71 says."""

    HOURS = "hours"
    DAYS = "days"
    MONTHS = "months"


class Trigger(StrEnum):
    """From what a clock runs. `aware` is a recorded decision, never an alert's time."""

    AWARE = "aware"
    SUBMITTED = "submitted"
    REQUEST = "request"
    HIGH_RISK = "high-risk"


@dataclass(frozen=True, slots=True)
class Clock:
    """One deadline: `amount` is None where the law says only "without undue delay"; `after` names a stage."""

    id: str
    title: str
    article: str
    trigger: Trigger
    recipient: str
    amount: int | None = None
    unit: Unit = Unit.HOURS
    after: str | None = None
    note: str = ""


@dataclass(frozen=True, slots=True)
class Content:
    """One thing a notification must state; `evidence` names the fact stanch fills it from, None asks a person."""

    id: str
    article: str
    text: str
    evidence: str | None = None
    stage: str | None = None


@dataclass(frozen=True, slots=True)
class Regime:
    """One law as stanch applies it."""

    id: str
    title: str
    law: str
    version: str
    source: str
    applies_from: str
    applies_to: str
    clocks: tuple[Clock, ...]
    content: tuple[Content, ...]


@dataclass(frozen=True, slots=True)
class Awareness:
    """The recorded decision that starts the clocks: when the organisation became aware, who said so, and why."""

    incident: str
    aware_at: datetime
    recorded_at: datetime
    by: str
    why: str


@dataclass(frozen=True, slots=True)
class Deadline:
    """A clock that runs: `due` is None where the law names no period or the trigger has not happened."""

    clock: Clock
    due: datetime | None
    why: str
