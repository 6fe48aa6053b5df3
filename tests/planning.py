"""The engine plans a step before an action carries it out; a test of an action does so by hand."""

from collections.abc import Mapping
from pathlib import Path
from typing import Protocol

from stanch.catalog import actions
from stanch.contracts.action import Action, Case, Plan
from stanch.contracts.aws import Aws
from stanch.domain.arn import Arn
from stanch.domain.step import Step, StepState
from stanch.engine.contain.compare import plain
from stanch.engine.shelf import implementing, walk
from tests.listening import Listening

_SHELF = walk(Path(str(actions.__file__)).parent, (".py",), actions.__name__)
ACTIONS: Mapping[str, Action] = {unit.id: implementing(unit, Action) for unit in _SHELF}


def no_wait(_: float) -> None:
    """The range is consistent at once."""


class Grounds(Protocol):
    """What an action is tried on: the range, or an account in memory."""

    def responder(self) -> Listening: ...

    def planned(self, action: str, resource: str, aws: Aws | None = None, case: Case | None = None) -> Step: ...


def planned(action: str, resource: str, aws: Aws, case: Case) -> Step:
    """The step that the engine would carry out."""
    plan: Plan = ACTIONS[action].plan(aws, Arn.parse(resource), case)
    return Step(
        incident=case.incident,
        action=action,
        resource=plan.resource or resource,
        playbook=None,
        state=StepState.PLANNED,
        why="a test",
        phase=ACTIONS[action].PHASE,
        calls=plan.calls,
        breaks=plan.breaks,
        undo=plan.undo,
        settings=plain(plan.settings),
        before=plain(plan.before),
    )
