from datetime import UTC, datetime, timedelta

import pytest
from tests.ground import Ground, no_wait, survives_dying

from stanch.catalog.actions.iam import disable_login as action
from stanch.contracts.action import Needless, Refused
from stanch.contracts.aws import AwsAbsent, AwsError
from stanch.domain.arn import Arn
from stanch.domain.step import Method

ID = "iam/disable_login"
PASSWORD = "correct-Horse-7-battery"


def with_password(ground: Ground, *, reset: bool = False) -> str:
    arn, _ = ground.user()
    name = Arn.parse(arn).name
    ground.admin.call("iam", "CreateLoginProfile", UserName=name, Password=PASSWORD)
    ground.admin.call("iam", "UpdateLoginProfile", UserName=name, Password=PASSWORD, PasswordResetRequired=reset)
    return arn


def has_password(ground: Ground, arn: str) -> bool:
    try:
        ground.admin.call("iam", "GetLoginProfile", UserName=Arn.parse(arn).name)
    except AwsAbsent:
        return False
    return True


def test_takes_the_password_away(ground: Ground) -> None:
    user = with_password(ground)
    aws = ground.responder()
    step = ground.planned(ID, user, aws)
    action.apply(aws, step, no_wait)
    assert not has_password(ground, user)
    proof = action.verify(aws, step, no_wait, None)
    assert (proof.holds, proof.method) == (True, Method.STATE)


def test_says_that_the_password_itself_never_comes_back(ground: Ground) -> None:
    user = with_password(ground, reset=True)
    aws = ground.responder()
    step = ground.planned(ID, user, aws)
    assert "a person must then give the user a new one" in step.undo
    action.apply(aws, step, no_wait)
    action.undo(aws, step, no_wait)
    assert has_password(ground, user)
    assert action.read(aws, step) == step.before == {"password": {"reset_required": True}}


def test_keeps_no_password_in_what_it_writes_down(ground: Ground) -> None:
    step = ground.planned(ID, with_password(ground))
    assert not step.settings
    assert PASSWORD not in repr(step)


def test_makes_a_different_password_each_time_with_every_class_of_character() -> None:
    one, other = action._unknown(), action._unknown()
    assert one != other
    assert len(one) >= 60
    assert all(set(each) & set(one) for each in action._CLASSES)


def test_has_nothing_to_do_where_there_is_no_password(ground: Ground) -> None:
    user, _ = ground.user()
    with pytest.raises(Needless, match="has no console password"):
        ground.planned(ID, user)


def test_tells_of_the_devices_that_were_added_since_the_incident_began(ground: Ground) -> None:
    user = with_password(ground)
    name = Arn.parse(user).name
    device = ground.admin.call("iam", "CreateVirtualMFADevice", VirtualMFADeviceName=name)["VirtualMFADevice"]
    serial = device["SerialNumber"]
    codes = {"AuthenticationCode1": "123456", "AuthenticationCode2": "654321"}
    ground.admin.call("iam", "EnableMFADevice", UserName=name, SerialNumber=serial, **codes)
    earlier = ground.planned(ID, user, case=ground.case(since=datetime.now(UTC) - timedelta(hours=1)))
    assert any(serial in line and "NOT taken away" in line for line in earlier.breaks)
    assert "since the incident began" in earlier.calls[0]
    later = ground.planned(ID, user, case=ground.case(since=datetime.now(UTC) + timedelta(hours=1)))
    assert not any(serial in line for line in later.breaks)


def test_does_not_hold_once_somebody_has_made_another_password(ground: Ground) -> None:
    user = with_password(ground)
    aws = ground.responder()
    step = ground.planned(ID, user, aws)
    action.apply(aws, step, no_wait)
    ground.admin.call("iam", "CreateLoginProfile", UserName=Arn.parse(user).name, Password=PASSWORD)
    assert not action.verify(aws, step, no_wait, None).holds


def test_waits_while_iam_is_still_busy_with_the_user(ground: Ground) -> None:
    user = with_password(ground)
    aws = ground.responder()
    step = ground.planned(ID, user, aws)
    refusals = iter(range(3))

    def busy(operation: str) -> None:
        if operation == "iam:DeleteLoginProfile" and next(refusals, None) is not None:
            raise AwsError(operation, "EntityTemporarilyUnmodifiable", "try again later")

    aws.before_call = busy
    waited: list[float] = []
    action.apply(aws, step, waited.append)
    assert not has_password(ground, user)
    assert len(waited) == 3


def test_gives_up_on_a_refusal_that_does_not_pass(ground: Ground) -> None:
    user = with_password(ground)
    aws = ground.responder()
    step = ground.planned(ID, user, aws)

    def refused(operation: str) -> None:
        if operation == "iam:DeleteLoginProfile":
            raise AwsError(operation, "EntityTemporarilyUnmodifiable", "try again later")

    aws.before_call = refused
    with pytest.raises(AwsError, match="EntityTemporarilyUnmodifiable"):
        action.apply(aws, step, no_wait)
    assert has_password(ground, user)


def test_refuses_a_user_of_another_account_that_has_the_same_name(ground: Ground) -> None:
    with pytest.raises(Refused, match="not in reach"):
        ground.planned(ID, with_password(ground).replace(ground.account, ground.outside_account))


def test_refuses_the_user_it_acts_as(ground: Ground) -> None:
    user = with_password(ground)
    with pytest.raises(Refused, match="the user stanch acts as"):
        ground.planned(ID, user, case=ground.case(responder=user.replace("user/", "user/team/")))


def test_survives_dying_between_any_two_changes(ground: Ground) -> None:
    assert survives_dying(ground, ID, lambda: with_password(ground)) == 1
