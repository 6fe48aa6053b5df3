import json
from collections.abc import Callable
from typing import Any

import pytest
from tests.ground import Ground, Grounds, Listening, allowed, document, no_wait, plain, same, survives_dying

from stanch.catalog.actions.s3 import close_bucket
from stanch.catalog.actions.s3 import deny_principal as action
from stanch.contracts.action import Needless, Refused
from stanch.contracts.aws import AwsAbsent, AwsDenied, AwsError
from stanch.domain.arn import Arn
from stanch.domain.estate import Perimeter
from stanch.domain.step import Collateral, Method, Step

ID = "s3/deny_principal"


def session_arn(role: str) -> str:
    return f"{role.replace(':iam:', ':sts:').replace(':role/', ':assumed-role/')}/thief"


def partner(ground: Ground) -> dict[str, Any]:
    principal = {"AWS": ground.arn("iam", "root").replace(ground.account, ground.outside_account)}
    return {"Sid": "Partner", "Effect": "Allow", "Principal": principal, "Action": "s3:*", "Resource": "*"}


def denied(ground: Ground, bucket: str, *actors: str, **case: Any) -> tuple[Listening, Step]:
    aws = ground.responder()
    step = ground.planned(ID, ground.arn("s3", bucket), aws, ground.case(actors=actors, **case))
    action.apply(aws, step, no_wait)
    return aws, step


def policy(ground: Ground, bucket: str) -> Any:
    return ground.admin.call("s3", "GetBucketPolicy", Bucket=bucket)["Policy"]


def test_refuses_a_user_who_read_before_and_nobody_else(ground: Ground) -> None:
    bucket, (user, key), (_, other) = ground.bucket(), ground.user(), ground.user()
    thief, colleague = ground.door(key, "203.0.113.66"), ground.door(other, "10.20.9.9")
    assert allowed(thief, "s3", "GetObject", Bucket=bucket, Key="model.bin")
    aws, step = denied(ground, bucket, user)
    assert not allowed(thief, "s3", "GetObject", Bucket=bucket, Key="model.bin")
    assert allowed(colleague, "s3", "GetObject", Bucket=bucket, Key="model.bin")
    proof = action.verify(aws, step, no_wait, None)
    assert (proof.holds, proof.method) == (True, Method.STATE)


def test_refuses_every_session_of_a_role_whatever_its_path(ground: Ground) -> None:
    bucket = ground.bucket()
    role = ground.role(path="/ml/serving/", trusted=[ground.admin.caller])
    thief = ground.admin.assuming(role, "thief")
    assert allowed(thief, "s3", "GetObject", Bucket=bucket, Key="model.bin")
    denied(ground, bucket, session_arn(role.replace("/ml/serving/", "/")))
    assert not allowed(thief, "s3", "GetObject", Bucket=bucket, Key="model.bin")


def test_proves_by_effect_where_the_role_trusts_the_responder(ground: Ground) -> None:
    bucket = ground.bucket()
    role = ground.role(trusted=[ground.staged.responder_role_arn])
    aws = ground.responder()
    step = ground.planned(ID, ground.arn("s3", bucket), aws, ground.case(actors=(role,)))
    proof = action.verify(aws, step, no_wait, action.apply(aws, step, no_wait))
    assert (proof.holds, proof.method) == (True, Method.EFFECT)
    assert "allowed before, refused now" in proof.what[0]


def test_refuses_all_of_an_outside_account(ground: Ground) -> None:
    bucket = ground.bucket([partner(ground)])
    assert allowed(ground.outsider, "s3", "GetObject", Bucket=bucket, Key="model.bin")
    _, step = denied(ground, bucket, f"{ground.outside_account}:AIDAEXAMPLE")
    assert not allowed(ground.outsider, "s3", "GetObject", Bucket=bucket, Key="model.bin")
    assert f"every principal of account {ground.outside_account}" in step.calls[0]


def test_weighs_little_unless_somebody_of_ours_is_denied(ground: Ground) -> None:
    def weight(*actors: str) -> Collateral | None:
        case = ground.case(actors=actors)
        return action.plan(ground.responder(), Arn.parse(ground.arn("s3", ground.bucket())), case).collateral

    assert weight(ground.outsider.caller) is Collateral.LOW
    assert weight(ground.outsider.caller, ground.user()[0]) is None


def test_denies_only_the_one_who_called_where_no_perimeter_is_declared(ground: Ground) -> None:
    bucket = ground.bucket([partner(ground)])
    _, step = denied(ground, bucket, ground.outsider.caller, perimeter=Perimeter())
    assert not allowed(ground.outsider, "s3", "GetObject", Bucket=bucket, Key="model.bin")
    assert [statement["Sid"] for statement in step.settings["statements"]] == ["StanchDeniedPrincipalsinc20261122ab12"]


def test_never_denies_the_responder_its_account_or_a_service(ground: Ground) -> None:
    aws = ground.responder()
    own_account = f"{ground.account}:AIDAEXAMPLE"
    actors = (aws.caller, own_account, "anonymous", "cloudtrail.amazonaws.com", "arn:*", ground.arn("iam", "role/*"))
    with pytest.raises(Needless, match="it is who stanch acts as"):
        ground.planned(ID, ground.arn("s3", ground.bucket()), aws, ground.case(actors=actors))
    with pytest.raises(Needless):
        ground.planned(ID, ground.arn("s3", ground.bucket()), aws)


def test_spares_whose_own_sessions_or_keys_are_cut(ground: Ground) -> None:
    user, role = ground.user()[0], ground.role()
    bucket = ground.arn("s3", ground.bucket())
    with pytest.raises(Needless, match="its own sessions or keys are cut"):
        ground.planned(ID, bucket, case=ground.case(actors=(user,), cut=(user,)))
    step = ground.planned(ID, bucket, case=ground.case(actors=(user, role), cut=(user,)))
    assert list(step.settings["roles"]) == [role]
    assert any(line.startswith(f"NOT denied: {user}") for line in step.breaks)


def test_restores_the_policy_byte_for_byte(ground: Ground) -> None:
    text = f'{{ "Statement" : [ {json.dumps(partner(ground))} ],\n "Version":"2012-10-17"}}'
    bucket, (user, _) = ground.bucket(text), ground.user()
    aws, step = denied(ground, bucket, user)
    action.undo(aws, step, no_wait)
    assert policy(ground, bucket) == text


def test_takes_the_policy_off_again_where_there_was_none(ground: Ground) -> None:
    bucket, (user, _) = ground.bucket(), ground.user()
    aws, step = denied(ground, bucket, user)
    action.undo(aws, step, no_wait)
    with pytest.raises(AwsAbsent, match="NoSuchBucketPolicy"):
        policy(ground, bucket)


def test_keeps_what_somebody_else_has_changed_in_the_policy_meanwhile(ground: Ground) -> None:
    bucket, (user, _) = ground.bucket([partner(ground)]), ground.user()
    aws, step = denied(ground, bucket, user)
    theirs = {**partner(ground), "Sid": "Later", "Action": "s3:GetObject"}
    now = json.loads(policy(ground, bucket))["Statement"]
    ground.admin.call("s3", "PutBucketPolicy", Bucket=bucket, Policy=document([*now, theirs]))
    assert action.verify(aws, step, no_wait, None).holds
    action.undo(aws, step, no_wait)
    assert json.loads(policy(ground, bucket))["Statement"] == [partner(ground), theirs]


@pytest.mark.parametrize("close_first", [True, False])
@pytest.mark.parametrize("undo_in_turn", [True, False])
def test_stands_beside_a_closed_bucket_in_any_order(ground: Ground, close_first: bool, undo_in_turn: bool) -> None:
    text = f'{{ "Statement" : [ {json.dumps(partner(ground))} ],\n "Version":"2012-10-17"}}'
    bucket, (user, _), aws = ground.bucket(text), ground.user(), ground.responder()
    arn, case = ground.arn("s3", bucket), ground.case(actors=(user,))
    pair = [(close_bucket, "s3/close_bucket"), (action, ID)]
    done = [
        (module, ground.planned(name, arn, aws, case)) for module, name in (pair if close_first else reversed(pair))
    ]
    for module, step in done:
        module.apply(aws, step, no_wait)
    assert all(module.verify(aws, step, no_wait, None).holds for module, step in done)
    for module, step in done if undo_in_turn else reversed(done):
        module.undo(aws, step, no_wait)
        assert same(plain(module.read(aws, step)), step.before or {})
    assert policy(ground, bucket) == text


def test_refuses_a_policy_without_room(ground: Ground) -> None:
    long = {**partner(ground), "Condition": {"StringEquals": {"aws:UserAgent": ["x" * 20_200]}}}
    bucket, (user, _) = ground.bucket([long]), ground.user()
    with pytest.raises(Refused, match="no room"):
        ground.planned(ID, ground.arn("s3", bucket), case=ground.case(actors=(user,)))


def test_changes_nothing_when_aws_refuses_the_policy(ground: Ground) -> None:
    def throttled(operation: str) -> None:
        if operation == "s3:PutBucketPolicy":
            raise AwsError(operation, "SlowDown", "Please reduce your request rate.")

    bucket, (user, _), aws = ground.bucket([partner(ground)]), ground.user(), ground.responder()
    step = ground.planned(ID, ground.arn("s3", bucket), aws, ground.case(actors=(user,)))
    aws.before_call = throttled
    with pytest.raises(AwsError, match="SlowDown"):
        action.apply(aws, step, no_wait)
    assert json.loads(policy(ground, bucket))["Statement"] == [partner(ground)]


def test_touches_no_bucket_of_another_account(ground: Ground) -> None:
    name = ground.name("their-store")
    place = {"LocationConstraint": ground.staged.region}
    ground.outsider.call("s3", "CreateBucket", Bucket=name, CreateBucketConfiguration=place)
    with pytest.raises(AwsDenied):
        ground.planned(ID, ground.arn("s3", name), case=ground.case(actors=(ground.user()[0],)))


class Accusing:
    """The range, with an incident that names this user."""

    def __init__(self, range_: Ground, user: str) -> None:
        self._range = range_
        self._user = user

    def responder(self) -> Listening:
        return self._range.responder()

    def planned(self, action: str, resource: str, aws: Any = None, case: Any = None) -> Step:
        return self._range.planned(action, resource, aws, case or self._range.case(actors=(self._user,)))


def dying(ground: Grounds, make: Callable[[], str]) -> int:
    return survives_dying(ground, ID, make)


def test_survives_dying_between_any_two_changes(ground: Ground) -> None:
    accusing = Accusing(ground, ground.user()[0])
    assert dying(accusing, lambda: ground.arn("s3", ground.bucket([partner(ground)]))) == 1
    assert dying(accusing, lambda: ground.arn("s3", ground.bucket())) == 1
