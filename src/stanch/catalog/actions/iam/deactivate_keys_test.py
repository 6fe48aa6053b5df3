import pytest
from tests.ground import THIEF, Ground, allow_all, allowed, document, no_wait, survives_dying

from stanch.catalog.actions.iam import deactivate_keys as action
from stanch.contracts.action import Refused
from stanch.contracts.aws import AwsError
from stanch.domain.arn import Arn
from stanch.domain.step import Method

ID = "iam/deactivate_keys"


def test_stops_every_key_and_deletes_none(ground: Ground) -> None:
    user, first = ground.user()
    second = ground.key(Arn.parse(user).name)
    aws = ground.responder()
    step = ground.planned(ID, user, aws)
    action.apply(aws, step, no_wait)
    for key in (first, second):
        assert not allowed(ground.door(key, THIEF), "s3", "ListBuckets")
    assert set(action.read(aws, step)["keys"].values()) == {"Inactive"}
    proof = action.verify(aws, step, no_wait, None)
    assert (proof.holds, proof.method) == (True, Method.SIMULATION)


def test_stops_the_temporary_sessions_that_outlive_their_key(ground: Ground) -> None:
    user, key = ground.user()
    granted = ground.door(key, THIEF).call("sts", "GetSessionToken")["Credentials"]
    session = ground.door(type(key)(granted["AccessKeyId"], granted["SecretAccessKey"], granted["SessionToken"]), THIEF)
    assert allowed(session, "s3", "ListBuckets")
    action.apply(ground.responder(), ground.planned(ID, user), no_wait)
    assert not allowed(session, "s3", "ListBuckets")


def test_stops_a_federated_session_that_the_user_opened_for_somebody_else(ground: Ground) -> None:
    user, key = ground.user()
    granted = ground.door(key, THIEF).call(
        "sts", "GetFederationToken", Name="visitor", Policy=document(allow_all()), DurationSeconds=129_600
    )
    found = granted["Credentials"]
    session = ground.door(type(key)(found["AccessKeyId"], found["SecretAccessKey"], found["SessionToken"]), THIEF)
    assert "federated-user/visitor" in session.caller
    assert allowed(session, "s3", "ListBuckets")
    action.apply(ground.responder(), ground.planned(ID, user), no_wait)
    assert not allowed(session, "s3", "ListBuckets")


def test_reactivates_only_the_keys_it_switched_off(ground: Ground) -> None:
    user, _ = ground.user()
    name = Arn.parse(user).name
    retired = ground.key(name)
    ground.admin.call("iam", "UpdateAccessKey", UserName=name, AccessKeyId=retired.access_key_id, Status="Inactive")
    aws = ground.responder()
    step = ground.planned(ID, user, aws)
    action.apply(aws, step, no_wait)
    action.undo(aws, step, no_wait)
    assert action.read(aws, step) == step.before
    assert action.read(aws, step)["keys"][retired.access_key_id] == "Inactive"


def test_does_not_hold_while_somebody_has_made_another_key(ground: Ground) -> None:
    user, _ = ground.user()
    aws = ground.responder()
    step = ground.planned(ID, user, aws)
    action.apply(aws, step, no_wait)
    fresh = ground.key(Arn.parse(user).name)
    proof = action.verify(aws, step, no_wait, None)
    assert not proof.holds
    assert fresh.access_key_id in proof.what[0]


def test_survives_dying_between_any_two_changes(ground: Ground) -> None:
    def with_two_keys() -> str:
        user, _ = ground.user()
        ground.key(Arn.parse(user).name)
        return user

    assert survives_dying(ground, ID, with_two_keys) == 3
    assert survives_dying(ground, ID, lambda: ground.user()[0]) == 2


def test_refuses_the_user_it_acts_as(ground: Ground) -> None:
    user, _ = ground.user()
    with pytest.raises(Refused, match="the user stanch acts as"):
        ground.planned(ID, user, case=ground.case(responder=user))


def test_refuses_every_user_of_the_account_while_it_acts_as_a_federated_one(ground: Ground) -> None:
    user, _ = ground.user()
    with pytest.raises(Refused, match="the user stanch acts as"):
        ground.planned(ID, user, case=ground.case(responder=ground.arn("sts", "federated-user/stanch")))


def test_stops_the_keys_although_the_policy_quota_is_full(ground: Ground) -> None:
    def full(operation: str) -> None:
        if operation == "iam:PutUserPolicy":
            raise AwsError(operation, "LimitExceeded", "Maximum policy size of 2048 bytes exceeded")

    arn, key = ground.user()
    aws = ground.responder()
    step = ground.planned(ID, arn, aws)
    aws.before_call = full
    with pytest.raises(AwsError):
        action.apply(aws, step, no_wait)
    assert not allowed(ground.door(key, THIEF), "s3", "ListBuckets")
