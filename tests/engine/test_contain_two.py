"""Two stanch on one incident are one responder: what one is still at, the other's steps wait for as for its own."""

import threading
from collections.abc import Callable
from dataclasses import replace

import pytest
from tests.engine.containing import BUCKET, HOST, ROLE, Scene, Shut, incident, scene

from stanch.contracts.store import StoreError
from stanch.domain.incident import IncidentState
from stanch.domain.step import Phase, Step, StepState
from stanch.engine.contain import Containment, state_after
from stanch.engine.contain.apply import PATIENCE_SECONDS

OPEN = {"open": True, "lock": None}
CASE = incident(by_hand=[HOST, ROLE, BUCKET])
SOME = ("isolate", "cut", "close")


@pytest.fixture
def s() -> Scene:
    return scene(
        HOST,
        ROLE,
        BUCKET,
        isolate=Shut(("instance",), Phase.NETWORK),
        block=Shut(("instance",), Phase.NETWORK),
        cut=Shut(("role",), Phase.IDENTITY),
        close=Shut(("bucket",), Phase.DATA),
    )


def desk(s: Scene, wait: Callable[[float], None]) -> Containment:
    return Containment(s.actions, s.playbooks, s.journal, s.estate, s.aws, s.clock, wait)


def planned(s: Scene, *actions: str) -> list[Step]:
    return [step for step in s.desk().plan(CASE) if step.action in actions or not actions]


def by_action(steps: list[Step]) -> dict[str, str]:
    return {step.action: step.state.value for step in steps}


def test_an_identity_waits_until_the_other_has_isolated_the_host(s: Scene) -> None:
    polls: list[float] = []

    def wait(seconds: float) -> None:
        polls.append(seconds)
        assert s.aws.resources[ROLE] == OPEN, "the intruder is warned while his host still runs"
        if len(polls) == 3:  # the other stanch is through
            s.journal.held.remove(HOST)
            s.desk().apply([step for step in planned(s, "isolate") if step.action == "isolate"])

    plan, seen = planned(s, *SOME), list[Step]()
    s.journal.held.add(HOST)
    done = desk(s, wait).apply(plan, seen.append, again=False)
    assert (by_action(done), polls) == ({"isolate": "verified", "cut": "verified", "close": "verified"}, [1, 1, 1])
    assert [row.state.value for row in s.journal.rows if row.action == "isolate"] == ["planned", "applied", "verified"]
    (waiting,) = [step for step in seen if step.why.startswith("waits for it, 120 s at most: ")]
    assert (waiting.action, waiting.state) == ("isolate", StepState.PLANNED)


def test_identities_are_left_alone_while_the_other_does_not_end_and_the_next_run_completes_it(s: Scene) -> None:
    polls: list[float] = []
    plan = planned(s, *SOME)
    s.journal.held.add(HOST)
    done = desk(s, polls.append).apply(plan, again=False)
    assert by_action(done) == {"isolate": "skipped", "cut": "skipped", "close": "verified"}
    (cut,) = [step for step in done if step.action == "cut"]
    assert cut.why == f"left until its host is isolated: {HOST} is held by another stanch"
    assert len(polls) == PATIENCE_SECONDS
    assert {row.action for row in s.journal.rows} == {"close"}, "the other writes the story of what it holds"
    assert (state_after(done), s.aws.resources[ROLE]) == (IncidentState.OPEN, OPEN)
    s.journal.held.clear()
    assert {*by_action(s.desk().apply(planned(s, *SOME), again=False)).values()} == {"verified"}


def test_a_host_is_waited_for_once_however_many_steps_isolate_it(s: Scene) -> None:
    polls: list[float] = []
    plan = planned(s)
    s.journal.held.add(HOST)
    assert by_action(desk(s, polls.append).apply(plan, again=False))["block"] == "skipped"
    assert len(polls) == PATIENCE_SECONDS


def test_the_same_desk_goes_on_when_the_other_has_let_go(s: Scene) -> None:
    both, plan = desk(s, lambda _: None), planned(s, *SOME)
    s.journal.held.add(HOST)
    both.apply(plan, again=False)
    s.journal.held.clear()
    assert {*by_action(both.apply(planned(s, *SOME), again=False)).values()} == {"verified"}


def test_another_incidents_identities_do_not_wait_for_it(s: Scene) -> None:
    one = desk(s, lambda _: None)
    plan, other = planned(s, "isolate"), replace(CASE, id="inc-2", by_hand=(ROLE,))
    s.journal.held.add(HOST)
    one.apply(plan, again=False)
    assert by_action(one.apply(one.plan(other), again=False)) == {"cut": "verified"}


def test_who_only_waits_ends_at_once_when_the_journal_cannot_be_written(s: Scene) -> None:
    polls, full = list[float](), threading.Event()

    def write(step: Step) -> None:
        full.set()
        raise StoreError("the disk is full")

    def wait(seconds: float) -> None:
        polls.append(seconds)
        full.wait(5)
        threading.Event().wait(0.01)  # for the other thread to say so

    plan = planned(s)
    s.journal.on_write = write
    s.journal.held.add(HOST)
    with pytest.raises(StoreError, match="disk is full"):
        desk(s, wait).apply(plan)
    assert len(polls) < PATIENCE_SECONDS


def test_what_the_other_is_trying_again_is_no_failure(s: Scene) -> None:
    first = s.desk()
    (cut,) = first.apply(planned(s, "cut"), again=False)

    def wait(_: float) -> None:  # the other tries it again meanwhile, and lets go
        if ROLE in s.journal.held:
            s.journal.held.remove(ROLE)
            s.desk().once_more("inc-1")

    s.journal.held.add(ROLE)
    (again,) = desk(s, wait).apply([cut])
    assert (again.state, len(again.proof.what) if again.proof else 0) == (StepState.VERIFIED, 2)
    assert [row.state.value for row in s.journal.rows] == ["planned", "applied", "verified", "verified"]


def test_what_was_undone_while_it_was_waited_for_is_not_called_proven(s: Scene) -> None:
    (cut,) = s.desk().apply(planned(s, "cut"), again=False)

    def wait(_: float) -> None:
        if ROLE in s.journal.held:
            s.journal.held.remove(ROLE)
            s.desk().undo("inc-1")

    s.journal.held.add(ROLE)
    (now,) = desk(s, wait).apply([cut])
    assert now.state is StepState.UNDONE
