"""A disk that fills up in the middle ends the run at once, with what was begun on record; the next run completes it."""

import multiprocessing
import os
import resource
from datetime import UTC, datetime
from pathlib import Path

import pytest

from stanch import app
from stanch.contracts.store import StoreError
from stanch.domain.estate import Estate, Perimeter
from stanch.domain.incident import Incident, IncidentState
from stanch.domain.step import StepState
from stanch.engine.contain import Containment, state_after
from stanch.stores.open import Stores, open_stores
from tests.ground import ACTIONS, Ground, changes, no_wait
from tests.playbooks.breaches import BREACHES, incident

FORK = multiprocessing.get_context("fork")
FULL = 7


def contained(ground: Ground, stores: Stores, case: Incident, room: int | None = None) -> list[str]:
    """What changes went out; with `room`, so many bytes are left on the disk once the plan is made."""
    aws, sent = ground.responder(), []
    estate = Estate(perimeter=Perimeter(accounts=(ground.account,)), declared=True)
    desk = Containment(ACTIONS, app.playbooks(), stores.journal, estate, aws, lambda: datetime.now(UTC), no_wait)
    plan = desk.plan(case, users={})
    aws.before_call = lambda name: sent.append(name) if changes(name) else None
    if room is not None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (room, room))
    done = desk.apply(plan)
    assert state_after(done) is IncidentState.CONTAINED, [(step.action, step.why) for step in done]
    return sent


def fills_up(ground: Ground, state: Path, case: Incident, room: int) -> bool:
    """A run in a process of its own whose files cannot grow beyond so many bytes; whether that stopped it."""

    def run() -> None:
        with open_stores(state) as stores:
            try:
                contained(ground, stores, case, room)
            except StoreError as error:
                os._exit(FULL if "disk is full" in str(error) else 1)
        os._exit(0)

    process = FORK.Process(target=run)
    process.start()
    process.join()
    assert process.exitcode in {0, FULL}
    return process.exitcode == FULL


@pytest.mark.parametrize("room", [0, 12_000])
def test_what_was_begun_is_on_record_and_is_completed_when_there_is_room(
    ground: Ground, tmp_path: Path, room: int
) -> None:
    case = incident(ground, "open_bucket", BREACHES["open_bucket"](ground))
    with open_stores(tmp_path):
        pass
    largest = max(path.stat().st_size for path in tmp_path.rglob("*") if path.is_file())
    assert fills_up(ground, tmp_path, case, largest + room), "there was room enough"
    with open_stores(tmp_path) as stores:
        contained(ground, stores, case)
        states = {step.state for step in stores.journal.steps(case.id)}
        assert states <= {StepState.VERIFIED, StepState.SKIPPED}
