"""Planting dies, or is refused, between any two calls: the next run ends as if nothing had been, and undo as well."""

import json
from collections.abc import Callable, Mapping
from typing import Any

import pytest

from stanch.aws import Credentials
from stanch.catalog.actions.canary._access_key import DecoyKey
from stanch.catalog.actions.canary._objects import DecoyObjects
from stanch.contracts.action import Action, Overtaken, Refused
from stanch.contracts.aws import Aws, AwsDenied
from stanch.domain.arn import Arn
from stanch.domain.step import Method, Step, StepState
from tests.ground import Died, Ground, Listening, allowed, dying_before, no_wait, plain, refusing

BODIES = {"decoys/adapter_config.json": b"{}", "decoys/adapter_model.safetensors": b"\x08" * 4096}


def planned(action: Action, ground: Ground, aws: Aws, resource: str) -> Step:
    plan = action.plan(aws, Arn.parse(resource), ground.case("canaries"))
    return Step(
        "canaries", "canary/it", plan.resource or resource, None, StepState.PLANNED, "a test",
        settings=plain(plan.settings), before=plain(plan.before), calls=plan.calls,
    )  # fmt: skip


def admin(ground: Ground) -> Listening:
    return Listening(ground.admin)


def objects_in(ground: Ground, *versions: str) -> tuple[DecoyObjects, str]:
    bucket = ground.bucket()
    for status in versions:
        on = {"Status": status}
        ground.admin.call("s3", "PutBucketVersioning", Bucket=bucket, VersioningConfiguration=on)
    return DecoyObjects(BODIES), ground.arn("s3", bucket)


def key_of(ground: Ground) -> tuple[DecoyKey, str]:
    def opens(key: Mapping[str, Any]) -> Aws:
        return ground.door(Credentials.read(key), "203.0.113.66")

    return DecoyKey(opens), ground.arn("iam", f"user/service/{ground.name('svc-model-export')}")


MAKERS: dict[str, Callable[[Ground], tuple[Action, str]]] = {
    "objects": objects_in,
    "objects with versions": lambda ground: objects_in(ground, "Enabled"),
    "objects that had versions": lambda ground: objects_in(ground, "Enabled", "Suspended"),
    "key": key_of,
}
each_kind = pytest.mark.parametrize("make", MAKERS.values(), ids=MAKERS)


@each_kind
def test_survives_dying_between_any_two_changes(ground: Ground, make: Callable[[Ground], tuple[Action, str]]) -> None:
    aws = admin(ground)
    for change in range(20):
        action, resource = make(ground)
        step = planned(action, ground, aws, resource)
        died = dies(aws, dying_before(change), lambda: action.apply(aws, step, no_wait))  # noqa: B023 - called at once
        if died:  # another process knows no more than the journal
            action = make(ground)[0]
        action.apply(aws, step, no_wait)
        assert action.verify(aws, step, no_wait, None).holds
        dies(aws, dying_before(change), lambda: action.undo(aws, step, no_wait))  # noqa: B023
        action.undo(aws, step, no_wait)
        assert plain(action.read(aws, step)) == step.before
        assert aws.needed <= set(action.PERMISSIONS), aws.needed - set(action.PERMISSIONS)
        if not died:
            assert change > 1
            return
    raise AssertionError("so many changes")


def dies(aws: Listening, hook: Callable[[str], None], deed: Callable[[], object]) -> bool:
    aws.before_call = hook
    try:
        deed()
    except (Died, AwsDenied):
        return True
    finally:
        aws.before_call = lambda _: None
    return False


@each_kind
def test_survives_any_call_being_refused(ground: Ground, make: Callable[[Ground], tuple[Action, str]]) -> None:
    aws = admin(ground)
    for call in range(100):
        action, resource = make(ground)
        step = planned(action, ground, aws, resource)
        refused = dies(aws, refusing(call), lambda: action.apply(aws, step, no_wait))  # noqa: B023
        action.apply(aws, step, no_wait)
        assert action.verify(aws, step, no_wait, None).holds
        action.undo(aws, step, no_wait)
        assert plain(action.read(aws, step)) == step.before
        if not refused:
            return
    raise AssertionError("so many calls")


@pytest.mark.parametrize("versions", [(), ("Enabled",), ("Enabled", "Suspended")])
def test_nothing_at_all_is_left_of_objects(ground: Ground, versions: tuple[str, ...]) -> None:
    (action, resource), aws = objects_in(ground, *versions), admin(ground)
    step = planned(action, ground, aws, resource)
    action.apply(aws, step, no_wait)
    action.undo(aws, step, no_wait)
    left = ground.admin.call("s3", "ListObjectVersions", Bucket=Arn.parse(resource).resource, Prefix="decoys/")
    assert not left.get("Versions")
    assert not left.get("DeleteMarkers")


def test_nobody_is_overwritten_who_wrote_between_plan_and_deed(ground: Ground) -> None:
    (action, resource), aws = objects_in(ground), admin(ground)
    step = planned(action, ground, aws, resource)
    bucket, key = Arn.parse(resource).resource, next(iter(BODIES))
    ground.admin.call("s3", "PutObject", Bucket=bucket, Key=key, Body=b"theirs")
    with pytest.raises(Overtaken):
        action.apply(aws, step, no_wait)
    assert ground.admin.call("s3", "GetObject", Bucket=bucket, Key=key)["Body"] == b"theirs"


def test_s3_itself_refuses_to_overwrite_what_appeared_at_the_last_moment(ground: Ground) -> None:
    (action, resource), aws = objects_in(ground), admin(ground)
    step = planned(action, ground, aws, resource)
    bucket, key = Arn.parse(resource).resource, next(iter(BODIES))

    def somebody_is_first(operation: str) -> None:
        if operation == "s3:PutObject":
            aws.before_call = lambda _: None
            ground.admin.call("s3", "PutObject", Bucket=bucket, Key=key, Body=b"theirs")

    aws.before_call = somebody_is_first
    with pytest.raises(Overtaken):
        action.apply(aws, step, no_wait)
    assert ground.admin.call("s3", "GetObject", Bucket=bucket, Key=key)["Body"] == b"theirs"


def test_looking_after_decoys_asks_for_no_object(ground: Ground) -> None:
    (action, resource), aws = objects_in(ground), admin(ground)
    step = planned(action, ground, aws, resource)
    action.apply(aws, step, no_wait)
    aws.needed.clear()
    action.read(aws, step)
    action.verify(aws, step, no_wait, None)
    assert aws.needed == {"s3:ListBucketVersions"}


def test_a_key_is_proven_by_what_it_is_refused_and_only_while_it_lives(ground: Ground) -> None:
    (action, resource), aws = key_of(ground), admin(ground)
    step = planned(action, ground, aws, resource)
    action.apply(aws, step, no_wait)
    proof = action.verify(aws, step, no_wait, None)
    assert (proof.holds, proof.method) == (True, Method.EFFECT)
    assert all("AccessDenied" in told for told in proof.what)
    user = Arn.parse(resource).name
    ground.admin.call("iam", "DeleteUserPolicy", UserName=user, PolicyName="limits")
    everything = json.dumps(
        {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}
    )
    ground.admin.call("iam", "PutUserPolicy", UserName=user, PolicyName="gift", PolicyDocument=everything)
    assert isinstance(action, DecoyKey)
    thief = ground.door(Credentials.read(action.minted or {}), "203.0.113.66")
    assert not allowed(thief, "s3", "ListBuckets"), "the boundary still denies everything"
    assert not DecoyKey().verify(aws, step, no_wait, None).holds
    assert "gift" in str(action.read(aws, step))


def test_a_user_that_is_there_and_an_account_that_is_not_ours_are_refused(ground: Ground) -> None:
    (action, resource), aws = key_of(ground), admin(ground)
    action.apply(aws, planned(action, ground, aws, resource), no_wait)
    with pytest.raises(Refused, match="already"):
        planned(DecoyKey(), ground, aws, resource)
    with pytest.raises(Refused, match="run there"):
        planned(DecoyKey(), ground, aws, resource.replace(ground.account, ground.outside_account))


def test_a_caller_who_may_not_write_is_told_so(ground: Ground) -> None:
    (action, resource), aws = objects_in(ground), admin(ground)
    step = planned(action, ground, aws, resource)
    arn, key = ground.user()
    reading = {"Effect": "Allow", "Action": ["s3:Get*", "s3:List*"], "Resource": "*"}
    only = json.dumps({"Version": "2012-10-17", "Statement": [reading]})
    ground.admin.call("iam", "PutUserPolicy", UserName=Arn.parse(arn).name, PolicyName="work", PolicyDocument=only)
    weak = Listening(ground.door(key, "10.20.9.9"))
    with pytest.raises(AwsDenied, match="PutObject"):
        action.apply(weak, step, no_wait)
    assert plain(action.read(aws, step)) == step.before


def test_a_key_whose_secret_nobody_saw_is_exchanged(ground: Ground) -> None:
    (action, resource), aws = key_of(ground), admin(ground)
    step = planned(action, ground, aws, resource)
    action.apply(aws, step, no_wait)
    later = DecoyKey(begun=True)
    assert later.plan(aws, Arn.parse(resource), ground.case()).before == step.before
    later.apply(aws, step, no_wait)
    assert later.minted
    assert list(later.read(aws, step)["keys"]) == [later.minted["AccessKeyId"]]
    assert isinstance(action, DecoyKey)
    assert action.minted != later.minted


def test_what_was_begun_takes_nothing_of_anybody_elses_for_its_own(ground: Ground) -> None:
    (_, resource), aws = objects_in(ground), admin(ground)
    bucket, key = Arn.parse(resource).resource, next(iter(BODIES))
    ground.admin.call("s3", "PutObject", Bucket=bucket, Key=key, Body=b"[]")
    with pytest.raises(Refused, match="not overwritten"):
        planned(DecoyObjects(BODIES, begun=True), ground, aws, resource)
    user, _ = ground.user()
    with pytest.raises(Refused, match="already"):
        planned(DecoyKey(begun=True), ground, aws, user)
