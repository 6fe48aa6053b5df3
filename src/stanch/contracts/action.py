"""An action is one reversible change on one resource: a module with these names, one file each."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from stanch.contracts.aws import Aws
from stanch.domain.arn import Arn
from stanch.domain.estate import Perimeter, Response
from stanch.domain.step import Collateral, Phase, Proof, State, Step


class Refused(Exception):
    """This resource cannot or must not be changed this way; the message names the right other way."""


class Needless(Exception):
    """There is nothing here for this action to do (no stranger is trusted, no address is public); the message says so.

    The plan tells it and leaves it out: unlike what is refused, it does not keep an incident open.
    """


class Overtaken(Exception):
    """Somebody changed the resource since the plan was made; nothing was overwritten, a new plan is needed."""


@dataclass(frozen=True, slots=True)
class Case:
    """What an action may know of the incident: its id, the time, the perimeter, and who answers.

    `now` becomes the cutoff of a revocation; it is fixed at plan time and kept in the step's settings.
    `responder` is the ARN stanch itself acts as: no action may lock it out.
    `actors` are the ARNs of the callers that the incident names, strangers included; `since` is when its first event
    happened, None where a person opened it by hand. `response` says where evidence goes. `cut` are those of the actors
    whose own sessions or keys the same plan cuts: denying them once more would only harm their honest siblings.
    """

    incident: str
    now: datetime
    perimeter: Perimeter
    responder: str
    actors: tuple[str, ...] = ()
    since: datetime | None = None
    response: Response = field(default_factory=Response)
    cut: tuple[str, ...] = ()


class Affects(StrEnum):
    """Whose work an action stops, besides the intruder's."""

    NOBODY = "nobody"  # evidence, flags, looking again
    STRANGERS = "strangers"  # only whoever is outside the perimeter, or what the intruder made
    USERS = "users"  # everybody who uses the resource


@dataclass(frozen=True, slots=True)
class Plan:
    """What an action would do: calls and breakage in words, the state found, the values to keep for a second run.

    `resource` is the resource's own ARN where it says more than the one that was asked for: a session's ARN drops the
    path of its role, and `never_touch` may name that path. `policies` are the resource policies (ARN -> text) that the
    step will put in force: the engine tries them on the responder first. `collateral` is what the action knows better
    than who uses the resource: a host that its group replaces at once is no loss.
    """

    before: State
    calls: tuple[str, ...]
    undo: str
    breaks: tuple[str, ...] = ()
    settings: State = field(default_factory=dict)
    resource: str | None = None
    policies: Mapping[str, str] = field(default_factory=dict)
    collateral: Collateral | None = None


Wait = Callable[[float], None]
"""Lets that many seconds pass while AWS becomes consistent; a test passes one that does not."""


@dataclass(frozen=True, slots=True)
class Witness:
    """Something that AWS allowed just before the change and must refuse after it.

    It lives in memory only, for it may hold credentials; `attempt` raises AwsDenied once it is refused.
    """

    what: str
    attempt: Callable[[], None] = field(repr=False)


class Action(Protocol):
    """The names a module in `catalog/actions/<service>/` must hold. Its id is its path."""

    APPLIES_TO: tuple[str, ...]
    """ARN kinds it acts on: `role`, `user`, `bucket`, `instance`."""
    PHASE: Phase
    AFFECTS: Affects
    PERMISSIONS: tuple[str, ...]
    """Every IAM permission its calls need, undo and verification included."""

    def plan(self, aws: Aws, resource: Arn, case: Case) -> Plan:
        """Look, change nothing. Raises Refused, or AwsAbsent when the resource is gone."""

    def read(self, aws: Aws, step: Step) -> State:
        """The part of the resource that this action touches, as it is now; same shape as `Plan.before`."""

    def apply(self, aws: Aws, step: Step, wait: Wait) -> Witness | None:
        """Make the change. Running it again, or after dying half-way, must end in the same state.

        Returns once `read` shows the change, as far as AWS's consistency allows, with a witness where one could be had.
        """

    def verify(self, aws: Aws, step: Step, wait: Wait, witness: Witness | None) -> Proof:
        """Try what must no longer work. AWS's 200 to the change is no proof. No witness after a crash."""

    def undo(self, aws: Aws, step: Step, wait: Wait) -> None:
        """Put `step.before` back; returns once `read` shows it.

        The engine has checked that each part of the resource is as stanch left it, or already as it was before.
        """
