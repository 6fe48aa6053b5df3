import json
from typing import Any

import pytest
from tests.ground import Ground, Listening, allowed, document, no_wait, plain, survives_dying

from stanch.catalog.actions.s3 import close_access_points as action
from stanch.contracts.action import Needless, Overtaken, Refused
from stanch.contracts.aws import AwsDenied, AwsError
from stanch.domain.estate import Perimeter
from stanch.domain.step import Method, Step

ID = "s3/close_access_points"
OPEN = {
    "Sid": "Open",
    "Effect": "Allow",
    "Principal": "*",
    "Action": ["s3:GetObject", "s3:ListBucket"],
    "Resource": "*",
}


def root(ground: Ground, account: str) -> str:
    return ground.arn("iam", "root").replace(ground.account, account)


def control(ground: Ground, operation: str, **params: Any) -> dict[str, Any]:
    return ground.admin.call("s3control", operation, AccountId=ground.account, **params)


def point(ground: Ground, bucket: str, policy: Any = None, **more: Any) -> str:
    """An access point with its own block off; its name."""
    name = ground.name("door")
    off = dict.fromkeys(("BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets"), False)
    control(ground, "CreateAccessPoint", Name=name, Bucket=bucket, PublicAccessBlockConfiguration=off, **more)
    if policy is not None:
        text = policy if isinstance(policy, str) else document(policy)
        control(ground, "PutAccessPointPolicy", Name=name, Policy=text)
    return name


def alias(ground: Ground, name: str) -> str:
    return str(control(ground, "GetAccessPoint", Name=name)["Alias"])


def policy_of(ground: Ground, name: str) -> str:
    return str(control(ground, "GetAccessPointPolicy", Name=name)["Policy"])


def closed(ground: Ground, bucket: str, **case: Any) -> tuple[Listening, Step]:
    aws = ground.responder()
    step = ground.planned(ID, ground.arn("s3", bucket), aws, ground.case(**case))
    action.apply(aws, step, no_wait)
    return aws, step


def test_refuses_a_stranger_who_read_through_an_access_point(ground: Ground) -> None:
    bucket = ground.bucket([OPEN])
    door = alias(ground, point(ground, bucket, [OPEN]))
    assert allowed(ground.outsider, "s3", "GetObject", Bucket=door, Key="model.bin")
    aws, step = closed(ground, bucket)
    assert not allowed(ground.outsider, "s3", "GetObject", Bucket=door, Key="model.bin")
    assert allowed(ground.admin, "s3", "GetObject", Bucket=door, Key="model.bin")
    proof = action.verify(aws, step, no_wait, None)
    assert (proof.holds, proof.method) == (True, Method.STATE)
    action.undo(aws, step, no_wait)
    assert allowed(ground.outsider, "s3", "GetObject", Bucket=door, Key="model.bin")


def test_does_not_hold_where_an_access_point_was_made_since_the_plan(ground: Ground) -> None:
    bucket = ground.bucket()
    point(ground, bucket, [OPEN])
    aws, step = closed(ground, bucket)
    new = point(ground, bucket, [OPEN])
    proof = action.verify(aws, step, no_wait, None)
    assert not proof.holds
    assert new in proof.what[0]


@pytest.mark.parametrize("since", [[OPEN], '{"Statement": 7}'], ids=["to everybody", "to nobody knows whom"])
def test_does_not_hold_where_a_harmless_one_was_opened_since_the_plan(ground: Ground, since: Any) -> None:
    bucket = ground.bucket()
    point(ground, bucket, [OPEN])
    harmless = point(ground, bucket)
    aws, step = closed(ground, bucket)
    assert action.verify(aws, step, no_wait, None).holds
    text = since if isinstance(since, str) else document(since)
    control(ground, "PutAccessPointPolicy", Name=harmless, Policy=text)
    proof = action.verify(aws, step, no_wait, None)
    assert (proof.holds, proof.what[0].endswith("; plan again")) == (False, True)


def test_shuts_out_an_account_that_an_access_point_names(ground: Ground) -> None:
    partner = {**OPEN, "Sid": "Partner", "Principal": {"AWS": root(ground, ground.outside_account)}}
    bucket = ground.bucket([partner])
    door = alias(ground, point(ground, bucket, [partner]))
    assert allowed(ground.outsider, "s3", "GetObject", Bucket=door, Key="model.bin")
    _, step = closed(ground, bucket)
    assert not allowed(ground.outsider, "s3", "GetObject", Bucket=door, Key="model.bin")
    assert any("take out statement 'Partner'" in call for call in step.calls)


def test_leaves_access_points_that_let_no_stranger_in(ground: Ground) -> None:
    ours = {**OPEN, "Sid": "Ours", "Principal": {"AWS": root(ground, ground.account)}}
    bucket = ground.bucket()
    kept, opened = point(ground, bucket, [ours]), point(ground, bucket, [OPEN, ours])
    _, step = closed(ground, bucket)
    assert list(step.settings["closed"]) == [opened]
    assert json.loads(policy_of(ground, kept))["Statement"] == [ours]
    left = json.loads(policy_of(ground, opened))["Statement"]
    assert [statement["Sid"] for statement in left] == ["Ours", "StanchClosedinc20261122ab12"]
    assert left[1]["Resource"][1].endswith(f":accesspoint/{opened}/object/*")


def test_leaves_an_access_point_bound_to_a_vpc_of_ours(ground: Ground) -> None:
    bucket = ground.bucket()
    point(ground, bucket, [OPEN], VpcConfiguration={"VpcId": "vpc-0a1b2c3d"})
    perimeter = Perimeter(accounts=(ground.account,), vpcs=("vpc-0a1b2c3d",))
    with pytest.raises(Needless, match="no access point"):
        ground.planned(ID, ground.arn("s3", bucket), case=ground.case(perimeter=perimeter))
    assert ground.planned(ID, ground.arn("s3", bucket)).calls


def test_has_nothing_to_do_without_access_points(ground: Ground) -> None:
    with pytest.raises(Needless):
        ground.planned(ID, ground.arn("s3", ground.bucket()))


def test_tells_a_multi_region_access_point(ground: Ground) -> None:
    bucket = ground.bucket()
    details = {"Name": ground.name("everywhere"), "Regions": [{"Bucket": bucket}]}
    control(ground, "CreateMultiRegionAccessPoint", ClientToken="t", Details=details)
    with pytest.raises(Needless, match=f"{details['Name']} also leads to {bucket}"):
        ground.planned(ID, ground.arn("s3", bucket))


def test_restores_each_policy_byte_for_byte(ground: Ground) -> None:
    text = f'{{ "Statement" : [ {json.dumps(OPEN)} ],\n "Version":"2012-10-17"}}'
    bucket = ground.bucket()
    names = [point(ground, bucket, text), point(ground, bucket, text)]
    aws, step = closed(ground, bucket)
    assert all(policy_of(ground, name) != text for name in names)
    action.undo(aws, step, no_wait)
    assert [policy_of(ground, name) for name in names] == [text, text]


def test_overwrites_nothing_that_somebody_changed_after_the_plan(ground: Ground) -> None:
    bucket, aws = ground.bucket(), ground.responder()
    names = [point(ground, bucket, [OPEN]), point(ground, bucket, [OPEN])]
    step = ground.planned(ID, ground.arn("s3", bucket), aws)
    theirs = document([{**OPEN, "Sid": "Theirs", "Action": "s3:GetObject"}])
    control(ground, "PutAccessPointPolicy", Name=names[1], Policy=theirs)
    with pytest.raises(Overtaken):
        action.apply(aws, step, no_wait)
    assert json.loads(policy_of(ground, names[0]))["Statement"] == [OPEN]


def test_keeps_its_record_when_it_is_overtaken_half_way(ground: Ground) -> None:
    bucket, aws = ground.bucket(), ground.responder()
    names = [point(ground, bucket, [OPEN]), point(ground, bucket, [OPEN])]
    step = ground.planned(ID, ground.arn("s3", bucket), aws)
    first, second = step.settings["closed"]
    assert {first, second} == set(names)
    control(ground, "PutAccessPointPolicy", Name=first, Policy=step.settings["closed"][first])
    control(ground, "PutAccessPointPolicy", Name=second, Policy=document([{**OPEN, "Sid": "Theirs"}]))
    with pytest.raises(AwsError, match="Conflict"):
        action.apply(aws, step, no_wait)


def test_refuses_a_policy_that_nobody_can_read(ground: Ground) -> None:
    bucket = ground.bucket()
    point(ground, bucket, '{"Version": "2012-10-17", "Statement": [{"Effect": "Maybe"}]}')
    with pytest.raises(Refused, match="by hand"):
        ground.planned(ID, ground.arn("s3", bucket))


def test_does_not_hold_where_the_deny_has_no_room(ground: Ground) -> None:
    ours = {**OPEN, "Principal": {"AWS": root(ground, ground.account)}}
    long = {**ours, "Sid": "Long", "Condition": {"StringEquals": {"aws:UserAgent": "x" * 20_000}}}
    bucket = ground.bucket()
    point(ground, bucket, [OPEN, long])
    aws, step = closed(ground, bucket)
    proof = action.verify(aws, step, no_wait, None)
    assert not proof.holds
    assert "no room" in proof.what[0]
    action.undo(aws, step, no_wait)
    assert plain(action.read(aws, step)) == step.before


def test_touches_no_bucket_of_another_account(ground: Ground) -> None:
    name = ground.name("their-store")
    place = {"LocationConstraint": ground.staged.region}
    ground.outsider.call("s3", "CreateBucket", Bucket=name, CreateBucketConfiguration=place)
    with pytest.raises(AwsDenied):
        ground.planned(ID, ground.arn("s3", name))


def test_survives_dying_between_any_two_changes(ground: Ground) -> None:
    def two_doors() -> str:
        bucket = ground.bucket()
        point(ground, bucket, [OPEN])
        point(ground, bucket, [OPEN])
        return ground.arn("s3", bucket)

    assert survives_dying(ground, ID, two_doors) == 2
