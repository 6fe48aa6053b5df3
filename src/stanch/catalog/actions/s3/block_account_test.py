from collections.abc import Iterator

import pytest
from tests.ground import Ground, allowed, no_wait, plain, survives_dying

from stanch.catalog.actions.s3 import block_account as action
from stanch.catalog.actions.s3._bucket import BLOCKED as ON
from stanch.contracts.action import Needless, Overtaken, Refused
from stanch.contracts.aws import AwsAbsent, AwsDenied
from stanch.domain.step import Method

ID = "s3/block_account"


@pytest.fixture(autouse=True)
def _unblocked(ground: Ground) -> Iterator[None]:
    yield
    ground.admin.call("s3control", "DeletePublicAccessBlock", AccountId=ground.account)


def account(ground: Ground) -> str:
    return ground.arn("iam", "root")


def public(ground: Ground) -> str:
    return ground.bucket([{"Effect": "Allow", "Principal": "*", "Action": "s3:*", "Resource": "*"}])


def test_closes_public_buckets_to_strangers_without_touching_them(ground: Ground) -> None:
    bucket, aws = public(ground), ground.responder()
    assert allowed(ground.stranger(), "s3", "GetObject", Bucket=bucket, Key="model.bin")
    step = ground.planned(ID, account(ground), aws)
    action.apply(aws, step, no_wait)
    assert not allowed(ground.stranger(), "s3", "GetObject", Bucket=bucket, Key="model.bin")
    with pytest.raises(AwsAbsent):
        ground.admin.call("s3", "GetPublicAccessBlock", Bucket=bucket)
    action.undo(aws, step, no_wait)
    assert allowed(ground.stranger(), "s3", "GetObject", Bucket=bucket, Key="model.bin")
    ground.admin.call("s3", "DeleteBucketPolicy", Bucket=bucket)


def test_cuts_an_account_that_a_public_policy_names_and_spares_one_that_a_closed_policy_does(ground: Ground) -> None:
    partner = {"AWS": ground.arn("iam", "root").replace(ground.account, ground.outside_account)}
    named = {"Effect": "Allow", "Principal": partner, "Action": "s3:*", "Resource": "*"}
    both = ground.bucket([named, {**named, "Principal": "*"}])
    alone = ground.bucket([named])
    step = ground.planned(ID, account(ground), aws := ground.responder())
    assert any("those too whom a public policy names" in line for line in step.breaks)
    action.apply(aws, step, no_wait)
    assert not allowed(ground.outsider, "s3", "GetObject", Bucket=both, Key="model.bin")
    assert allowed(ground.outsider, "s3", "GetObject", Bucket=alone, Key="model.bin")
    ground.admin.call("s3", "DeleteBucketPolicy", Bucket=both)


def test_names_the_public_buckets_and_tries_them(ground: Ground) -> None:
    bucket, aws = f"{ground.name('aaa-first')}", ground.responder()
    place = {"LocationConstraint": ground.staged.region}
    ground.admin.call("s3", "CreateBucket", Bucket=bucket, CreateBucketConfiguration=place)
    ground.admin.call("s3", "DeletePublicAccessBlock", Bucket=bucket)
    ownership = {"Rules": [{"ObjectOwnership": "ObjectWriter"}]}
    ground.admin.call("s3", "PutBucketOwnershipControls", Bucket=bucket, OwnershipControls=ownership)
    ground.admin.call("s3", "PutBucketAcl", Bucket=bucket, ACL="public-read")
    step = ground.planned(ID, account(ground), aws)
    assert f"public now: {bucket}" in step.breaks
    assert bucket in step.settings["tried"]
    action.apply(aws, step, no_wait)
    proof = action.verify(aws, step, no_wait, None)
    assert (proof.holds, proof.method) == (True, Method.EFFECT)
    assert f"anonymous list of {bucket} in {bucket}: 403" in proof.what


def test_keeps_the_switches_that_were_on(ground: Ground) -> None:
    some = {**ON, "RestrictPublicBuckets": False}
    ground.admin.call(
        "s3control", "PutPublicAccessBlock", AccountId=ground.account, PublicAccessBlockConfiguration=some
    )
    aws = ground.responder()
    step = ground.planned(ID, account(ground), aws)
    action.apply(aws, step, no_wait)
    action.undo(aws, step, no_wait)
    assert plain(action.read(aws, step)) == {"block": some}


def test_has_nothing_to_do_where_the_block_is_on(ground: Ground) -> None:
    ground.admin.call("s3control", "PutPublicAccessBlock", AccountId=ground.account, PublicAccessBlockConfiguration=ON)
    with pytest.raises(Needless):
        ground.planned(ID, account(ground))


def test_acts_in_no_other_account(ground: Ground) -> None:
    with pytest.raises(Refused, match="run there"):
        ground.planned(ID, account(ground).replace(ground.account, ground.outside_account))


def test_overwrites_nothing_that_somebody_changed_after_the_plan(ground: Ground) -> None:
    aws = ground.responder()
    step = ground.planned(ID, account(ground), aws)
    some = {**ON, "BlockPublicAcls": False}
    ground.admin.call(
        "s3control", "PutPublicAccessBlock", AccountId=ground.account, PublicAccessBlockConfiguration=some
    )
    with pytest.raises(Overtaken):
        action.apply(aws, step, no_wait)
    assert plain(action.read(aws, step)) == {"block": some}


def test_changes_nothing_when_it_is_denied(ground: Ground) -> None:
    def denied(operation: str) -> None:
        if operation == "s3control:PutPublicAccessBlock":
            raise AwsDenied(operation, "AccessDenied", "Access Denied")

    aws = ground.responder()
    step = ground.planned(ID, account(ground), aws)
    aws.before_call = denied
    with pytest.raises(AwsDenied):
        action.apply(aws, step, no_wait)
    assert plain(action.read(aws, step)) == step.before


def test_survives_dying_between_any_two_changes(ground: Ground) -> None:
    assert survives_dying(ground, ID, lambda: account(ground)) == 1
