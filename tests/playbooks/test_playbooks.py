"""Every playbook contains a breach of its kind whole, proves it, and leads back to the account as it was."""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from stanch import app
from stanch.domain.estate import Estate, Perimeter
from stanch.domain.incident import Incident, IncidentState
from stanch.domain.step import Step, StepState
from stanch.engine.contain import Containment, state_after
from stanch.engine.decide import plan_hash
from stanch.stores.open import Stores, open_stores
from tests.ground import ACTIONS, Ground, no_wait
from tests.playbooks.breaches import BREACHES, incident


def desk(ground: Ground, stores: Stores, later: timedelta = timedelta()) -> Containment:
    estate = Estate(perimeter=Perimeter(accounts=(ground.account,)), declared=True)
    aws = ground.responder()
    clock: Callable[[], datetime] = lambda: datetime.now(UTC) + later  # noqa: E731
    return Containment(ACTIONS, app.playbooks(), stores.journal, estate, aws, clock, no_wait)


def states(steps: Sequence[Step]) -> list[tuple[str, str, str]]:
    return [(step.action, step.resource, step.state.value) for step in steps]


def test_every_playbook_has_its_breach() -> None:
    assert {*BREACHES, "leaked_inference_key"} == {*app.playbooks()}


@pytest.mark.parametrize("playbook", BREACHES)
def test_contains_proves_and_leads_back(ground: Ground, tmp_path: Path, playbook: str) -> None:
    case: Incident = incident(ground, playbook, BREACHES[playbook](ground))
    with open_stores(tmp_path) as stores:
        work = desk(ground, stores)
        plan = work.plan(case, users={})
        assert any(step.state is StepState.PLANNED for step in plan)
        looked_at_later = desk(ground, stores, timedelta(hours=1)).plan(case, users={})
        assert plan_hash(looked_at_later) == plan_hash(plan), "a yes is to what is done, not to the moment of looking"
        done = work.apply(plan)
        told = "\n".join(f"{step.state.value} {step.action} {step.resource}: {step.why}" for step in done)
        assert {step.state for step in done} <= {StepState.VERIFIED, StepState.SKIPPED}, told
        assert state_after(done) is IncidentState.CONTAINED, told
        rows = len(stores.journal.history(case.id))
        assert states(work.apply(work.plan(case, users={}))) == states(done)
        assert len(stores.journal.history(case.id)) == rows, "a run after the end changes nothing"
        undone = work.undo(case.id)
        assert {step.state for step in undone} == {StepState.UNDONE}, [(s.action, s.why) for s in undone]
        again = {step.key: step.before or {} for step in work.plan(case, users={})}
        before = {step.key: step.before or {} for step in plan}
        assert again == before, "the account is as it was"
