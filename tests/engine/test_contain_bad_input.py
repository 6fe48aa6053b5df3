"""Each thing that can be wrong with a resource or an API ends in one clear state, and never in half a change unsaid."""

from collections.abc import Callable
from dataclasses import dataclass, replace

import pytest
from tests.engine.containing import (
    ACCOUNT,
    BUCKET,
    HOST,
    NOON,
    ROLE,
    STRANGER,
    Book,
    Scene,
    Shut,
    failing,
    finding,
    incident,
    scene,
)

from stanch.contracts.action import Overtaken, Refused
from stanch.contracts.aws import AwsAbsent, AwsDenied, AwsError, AwsUnreachable
from stanch.domain.estate import Limits, Mode, Response
from stanch.domain.event import Actor
from stanch.domain.incident import IncidentState
from stanch.domain.step import Collateral, Step, StepState
from stanch.engine.contain import state_after
from stanch.engine.decide import decide

OPEN = {"open": True, "lock": None}
THROTTLED = AwsError("iam:PutRolePolicy", "Throttling", "Rate exceeded")
REFUSED = AwsDenied("iam:PutRolePolicy", "AccessDenied", "not now")
SILENT = AwsUnreachable("iam", "ConnectTimeout", "no answer")
GONE = AwsAbsent("iam:GetRole", "NoSuchEntity", "gone")
TOO_LONG = AwsError("iam:PutRolePolicy", "LimitExceeded", "Maximum policy size of 10240 bytes exceeded")


def contained(s: Scene, *resources: str) -> list[Step]:
    desk = s.desk()
    return desk.apply(desk.plan(incident(by_hand=resources or (ROLE,))))


@dataclass(frozen=True)
class Wrong:
    """A fault in one verb of the action, the state in which the step ends, and words of its why."""

    verb: str
    error: Exception
    state: StepState
    why: str


FAULTS = {
    "vanished before the plan": Wrong("plan", GONE, StepState.SKIPPED, "does not exist (any more)"),
    "vanished after the plan": Wrong("apply", GONE, StepState.FAILED, "not applied: iam:GetRole: NoSuchEntity"),
    "vanished before the proof": Wrong("verify", GONE, StepState.FAILED, "could not be verified"),
    "a policy without room, seen": Wrong("plan", Refused("no room left"), StepState.SKIPPED, "no room left"),
    "a policy without room, unseen": Wrong("apply", TOO_LONG, StepState.FAILED, "LimitExceeded"),
    "changed by another responder": Wrong("apply", Overtaken("it moved"), StepState.FAILED, "look at the plan again"),
    "a defect": Wrong("apply", RuntimeError("oops"), StepState.FAILED, "internal error: RuntimeError: oops"),
    **{
        f"{name} at {verb}": Wrong(verb, error, StepState.FAILED, error.code)
        for name, error in {"throttled": THROTTLED, "denied": REFUSED, "no answer": SILENT}.items()
        for verb in ("plan", "apply", "verify")
    },
}


@pytest.mark.parametrize("wrong", FAULTS.values(), ids=FAULTS)
def test_ends_in_a_clear_state_and_the_next_run_completes_it(wrong: Wrong) -> None:
    s = scene(ROLE)
    s.actions = {"shut": Shut(does=failing(wrong.verb, wrong.error))}
    (step,) = contained(s)
    assert (step.state, wrong.why in step.why) == (wrong.state, True), step.why
    (kept,) = s.journal.steps("inc-1")
    assert (kept.state, kept.why, kept.before) == (step.state, step.why, step.before)
    assert state_after([step]) is IncidentState.OPEN
    assert s.aws.resources[ROLE] == OPEN or step.before == OPEN or isinstance(wrong.error, Overtaken)
    s.actions = {"shut": Shut()}
    s.aws.resources[ROLE] = dict(OPEN) if isinstance(wrong.error, Overtaken) else s.aws.resources[ROLE]
    (done,) = contained(s)
    assert (done.state, done.before) == (StepState.VERIFIED, OPEN)
    assert [one.state for one in s.desk().undo("inc-1")] == [StepState.UNDONE]
    assert s.aws.resources[ROLE] == OPEN


@pytest.mark.parametrize(
    ("asked", "why"),
    [
        (ROLE.replace(ACCOUNT, STRANGER), "outside the perimeter"),
        (ROLE.replace("arn:aws:", "arn:aws-cn:"), "partition aws-cn"),
        (ROLE.replace(ACCOUNT, "*"), "no account of AWS"),
        (f"{ROLE}\nand another", "is not the ARN of anything there is"),
        ("arn:aws:sts::111122223333:assumed-role/", "it does not exist"),
        ("arn:aws:s3:::../store", "it does not exist"),
        ("not-an-arn", "is not an ARN"),
        (f"arn:aws:ec2:eu-central-1:{ACCOUNT}:instance/i-../../x", "is not the ARN of an instance"),
    ],
)
def test_a_forged_name_is_left_alone_and_told(asked: str, why: str) -> None:
    s = scene(ROLE, BUCKET, HOST)
    (step,) = contained(s, asked)
    assert (step.state, why in step.why, step.before) == (StepState.SKIPPED, True, None), step.why
    assert {tuple(found.items()) for found in s.aws.resources.values()} == {tuple(OPEN.items())}


def changed_hands(s: Scene) -> None:
    s.estate = replace(s.estate, perimeter=replace(s.estate.perimeter, accounts=("222233334444",)))


def protected(s: Scene) -> None:
    s.protect(ROLE)


def held(s: Scene) -> None:
    s.journal.held.add(ROLE)


@pytest.mark.parametrize("happens", [changed_hands, protected, held])
def test_what_happens_between_plan_and_apply_is_seen(happens: Callable[[Scene], None]) -> None:
    s = scene(ROLE)
    plan = s.desk().plan(incident(by_hand=[ROLE]))
    happens(s)
    (step,) = s.desk().apply(plan)
    assert (step.state, s.aws.resources[ROLE]) == (StepState.SKIPPED, OPEN)


def test_a_finding_of_32_resources_is_asked_about_beyond_the_limit() -> None:
    roles = [f"arn:aws:iam::{ACCOUNT}:role/r-{number}" for number in range(32)]
    s = scene(*roles)
    s.playbooks = {"book": Book(("shut",))}
    case = replace(incident(finding(actor=Actor("anonymous"), resources=tuple(roles))), confidence=1.0)
    plan = s.desk().plan(case, users=dict.fromkeys(roles, ()))
    assert len(plan) == 32
    estate = replace(s.estate, response=Response(mode=Mode.ACT, act_collateral=Collateral.LOW, limits=Limits()))
    made = decide(case, plan, estate, [], NOON)
    assert (len(made.now), len(made.asking)) == (20, 12)
    assert made.why == ("more than 20 resources in one incident (limits.per_incident)",)
