"""One planned change on one resource, with what was there before, the proof that it worked, and the way back."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import IntEnum, StrEnum
from typing import Any

State = Mapping[str, Any]
"""A JSON-able picture of the part of a resource that one action touches; compared whole."""


class Phase(IntEnum):
    """The order of containment: evidence before the host goes dark, network before identity, data last.

    FREEZE comes before all else and SEAL after it: what takes long (copies, memory) and what looks again must not keep
    isolation waiting.
    """

    FREEZE = 0
    EVIDENCE = 1
    NETWORK = 2
    IDENTITY = 3
    DATA = 4
    SEAL = 5


class Collateral(StrEnum):
    """How much of the business a step breaks besides the intruder; the members stand in their order."""

    NONE = "none"
    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"

    @property
    def rank(self) -> int:
        """0 for none to 3 for high."""
        return list(Collateral).index(self)


class StepState(StrEnum):
    """`planned` is durable before the first call; `verified` is said only of an effect that was tried."""

    PLANNED = "planned"
    APPLIED = "applied"
    VERIFIED = "verified"
    FAILED = "failed"
    UNDONE = "undone"
    SKIPPED = "skipped"


class Method(StrEnum):
    """How a proof was won, strongest first."""

    EFFECT = "effect"  # it was tried: the old session was refused, the anonymous read got 403
    SIMULATION = "simulation"  # AWS's own policy simulator says so
    STATE = "state"  # the configuration was read back


@dataclass(frozen=True, slots=True)
class Proof:
    """What was tried after the change and what came of it; `holds` is False when it did not work."""

    holds: bool
    method: Method
    what: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Step:
    """One action on one resource within one incident: the pair is its idempotency key.

    `collateral` is how much of the business it breaks, None while nobody has judged it. `account` is where the resource
    lies, for its ARN may not say (a bucket's).

    `calls` are the API calls in words, `breaks` what they break, `undo` the way back in words. `settings` are values
    fixed at plan time so that a second run does the same (a cutoff, a name). `before` is the state found, `after` the
    state as stanch left it: undo restores only while the resource still equals `after`.
    """

    incident: str
    action: str
    resource: str
    playbook: str | None
    state: StepState
    why: str
    phase: Phase = Phase.DATA
    calls: tuple[str, ...] = ()
    breaks: tuple[str, ...] = ()
    undo: str = ""
    settings: State = field(default_factory=dict)
    before: State | None = None
    after: State | None = None
    proof: Proof | None = None
    at: datetime | None = None
    collateral: Collateral | None = None
    account: str | None = None

    @property
    def key(self) -> tuple[str, str, str]:
        """The idempotency key: incident, action, resource."""
        return (self.incident, self.action, self.resource)

    def become(self, state: StepState, at: datetime, **changes: Any) -> "Step":
        """The same step in another state at another time."""
        return replace(self, state=state, at=at, **changes)
