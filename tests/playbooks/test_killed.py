"""Every playbook, killed at every point of it, ends as one that was not: nothing doubled, nothing lost.

A point is before each call that changes something and after each row of the journal. The gate tries some points of each
playbook; `make kill-matrix` (STANCH_KILL_AT=all) tries every one.
"""

import itertools
import multiprocessing
import os
import random
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from stanch import app
from stanch.domain.estate import Estate, Perimeter
from stanch.domain.incident import Incident, IncidentState
from stanch.domain.step import Step, StepState
from stanch.engine.contain import Containment, state_after
from stanch.stores.open import open_stores
from tests.ground import ACTIONS, Ground, changes, no_wait
from tests.playbooks.breaches import BREACHES, incident

FORK = multiprocessing.get_context("fork")
KILLED = 9
TRIED = 2
"""Points of each playbook that the gate tries."""


def contained(
    ground: Ground, state: Path, case: Incident, at_point: Callable[[], None] = lambda: None, *, undo: bool = False
) -> list[Step]:
    """One run as a fresh process would make it."""
    aws = ground.responder()
    estate = Estate(perimeter=Perimeter(accounts=(ground.account,)), declared=True)
    with open_stores(state) as stores:
        clock: Callable[[], datetime] = lambda: datetime.now(UTC)  # noqa: E731
        desk = Containment(ACTIONS, app.playbooks(), stores.journal, estate, aws, clock, no_wait)
        plan = [] if undo else desk.plan(case, users={})
        aws.before_call = lambda name: at_point() if changes(name) else None
        return desk.undo(case.id, lambda _: at_point()) if undo else desk.apply(plan, lambda _: at_point())


def dies(ground: Ground, state: Path, case: Incident, point: int, *, undo: bool = False) -> bool:
    """Run in a process of its own that ends at this point; whether it did."""

    def run() -> None:
        count = itertools.count()

        def die() -> None:
            if next(count) == point:
                os._exit(KILLED)

        contained(ground, state, case, die, undo=undo)
        os._exit(0)

    process = FORK.Process(target=run)
    process.start()
    process.join()
    assert process.exitcode in {0, KILLED}
    return process.exitcode == KILLED


@pytest.mark.parametrize("seed", [11, 44, 88])
def test_ends_the_same_when_it_is_killed_at_any_time(ground: Ground, tmp_path: Path, seed: int) -> None:
    playbook = "stolen_instance_credentials"
    case = incident(ground, playbook, BREACHES[playbook](ground), f"inc-sigkill-{seed}")
    process = FORK.Process(target=contained, args=(ground, tmp_path, case))
    process.start()
    process.join(random.Random(seed).uniform(0.2, 3.0))  # noqa: S311  # any moment will do
    process.kill()
    process.join()
    assert process.exitcode in {0, -KILLED}
    done = dict(ended(ground, tmp_path, case))
    assert done["ec2/isolate_instance"] == done["iam/revoke_sessions"] == "verified"
    assert {step.state for step in contained(ground, tmp_path, case, undo=True)} == {StepState.UNDONE}


def points(ground: Ground, state: Path, playbook: str) -> list[int]:
    """The points to be tried: all, or some that are spread over the whole run."""
    count = itertools.count()
    made = incident(ground, playbook, BREACHES[playbook](ground), "inc-count")

    def counted() -> None:
        next(count)

    contained(ground, state, made, counted)
    last = next(count)
    if os.environ.get("STANCH_KILL_AT") == "all":
        return list(range(last))
    first = sorted(BREACHES).index(playbook)  # another offset for each, so that together they try different moments
    return sorted({(first + index * last // TRIED) % last for index in range(TRIED)})


@pytest.mark.parametrize("playbook", BREACHES)
def test_ends_the_same_wherever_it_is_killed(ground: Ground, tmp_path: Path, playbook: str) -> None:
    whole = ended(ground, tmp_path / "whole", incident(ground, playbook, BREACHES[playbook](ground), "inc-whole"))
    for point in points(ground, tmp_path / "count", playbook):
        state = tmp_path / str(point)
        case = incident(ground, playbook, BREACHES[playbook](ground), f"inc-{point}")
        assert dies(ground, state, case, point), f"it has no point {point}"
        assert ended(ground, state, case) == whole, f"killed at point {point}"
        assert dies(ground, state, case, point % 7, undo=True) in {True, False}
        undone = contained(ground, state, case, undo=True)
        left = [f"{step.action}: {step.why}" for step in undone if step.state is not StepState.UNDONE]
        assert not left, f"killed at point {point}, undone, killed, undone: {left}"


def ended(ground: Ground, state: Path, case: Incident) -> list[tuple[str, str]]:
    """What a run to its end comes to: each action with its state; the journal holds each step once."""
    done = contained(ground, state, case)
    assert state_after(done) is IncidentState.CONTAINED, [(step.action, step.why) for step in done]
    with open_stores(state) as stores:
        rows = len(stores.journal.history(case.id))
        assert len({step.key for step in done}) == len(done)
    again = contained(ground, state, case)
    with open_stores(state) as stores:
        assert len(stores.journal.history(case.id)) == rows, "a run after the end changes nothing"
    assert [step.state for step in again] == [step.state for step in done]
    return [(step.action, step.state.value) for step in done]
