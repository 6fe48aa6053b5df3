"""Where whoever did it may change identities, the account's freeze stands first in the plan and holds nothing up."""

from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from stanch import app
from stanch.catalog.actions.organizations.freeze_account_test import placed
from stanch.contracts.aws import AwsError
from stanch.domain.estate import Estate, Mode, Perimeter, Principal, Purpose, Response
from stanch.domain.incident import Incident, IncidentState
from stanch.domain.step import Collateral, Step, StepState
from stanch.engine.contain import Containment, state_after
from stanch.engine.decide import decide
from stanch.stores.open import Stores, open_stores
from tests.ground import ACTIONS, Ground, no_wait
from tests.playbooks.breaches import BREACHES, incident

FREEZE = "organizations/freeze_account"


@pytest.fixture(scope="module")
def member(ground: Ground) -> str:
    """A member account of an organisation that the range's account manages; its id."""
    with suppress(AwsError):  # another test of this range may have made it
        ground.admin.call("organizations", "CreateOrganization", FeatureSet="ALL")
    made = ground.admin.call("organizations", "CreateAccount", AccountName="lab", Email="lab@example.com")
    return str(made["CreateAccountStatus"]["AccountId"])


def estate(ground: Ground, *accounts: str, **response: Any) -> Estate:
    bounds = Response(mode=Mode.ACT, freeze_policy=placed(ground), act_collateral=Collateral.MEDIUM)
    perimeter = Perimeter(accounts=(ground.account, *accounts))
    return Estate(perimeter, response=replace(bounds, **response), declared=True)


def desk(ground: Ground, stores: Stores, ours: Estate) -> Containment:
    clock = lambda: datetime.now(UTC)  # noqa: E731
    return Containment(ACTIONS, app.playbooks(), stores.journal, ours, ground.responder(), clock, no_wait)


def seen_in(case: Incident, account: str) -> Incident:
    return replace(case, findings=tuple(replace(finding, account=account) for finding in case.findings))


def frozen(plan: list[Step]) -> list[Step]:
    return [step for step in plan if step.action == FREEZE]


@pytest.mark.parametrize("playbook", ["administrator_made", "backdoored_role", "log_tampering"])
def test_the_freeze_waits_for_a_person_and_the_rest_is_contained_meanwhile(
    ground: Ground, member: str, tmp_path: Path, playbook: str
) -> None:
    case = seen_in(incident(ground, playbook, BREACHES[playbook](ground)), member)
    ours = estate(ground, member)
    with open_stores(tmp_path) as stores:
        work = desk(ground, stores, ours)
        plan = work.plan(case, users={})
        (freeze,) = frozen(plan)
        assert plan[0] == freeze
        assert (freeze.state, freeze.collateral) == (StepState.PLANNED, Collateral.HIGH)
        assert freeze.resource.endswith(f"/{member}")
        decision = decide(case, plan, ours, (), datetime.now(UTC))
        assert [step.action for step in decision.asking] == [FREEZE]
        done = work.apply(decision.now)
        assert {step.state for step in done} <= {StepState.VERIFIED, StepState.SKIPPED}
        assert state_after([*done, freeze]) is IncidentState.OPEN, "what waits is not contained yet"
        (answered,) = frozen(work.apply(work.plan(case, users={})))
        assert answered.state is StepState.VERIFIED
        listed = ground.admin.pages(
            "organizations", "ListTargetsForPolicy", "Targets", PolicyId=freeze.settings["policy"]
        )
        assert [target["TargetId"] for target in listed] == [member]
        work.undo(case.id)
        assert not ground.admin.pages(
            "organizations", "ListTargetsForPolicy", "Targets", PolicyId=freeze.settings["policy"]
        )


def test_the_management_account_is_refused_with_the_other_way_and_the_rest_is_planned(
    ground: Ground, member: str, tmp_path: Path
) -> None:
    case = incident(ground, "backdoored_role", BREACHES["backdoored_role"](ground))
    with open_stores(tmp_path) as stores:
        plan = desk(ground, stores, estate(ground)).plan(case, users={})
    (freeze,) = frozen(plan)
    assert freeze.state is StepState.SKIPPED
    assert "no service control policy binds: contain its roles and users one by one" in freeze.why
    assert any(step.state is StepState.PLANNED for step in plan)


def test_a_declared_administrator_whose_session_was_stolen_freezes_his_account(
    ground: Ground, member: str, tmp_path: Path
) -> None:
    case = incident(ground, "stolen_role_session", BREACHES["stolen_role_session"](ground))
    ruler = Principal(case.findings[0].actor.arn, Purpose.ADMIN)
    with open_stores(tmp_path) as stores:
        ours = estate(ground)
        assert frozen(desk(ground, stores, ours).plan(case, users={})) == []
        (freeze,) = frozen(desk(ground, stores, replace(ours, principals=(ruler,))).plan(case, users={}))
        assert "administers the account" not in freeze.why, "the action's own refusal: it is the management account"
        unset = estate(ground, freeze_policy=None)
        assert frozen(desk(ground, stores, replace(unset, principals=(ruler,))).plan(case, users={})) == []
