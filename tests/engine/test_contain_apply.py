"""Whatever happens on the way, a step ends in a state that is true, and another run ends where one would have."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from tests.engine.containing import (
    ACCOUNT,
    BUCKET,
    DENIED,
    NOON,
    ROLE,
    SISTER,
    STRANGER,
    USER,
    Book,
    Scene,
    Shut,
    failing,
    finding,
    incident,
    scene,
)

from stanch.contracts.action import Needless
from stanch.contracts.aws import AwsDenied
from stanch.contracts.store import StoreError
from stanch.domain.estate import Response
from stanch.domain.incident import IncidentState
from stanch.domain.step import Phase, Step, StepState
from stanch.engine.contain import state_after
from stanch.engine.contain.accept import accepted

OPEN = {"open": True, "lock": None}


class Killed(BaseException):
    """The process ends here."""


def applied(s: Scene, *resources: str) -> list[Step]:
    desk = s.desk()
    return desk.apply(desk.plan(incident(by_hand=resources or [ROLE])))


def states(steps: list[Step]) -> list[str]:
    return [step.state.value for step in steps]


def test_journals_what_was_there_before_the_call_goes_out() -> None:
    written: list[Any] = []
    s = scene(ROLE)
    s.journal.on_write = lambda step: written.append((step.state.value, dict(s.aws.resources[ROLE])))
    (step,) = applied(s)
    closed = {"open": False, "lock": step.settings["cutoff"]}
    assert written == [("planned", OPEN), ("applied", closed), ("verified", closed), ("verified", closed)]
    assert [row.before for row in s.journal.rows] == [OPEN] * 4
    assert (step.after, step.proof and step.proof.holds) == (closed, True)


def test_shows_each_state_as_it_is_reached() -> None:
    s, seen = scene(ROLE), []
    desk = s.desk()
    desk.apply(desk.plan(incident(by_hand=[ROLE])), lambda step: seen.append(step.state.value))
    assert seen == ["planned", "applied", "verified"]


def test_makes_no_call_when_the_journal_cannot_be_written() -> None:
    s = scene(ROLE, USER)

    def full(_: Step) -> None:
        raise StoreError("the disk is full")

    s.journal.on_write = full
    with pytest.raises(StoreError):
        applied(s, ROLE, USER)
    assert s.aws.resources[ROLE] == OPEN


@pytest.mark.parametrize("verb", ["apply", "verify"])
@pytest.mark.parametrize("error", [DENIED, RuntimeError("oops")], ids=["aws", "defect"])
def test_goes_on_with_the_others_when_one_step_fails(verb: str, error: Exception) -> None:
    s = scene(ROLE, bad=Shut(does=failing(verb, error)), good=Shut())
    s.aws.resources[USER] = dict(OPEN)
    s.actions = {"bad": Shut(("role",), does=failing(verb, error)), "good": Shut(("user",))}
    bad, good = applied(s, ROLE, USER)
    assert (bad.state, good.state) == (StepState.FAILED, StepState.VERIFIED)
    assert "oops" in bad.why or "LimitExceeded" in bad.why
    assert s.journal.steps("inc-1")[0] == bad


def test_calls_nothing_contained_that_did_not_hold() -> None:
    def reopened(verb: str, step: Step | None) -> None:
        if verb == "verify" and step:
            s.aws.resources[step.resource]["open"] = True

    s = scene(ROLE)
    s.actions = {"shut": Shut(does=reopened)}
    (step,) = applied(s)
    assert (step.state, step.why) == (StepState.FAILED, "applied, but it did not hold: open: True")


def test_does_it_anew_with_fresh_values_when_it_did_not_hold() -> None:
    s = scene(ROLE)
    shut = Shut(does=lambda verb, step: s.aws.resources[ROLE].update(open=True) if verb == "verify" else None)
    s.actions = {"shut": shut}
    (failed,) = applied(s)
    shut.does = lambda _verb, _step: None
    s.minutes = 90
    (step,) = applied(s)
    assert step.state is StepState.VERIFIED
    assert step.settings["cutoff"] != failed.settings["cutoff"], "sessions opened since must be cut too"
    assert step.before == OPEN, "undo must lead back to what was there at first"


def test_takes_a_cutoff_of_now_when_an_earlier_run_changed_nothing() -> None:
    s = scene(ROLE)
    shut = Shut()
    s.actions = {"shut": shut}
    s.journal.on_write = lambda step: (_ for _ in ()).throw(Killed) if step.state is StepState.APPLIED else None
    with pytest.raises(Killed):
        applied(s)
    s.aws.resources[ROLE] = dict(OPEN)  # somebody put it back by hand
    s.journal.on_write = lambda _: None
    s.minutes = 90
    (step,) = applied(s)
    assert step.settings["cutoff"] == s.clock().isoformat()


@pytest.mark.parametrize("dies_at", ["planned", "half", "applied", "verify", "verified"])
def test_ends_the_same_wherever_it_was_killed(dies_at: str) -> None:
    def die_half(verb: str, _: Step | None) -> None:
        if (verb, dies_at) in {("apply", "half"), ("verify", "verify")}:
            raise Killed

    def die_writing(step: Step) -> None:
        if step.state.value == dies_at:
            raise Killed

    s = scene(ROLE, USER)
    s.actions = {"shut": Shut(does=die_half)}
    s.journal.on_write = die_writing
    with pytest.raises(Killed):
        applied(s, ROLE, USER)
    s.actions = {"shut": Shut()}
    s.journal.on_write = lambda _: None
    assert states(applied(s, ROLE, USER)) == ["verified", "verified"]
    assert [s.aws.resources[arn]["open"] for arn in (ROLE, USER)] == [False, False]
    assert states(s.desk().undo("inc-1")) == ["undone", "undone"]
    assert s.aws.resources == {ROLE: OPEN, USER: OPEN}


def test_keeps_the_first_cutoff_when_it_resumes_half_way() -> None:
    s = scene(ROLE)
    s.actions = {"shut": Shut(does=failing("apply", DENIED))}
    (half,) = applied(s)
    assert half.state is StepState.FAILED
    s.actions = {"shut": Shut()}
    s.minutes = 5
    (step,) = applied(s)
    assert (step.settings, step.before) == (half.settings, OPEN)


def test_does_not_touch_again_what_is_verified() -> None:
    s = scene(ROLE)
    (first,) = applied(s)
    rows = len(s.journal.rows)
    s.actions = {"shut": Shut(does=failing("apply", AssertionError()))}
    (again,) = applied(s)
    assert again == first
    assert len(s.journal.rows) == rows


def test_only_verifies_what_was_applied() -> None:
    s = scene(ROLE)
    s.actions = {"shut": Shut(does=failing("verify", DENIED))}
    applied(s)
    s.journal.rows.pop()  # as if it had been killed before the failure was written
    s.actions = {"shut": Shut(does=failing("apply", AssertionError()))}
    assert states(applied(s)) == ["verified"]


def test_does_not_act_on_a_plan_that_is_no_longer_true() -> None:
    s = scene(ROLE)
    desk = s.desk()
    steps = desk.plan(incident(by_hand=[ROLE]))
    s.aws.resources[ROLE]["lock"] = "another's"
    (step,) = desk.apply(steps)
    assert step.state is StepState.FAILED
    assert step.why == 'it changed since the plan was shown, look at the plan again: lock: was null, is "another\'s"'
    assert s.aws.resources[ROLE]["open"] is True
    (step,) = applied(s)
    assert step.state is StepState.VERIFIED
    assert step.before == {"open": True, "lock": "another's"}


def test_leaves_a_resource_to_whoever_holds_it() -> None:
    s = scene(ROLE, USER)
    s.journal.held.add(ROLE)
    steps = applied(s, ROLE, USER)
    assert states(steps) == ["skipped", "verified"]
    assert {row.resource for row in s.journal.rows} == {USER}


def test_obeys_a_never_touch_that_came_after_the_plan() -> None:
    s = scene(ROLE)
    steps = s.desk().plan(incident(by_hand=[ROLE]))
    s.protect(ROLE)
    assert states(s.desk().apply(steps)) == ["skipped"]
    assert s.aws.resources[ROLE] == OPEN


def test_does_not_forget_what_it_began_when_it_may_not_go_on() -> None:
    s = scene(ROLE)
    s.actions = {"shut": Shut(does=failing("apply", DENIED))}
    applied(s)
    s.protect(ROLE)
    (step,) = applied(s)
    assert (step.state, step.before) == (StepState.FAILED, OPEN)
    assert "never_touch" in step.why


def test_writes_once_why_something_was_not_done() -> None:
    s = scene(ROLE)
    s.protect(ROLE)
    applied(s)
    applied(s)
    assert [(row.state.value, row.why) for row in s.journal.rows] == [("skipped", f"never_touch protects it ({ROLE})")]


def test_plans_anew_what_was_undone() -> None:
    s = scene(ROLE)
    applied(s)
    s.desk().undo("inc-1")
    s.minutes = 10
    (step,) = applied(s)
    assert step.state is StepState.VERIFIED
    assert step.settings["cutoff"] == s.clock().isoformat()


def test_is_contained_only_when_everything_of_ours_was_verified() -> None:
    s = scene(ROLE, USER)
    assert state_after(applied(s, ROLE, USER)) is IncidentState.CONTAINED
    assert state_after([]) is IncidentState.OPEN
    assert state_after(s.desk().undo("inc-1")) is IncidentState.OPEN
    s.protect(USER)
    assert state_after(applied(s, ROLE, USER)) is IncidentState.OPEN


def test_is_contained_although_strangers_were_left_alone_in_their_own_account() -> None:
    s = scene(ROLE)
    s.playbooks = {"book": Book(("shut",))}
    thief = finding()
    thief = replace(thief, actor=replace(thief.actor, origin=ROLE.replace(ACCOUNT, STRANGER)))
    desk = s.desk()
    steps = desk.apply(desk.plan(incident(thief)))
    assert sorted(states(steps)) == ["skipped", "verified"]
    assert state_after(steps) is IncidentState.CONTAINED


def test_acts_on_a_bucket_though_its_arn_names_no_account() -> None:
    assert states(applied(scene(BUCKET), BUCKET)) == ["verified"]


def test_contains_again_what_somebody_has_opened_since_and_undoes_to_what_was_there_at_first() -> None:
    s = scene(ROLE)
    desk = s.desk()
    desk.apply(desk.plan(incident(by_hand=[ROLE])))
    (stands,) = desk.plan(incident(by_hand=[ROLE]))
    assert stands.state is StepState.VERIFIED
    s.aws.resources[ROLE]["open"] = True
    s.minutes += 1
    (again,) = desk.plan(incident(by_hand=[ROLE]))
    assert again.state is StepState.PLANNED
    assert "changed since" in again.why
    (done,) = desk.apply([again])
    assert done.state is StepState.VERIFIED
    assert s.aws.resources[ROLE]["open"] is False
    desk.undo("inc-1")
    assert s.aws.resources[ROLE] == {"open": True, "lock": None}


def test_contains_again_when_the_actor_was_at_work_after_the_proof() -> None:
    s = scene(ROLE)
    desk = s.desk()
    desk.apply(desk.plan(incident(by_hand=[ROLE])))
    since = replace(incident(), last_seen=s.clock() + timedelta(minutes=5))
    s.minutes += 10
    (again,) = desk.plan(replace(since, by_hand=(ROLE,)))
    assert again.state is StepState.PLANNED


def test_tries_an_identity_again_after_the_window_in_which_iam_may_forget() -> None:
    s, said = scene(ROLE), []
    desk = s.desk()
    (step,) = desk.apply(desk.plan(incident(by_hand=[ROLE])), lambda step: said.append(step.state.value))
    assert s.waited == [10.0]
    assert step.proof is not None
    assert step.proof.what[-1] == "tried again 10 s later or more"
    assert said == ["planned", "applied", "verified"], "what still stands is not told twice"


def test_is_not_verified_when_somebody_puts_it_back_within_the_window() -> None:
    s = scene(ROLE)
    desk = s.desk()
    plan = desk.plan(incident(by_hand=[ROLE]))
    looks = iter(range(9))
    put_back = Shut(
        does=lambda verb, _: s.aws.resources[ROLE].update(open=next(looks) > 0) if verb == "verify" else None
    )
    s.actions["shut"] = put_back
    (step,) = s.desk().apply(plan)
    assert step.state is StepState.FAILED
    assert step.why.startswith("it held at first, then no more")
    assert s.journal.steps("inc-1")[0].state is StepState.FAILED


def test_a_run_stopped_within_the_window_is_tried_again_by_the_next() -> None:
    s = scene(ROLE)
    desk = s.desk()
    desk.apply(desk.plan(incident(by_hand=[ROLE])), again=False)
    (step,) = applied(s)
    assert step.proof is not None
    assert step.proof.what[-1] == "tried again 10 s later or more"
    rows = len(s.journal.rows)
    applied(s)
    assert len(s.journal.rows) == rows, "once is enough"


def test_another_process_may_try_again_later() -> None:
    s = scene(ROLE)
    desk = s.desk()
    desk.apply(desk.plan(incident(by_hand=[ROLE])), again=False)
    assert s.waited == []
    (step,) = s.desk().once_more("inc-1")
    assert step.proof is not None
    assert step.proof.what[-1] == "tried again 10 s later or more"
    s.aws.resources[ROLE]["open"] = True
    assert [step.state for step in s.desk().once_more("inc-1")] == [StepState.FAILED]


def test_waits_for_no_window_where_no_identity_was_changed() -> None:
    s = scene(BUCKET, shut=Shut(PHASE=Phase.DATA))
    desk = s.desk()
    desk.apply(desk.plan(incident(by_hand=[BUCKET])))
    assert s.waited == []


def test_what_had_nothing_to_do_leaves_nothing_open() -> None:
    s = scene(ROLE, USER)
    s.actions["other"] = Shut(does=failing("plan", Needless("nobody outside is trusted")))
    desk = s.desk()
    done = desk.apply(desk.plan(incident(by_hand=[ROLE])))
    assert states(done) == ["skipped", "verified"]
    assert done[0].why == "nothing to do: nobody outside is trusted"
    assert state_after(done) is IncidentState.CONTAINED


def test_a_person_may_answer_for_what_did_not_hold_and_it_can_still_be_undone() -> None:
    s = scene(ROLE)
    s.actions["shut"] = Shut(does=failing("verify", DENIED))
    (failed,) = applied(s)
    s.journal.write(accepted(failed, "alice", "looked at it by hand", s.clock()))
    (kept,) = s.desk().plan(incident(by_hand=[ROLE]))
    assert (kept.state, state_after([kept])) == (StepState.SKIPPED, IncidentState.OPEN), "nothing at all was verified"
    assert kept.why.startswith("accepted by alice: looked at it by hand (it was failed: could not be verified")
    assert state_after([kept, replace(kept, state=StepState.VERIFIED, settings={})]) is IncidentState.CONTAINED
    (undone,) = s.desk().undo("inc-1")
    assert (undone.state, s.aws.resources[ROLE]) == (StepState.UNDONE, OPEN)
    assert s.desk().plan(incident(by_hand=[ROLE]))[0].state is StepState.PLANNED


def test_a_look_that_fails_forgets_nothing_of_what_was_done() -> None:
    s = scene(ROLE)
    (first,) = applied(s)
    blind = Shut(does=failing("plan", DENIED))
    blind.read = lambda aws, step: (_ for _ in ()).throw(DENIED)  # type: ignore[method-assign]
    s.actions = {"shut": blind}
    s.minutes = 5
    (lost,) = applied(s)
    assert (lost.state, lost.settings, lost.before, lost.after) == (StepState.FAILED, first.settings, OPEN, first.after)
    s.actions = {"shut": Shut()}
    s.minutes = 90
    (again,) = applied(s)
    assert (again.state, again.before) == (StepState.VERIFIED, OPEN)
    assert again.settings["cutoff"] == s.clock().isoformat(), "what was opened while nobody could look is cut too"
    assert states(s.desk().undo("inc-1")) == ["undone"]
    assert s.aws.resources[ROLE] == OPEN


def test_what_may_no_longer_be_touched_can_still_be_undone() -> None:
    s = scene(ROLE)
    applied(s)
    s.aws.resources[ROLE]["open"] = True
    s.minutes = 1
    s.protect(ROLE)
    (left,) = applied(s)
    assert (left.state, left.before) == (StepState.FAILED, OPEN)
    assert states(s.desk().undo("inc-1")) == ["undone"]


def test_a_plan_overtaken_twice_leads_back_to_what_was_there_last() -> None:
    s = scene(ROLE)
    for owner in ("first", "second"):
        desk = s.desk()
        plan = desk.plan(incident(by_hand=[ROLE]))
        s.aws.resources[ROLE]["lock"] = owner
        assert states(desk.apply(plan)) == ["failed"]
    s.aws.resources[ROLE]["lock"] = "third"
    assert states(applied(s)) == ["verified"]
    s.desk().undo("inc-1")
    assert s.aws.resources[ROLE]["lock"] == "third"


def test_does_only_what_the_plan_has_shown() -> None:
    s = scene(ROLE)
    desk = s.desk()
    (shown,) = desk.plan(incident(by_hand=[ROLE]))
    (step,) = desk.apply([replace(shown, calls=(*shown.calls, "and one caller fewer"))])
    assert (step.state, step.before) == (StepState.FAILED, None)
    assert step.why.startswith("what would be done has changed since the plan was shown")
    assert s.aws.resources[ROLE] == OPEN


def test_goes_on_here_when_the_door_to_another_account_is_shut() -> None:
    far = ROLE.replace(ACCOUNT, SISTER)
    s = scene(ROLE, far)
    s.estate = replace(s.estate, response=Response(member_role="member"))
    s.actions = {"shut": Shut(does=failing("verify", DENIED))}
    applied(s, far)
    s.journal.rows.pop()  # killed before the failure was written: it is applied, and to be proven
    s.actions = {"shut": Shut()}

    def refused(role: str, session: str) -> Any:
        raise AwsDenied("sts:AssumeRole", "AccessDenied", role)

    s.aws.assuming = refused  # type: ignore[method-assign]
    desk = s.desk()
    done = desk.apply(desk.plan(incident(by_hand=[far, ROLE])))
    assert sorted((step.resource, step.state.value) for step in done) == [(ROLE, "verified"), (far, "failed")]


def test_a_listener_that_fails_stops_nothing_and_is_heard_at_the_end() -> None:
    s = scene(ROLE, USER)

    def broken(_: Step) -> None:
        raise BrokenPipeError

    desk = s.desk()
    with pytest.raises(BrokenPipeError):
        desk.apply(desk.plan(incident(by_hand=[ROLE, USER])), broken)
    assert states(s.journal.steps("inc-1")) == ["verified", "verified"]


def test_what_a_person_answered_for_is_open_again_once_it_is_undone() -> None:
    s = scene(ROLE, USER)
    s.actions = {"shut": Shut(("user",)), "bad": Shut(("role",), does=failing("verify", DENIED))}
    done = applied(s, ROLE, USER)
    failed = next(step for step in done if step.state is StepState.FAILED)
    s.journal.write(accepted(failed, "alice", "looked at it", s.clock()))
    assert state_after(s.journal.steps("inc-1")) is IncidentState.CONTAINED
    assert states(s.desk().undo("inc-1", chosen=lambda step: step.resource == ROLE)) == ["undone"]
    assert state_after(s.journal.steps("inc-1")) is IncidentState.OPEN


def test_what_is_proven_needs_nobodys_word() -> None:
    (step,) = applied(scene(ROLE))
    with pytest.raises(ValueError, match="nothing to accept"):
        accepted(step, "alice", "why", NOON)
