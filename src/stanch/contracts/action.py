"""An action is one reversible change on one resource: a module with these names, one file each."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from stanch.contracts.aws import Aws
from stanch.domain.arn import Arn
from stanch.domain.estate import Perimeter
from stanch.domain.step import Phase, Proof, State, Step


class Refused(Exception):
    """This resource cannot or must not be changed this way; the message names the right other way."""


@dataclass(frozen=True, slots=True)
class Case:
    """What an action may know of the incident: its id, the time, the perimeter, and who answers.

    `now` becomes the cutoff of a revocation; it is fixed at plan time and kept in the step's settings.
    `responder` is the ARN stanch itself acts as: no action may lock it out.
    """

    incident: str
    now: datetime
    perimeter: Perimeter
    responder: str


@dataclass(frozen=True, slots=True)
class Plan:
    """What an action would do: calls and breakage in words, the state found, the values to keep for a second run."""

    before: State
    calls: tuple[str, ...]
    undo: str
    breaks: tuple[str, ...] = ()
    settings: State = field(default_factory=dict)


class Action(Protocol):
    """The names a module in `catalog/actions/<service>/` must hold. Its id is its path."""

    APPLIES_TO: tuple[str, ...]
    """ARN kinds it acts on: `role`, `user`, `bucket`, `instance`."""
    PHASE: Phase
    PERMISSIONS: tuple[str, ...]
    """Every IAM permission its calls need, undo and verification included."""

    def plan(self, aws: Aws, resource: Arn, case: Case) -> Plan:
        """Look, change nothing. Raises Refused, or AwsAbsent when the resource is gone."""

    def read(self, aws: Aws, step: Step) -> State:
        """The part of the resource that this action touches, as it is now; same shape as `Plan.before`."""

    def apply(self, aws: Aws, step: Step) -> None:
        """Make the change. Running it again, or after dying half-way, must end in the same state."""

    def verify(self, aws: Aws, step: Step) -> Proof:
        """Try what must no longer work. AWS's 200 to the change is no proof."""

    def undo(self, aws: Aws, step: Step) -> None:
        """Put `step.before` back. The engine has checked that the resource still is as stanch left it."""
