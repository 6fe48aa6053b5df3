"""Where the intruder administers the account, a quarantine is held from above; a plan asks for that by itself."""

from dataclasses import dataclass, replace
from typing import Any

import pytest
from tests.engine.containing import ACCOUNT, ROLE, SISTER, STRANGER, USER, Book, Scene, Shut, finding, incident, scene

from stanch.contracts.action import Plan, Refused
from stanch.domain.arn import Arn
from stanch.domain.estate import Estate, Mode, Perimeter, Principal, Purpose, Response
from stanch.domain.event import Actor
from stanch.domain.step import Collateral, Phase, Step, StepState
from stanch.engine.contain.collateral import Known
from stanch.engine.contain.order import waves
from stanch.engine.decide import decide

FROZEN = f"arn:aws:organizations::{STRANGER}:account/o-1/{ACCOUNT}"
SESSION = Actor(f"arn:aws:sts::{ACCOUNT}:assumed-role/app/i-1")


class Frost(Shut):
    """Freezes an account, whose ARN only Organizations tells; the management account cannot be frozen."""

    def plan(self, aws: Any, resource: Arn, case: Any) -> Plan:
        if resource.name == SISTER:
            raise Refused("no service control policy binds the management account")
        found = aws.resources[FROZEN]
        return Plan(
            dict(found), (f"freeze {resource.name}",), "thaw", resource=FROZEN, collateral=Collateral.HIGH,
            settings={"cutoff": "now"},
        )  # fmt: skip


@dataclass(frozen=True)
class Rights:
    """Who administers the account, by the snapshot."""

    rulers: tuple[str, ...] = ()

    def known(self, names: Any) -> Known:
        return Known(())

    def rules(self, identity: str) -> bool:
        return identity in self.rulers


def frozen(
    *,
    policy: str | None = "freeze",
    playbook: tuple[str, ...] = ("shut",),
    declared: Purpose | None = None,
    rulers: tuple[str, ...] = (),
    **changes: Any,
) -> tuple[Scene, list[Step]]:
    s = scene(ROLE, USER, FROZEN, shut=Shut(), frost=Frost(APPLIES_TO=("account",), PHASE=Phase.FREEZE))
    s.playbooks["book"] = Book(playbook)
    principals = (Principal(ROLE, declared),) if declared else ()
    response = Response(freeze_policy=policy, mode=Mode.ACT, act_confidence=0.5)
    s.estate = Estate(Perimeter(accounts=(ACCOUNT, SISTER)), principals=principals, response=response)
    plan = s.desk().plan(incident(finding(**changes)), around=Rights(rulers))
    return s, plan


def freezing(plan: list[Step]) -> list[str]:
    return [step.resource for step in plan if step.action == "frost"]


def test_a_playbook_that_lists_it_freezes_the_account_of_the_finding_before_all_else() -> None:
    _, plan = frozen(playbook=("shut", "frost"))
    assert [(step.action, step.resource) for step in plan] == [("frost", FROZEN), ("shut", ROLE)]
    assert plan[0].collateral is Collateral.HIGH
    assert plan[0].why == "Weights read by a stranger"


def test_an_administrator_among_the_callers_freezes_his_account_whatever_the_playbook() -> None:
    assert freezing(frozen()[1]) == []
    assert freezing(frozen(declared=Purpose.SERVING)[1]) == []
    assert freezing(frozen(declared=Purpose.ADMIN)[1]) == [FROZEN]
    assert freezing(frozen(rulers=(ROLE,))[1]) == [FROZEN]
    assert freezing(frozen(rulers=(USER,), actor=replace(SESSION, origin=USER))[1]) == [FROZEN]
    (step, _) = frozen(rulers=(ROLE,))[1]
    assert step.why == "role app administers the account"


@pytest.mark.parametrize(
    "unfit",
    [
        {"policy": None},
        {"failed": 1},
        {"account": STRANGER},
        {"account": ""},
        {"account": "../1"},
    ],
    ids=["no policy was placed", "AWS refused all of it", "a stranger's account", "no account", "no account's id"],
)
def test_nothing_is_frozen_where(unfit: dict[str, Any]) -> None:
    assert freezing(frozen(playbook=("frost",), **unfit)[1]) == []


def test_what_cannot_be_frozen_is_told_and_the_rest_goes_on() -> None:
    _, plan = frozen(playbook=("shut", "frost"), account=SISTER)
    told = [(step.action, step.state, step.why) for step in plan]
    assert told[0] == ("frost", StepState.SKIPPED, "no service control policy binds the management account")
    assert told[1][:2] == ("shut", StepState.PLANNED)


def test_a_freeze_that_waits_for_a_person_keeps_nothing_else_waiting() -> None:
    s, plan = frozen(playbook=("shut", "frost"))
    decision = decide(incident(finding()), plan, s.estate, (), s.clock())
    assert [step.action for step in decision.asking] == ["frost"]
    assert decision.why == ("collateral high is above act_when (low)",)
    assert [[step.action for group in wave for step in group] for wave in waves(decision.now)] == [["shut"]]
    (done,) = s.desk().apply(decision.now)
    assert done.state is StepState.VERIFIED


def test_a_freeze_that_is_let_go_is_proven_before_anything_else_begins() -> None:
    s, plan = frozen(playbook=("shut", "frost"))
    s.estate = replace(s.estate, response=replace(s.estate.response, act_collateral=Collateral.HIGH))
    decision = decide(incident(finding()), plan, s.estate, (), s.clock())
    assert not decision.asking
    order: list[str] = []
    done = s.desk().apply(decision.now, lambda step: order.append(f"{step.action} {step.state}"))
    assert [step.state for step in done] == [StepState.VERIFIED] * 2
    assert order.index("frost verified") < order.index("shut planned")
