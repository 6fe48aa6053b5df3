"""Undo puts back what stanch changed and nothing that somebody else did."""

import json

import pytest
from tests.engine.containing import DENIED, ROLE, SISTER, USER, FakeAws, Scene, Shut, failing, incident, scene

from stanch.contracts.aws import AwsError
from stanch.domain.step import Step, StepState
from stanch.engine.contain.compare import differences, same, strays

OPEN = {"open": True, "lock": None}


class Killed(BaseException):
    """The process ends here."""


def contained(*resources: str) -> Scene:
    s = scene(*resources)
    desk = s.desk()
    desk.apply(desk.plan(incident(by_hand=resources)))
    return s


def test_restores_what_was_there_last_first() -> None:
    s = contained(ROLE, USER)
    steps = s.desk().undo("inc-1")
    assert [(step.resource, step.state) for step in steps] == [(USER, StepState.UNDONE), (ROLE, StepState.UNDONE)]
    assert s.aws.resources == {ROLE: OPEN, USER: OPEN}
    assert s.desk().undo("inc-1") == []


def test_shows_the_difference_and_changes_nothing_when_somebody_else_did() -> None:
    s = contained(ROLE, USER)
    s.aws.resources[ROLE]["lock"] = "another's"
    user, role = s.desk().undo("inc-1")
    assert user.state is StepState.UNDONE
    assert role.state is StepState.VERIFIED
    assert role.why.startswith("not undone: somebody changed it since:\nlock: was ")
    assert role.why.endswith('is "another\'s"')
    assert s.aws.resources[ROLE] == {"open": False, "lock": "another's"}


@pytest.mark.parametrize("lock", [None, "left"])
def test_goes_on_where_a_killed_undo_stopped(lock: str | None) -> None:
    def die(verb: str, _: Step | None) -> None:
        if verb == "undo":
            raise Killed

    s = contained(ROLE)
    s.actions = {"shut": Shut(does=die)}
    with pytest.raises(Killed):
        s.desk().undo("inc-1")
    if lock is None:
        s.aws.resources[ROLE]["lock"] = None  # killed after the last call, before it was written down
    s.actions = {"shut": Shut()}
    (step,) = s.desk().undo("inc-1")
    assert step.state is StepState.UNDONE
    assert s.aws.resources[ROLE] == OPEN


def test_keeps_a_step_whose_undo_fails_and_undoes_the_others() -> None:
    for error in (DENIED, RuntimeError("oops")):
        s = contained(ROLE, USER)

        def does(verb: str, step: Step | None, error: Exception = error) -> None:
            if verb == "undo" and step and step.resource == USER:
                raise error

        s.actions = {"shut": Shut(does=does)}
        user, role = s.desk().undo("inc-1")
        assert (user.state, role.state) == (StepState.FAILED, StepState.UNDONE)
        assert user.why.startswith("not undone: ")


def test_says_so_when_aws_accepts_an_undo_that_does_not_show() -> None:
    s = contained(ROLE)
    s.actions = {"shut": Shut(does=lambda verb, step: s.aws.resources[ROLE].update(more=1) if verb == "undo" else None)}
    (step,) = s.desk().undo("inc-1")
    assert step.state is StepState.FAILED
    assert "this still differs:\nmore: was (absent), is 1" in step.why


def test_does_not_guess_what_a_step_that_never_finished_has_left() -> None:
    s = scene(ROLE)
    s.actions = {"shut": Shut(does=failing("apply", DENIED))}
    desk = s.desk()
    desk.apply(desk.plan(incident(by_hand=[ROLE])))
    (step,) = s.desk().undo("inc-1")
    assert step.state is StepState.FAILED
    assert "contain --apply` again, then undo" in step.why


def test_undoes_a_step_that_failed_before_it_changed_anything() -> None:
    s = contained(ROLE)
    s.aws.resources[ROLE] = dict(OPEN)
    (step,) = s.desk().undo("inc-1")
    assert step.state is StepState.UNDONE


def test_touches_nothing_with_the_credentials_of_another_account() -> None:
    s = contained(ROLE)
    s.aws = FakeAws({ROLE: s.aws.resources[ROLE]}, account=SISTER)
    (step,) = s.desk().undo("inc-1")
    assert step.state is StepState.VERIFIED
    assert f"these credentials act in {SISTER}" in step.why


def test_leaves_a_resource_to_whoever_holds_it() -> None:
    s = contained(ROLE)
    s.journal.held.add(ROLE)
    (step,) = s.desk().undo("inc-1")
    assert (step.state, s.aws.resources[ROLE]["open"]) == (StepState.VERIFIED, False)


def test_reads_a_policy_printed_in_another_order_as_the_same() -> None:
    one, other = '{"Version": "x", "Statement": []}', '{"Statement":[],"Version":"x"}'
    assert same({"policy": one}, {"policy": other})
    assert not same({"policy": one}, {"policy": '{"Statement":[1],"Version":"x"}'})
    assert not same({"policy": one}, {"policy": None})
    assert not same({"policy": "{"}, {"policy": "{ "})


def test_shows_which_statement_of_a_policy_was_added() -> None:
    left = json.dumps({"Statement": [{"Sid": "Ours"}]})
    now = json.dumps({"Statement": [{"Sid": "Ours"}, {"Sid": "Theirs"}]})
    (shown,) = strays({"policy": now}, {"policy": left}, {"policy": None})
    assert '+   "Sid": "Theirs"' in shown
    assert not any(line.startswith("-") for line in shown.splitlines()), "what is still there is no loss"


def test_takes_a_part_that_is_back_already_for_no_difference() -> None:
    left, before = {"a": {"x": 1, "y": None}}, {"a": {"x": 0}}
    assert strays({"a": {"x": 0, "y": None}}, left, before) == []
    assert strays({"a": {"x": 0}}, left, before) == []
    assert strays({"a": {"x": 2}}, left, before) == ["a / x: was 1, is 2"]
    assert differences({"a": {"x": 0}}, before) == []


def test_what_another_step_kept_from_going_back_goes_back_after_it() -> None:
    s = scene(USER, ROLE)

    def blocked(verb: str, step: Step | None) -> None:
        undone = {row.resource for row in s.journal.rows if row.state is StepState.UNDONE}
        if verb == "undo" and step is not None and step.resource == ROLE and USER not in undone:
            raise AwsError("s3:PutBucketAcl", "AccessDenied", "the other step's block is on")

    s.actions = {"shut": Shut(does=blocked)}
    desk = s.desk()
    desk.apply(desk.plan(incident(by_hand=[USER, ROLE])))
    said: list[str] = []
    undone = s.desk().undo("inc-1", lambda step: said.append(f"{step.resource} {step.state}"))
    assert {step.state for step in undone} == {StepState.UNDONE}
    assert said == [f"{ROLE} failed", f"{USER} undone", f"{ROLE} undone"]
