"""A resource is changed where it lies: in its region and account, through the member role, or at its gateway."""

from dataclasses import replace

from tests.engine.containing import (
    ACCOUNT,
    BUCKET,
    ROLE,
    SISTER,
    STRANGER,
    Book,
    FakeAws,
    finding,
    incident,
    scene,
    world,
)

from stanch.domain.estate import Estate, Perimeter, Response
from stanch.engine.contain.doors import Doors

MEMBER = Estate(
    perimeter=Perimeter(accounts=(ACCOUNT, SISTER)), response=Response(member_role="stanch-member"), declared=True
)
KEY = "arn:gateway:litellm:front::key/9f86d081"


def sister(arn: str) -> str:
    return arn.replace(ACCOUNT, SISTER)


def test_the_member_role_of_a_sister_account_is_assumed_once() -> None:
    aws = FakeAws()
    doors = Doors(aws, MEMBER, {})
    assert doors.elsewhere(sister(ROLE)) is None
    assert doors.to(sister(ROLE)).account == SISTER
    assert doors.to(f"arn:aws:ec2:eu-west-1:{SISTER}:instance/i-0123456789abcdef1").region == "eu-west-1"
    assert doors.to(sister(ROLE)) is doors.to(sister(ROLE))
    assert aws.assumed == [f"arn:aws:iam::{SISTER}:role/stanch-member"]


def test_a_bucket_is_changed_in_the_account_in_which_it_was_seen() -> None:
    doors = Doors(FakeAws(), MEMBER, {})
    assert doors.to(BUCKET, SISTER).account == SISTER
    assert doors.to(BUCKET).account == ACCOUNT


def test_no_role_is_assumed_outside_the_declared_perimeter() -> None:
    aws = FakeAws()
    outside = ROLE.replace(ACCOUNT, STRANGER)
    assert "outside the perimeter" in str(Doors(aws, MEMBER, {}).elsewhere(outside))
    undeclared = replace(MEMBER, perimeter=Perimeter())
    assert "run there" in str(Doors(aws, undeclared, {}).elsewhere(outside))
    assert aws.assumed == []


def test_a_key_is_blocked_at_the_gateway_that_has_its_name() -> None:
    front = FakeAws(region="front")
    doors = Doors(FakeAws(), MEMBER, {"front": front})
    assert doors.to(KEY) is front
    assert doors.elsewhere(KEY) is None
    told = doors.elsewhere(KEY.replace("front", "back"))
    assert told == "no [[response.gateway]] is named 'back' in stanch.toml (there is: front)"


def test_the_responder_of_the_other_account_is_the_one_not_to_be_locked_out() -> None:
    s = scene(sister(ROLE))
    s.estate = MEMBER
    (step,) = s.desk().plan(incident(by_hand=[sister(ROLE)]))
    assert (step.state.value, world(s.aws).assumed) == ("planned", [f"arn:aws:iam::{SISTER}:role/stanch-member"])


def test_a_finding_says_in_which_account_its_bucket_lies() -> None:
    s = scene(BUCKET)
    s.estate = MEMBER
    s.playbooks = {"book": Book(("shut",))}
    (step,) = [
        step
        for step in s.desk().plan(incident(finding(account=SISTER, resources=(BUCKET,))))
        if step.resource == BUCKET
    ]
    assert step.account == SISTER


def test_a_strangers_account_does_not_make_our_bucket_his() -> None:
    for caller in (STRANGER, "anonymous", ""):
        s = scene(BUCKET)
        s.estate = MEMBER
        s.playbooks = {"book": Book(("shut",))}
        steps = s.desk().plan(incident(finding(account=caller, resources=(BUCKET,))))
        (step,) = [step for step in steps if step.resource == BUCKET]
        assert (step.state.value, step.account, step.before) == ("planned", None, {"open": True, "lock": None})


def test_an_account_is_frozen_from_where_organizations_is_asked_if_it_is_ours() -> None:
    aws = FakeAws()
    doors = Doors(aws, MEMBER, {})
    ours = f"arn:aws:organizations::{STRANGER}:account/o-1/{SISTER}"
    assert doors.elsewhere(ours) is None, "its ARN bears the management account, which need not be ours to change"
    assert doors.to(ours).account == ACCOUNT, "as a delegated administrator, or whoever is asked refuses it"
    assert doors.to(ours.replace(STRANGER, SISTER)).account == SISTER, "the management account, where it admits stanch"
    assert "outside the perimeter" in str(doors.elsewhere(f"arn:aws:organizations::{ACCOUNT}:account/o-1/{STRANGER}"))
    undeclared = Doors(aws, replace(MEMBER, perimeter=Perimeter()), {})
    assert "run there" in str(undeclared.elsewhere(ours))
    assert undeclared.elsewhere(f"arn:aws:organizations::{STRANGER}:account/o-1/{ACCOUNT}") is None
