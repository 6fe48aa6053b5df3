from typing import Any

import pytest
from tests.ground import Ground, Listening, allowed, no_wait, plain, survives_dying

from stanch.catalog.actions.s3 import close_bucket
from stanch.catalog.actions.s3 import own_objects as action
from stanch.contracts.action import Needless, Overtaken
from stanch.contracts.aws import AwsDenied, AwsError
from stanch.domain.step import Method, Step

ID = "s3/own_objects"
ALL_USERS = "http://acs.amazonaws.com/groups/global/AllUsers"


def with_acls(ground: Ground, acl: str = "private", rule: str = "ObjectWriter") -> str:
    bucket = ground.bucket()
    ownership = {"Rules": [{"ObjectOwnership": rule}]}
    ground.admin.call("s3", "PutBucketOwnershipControls", Bucket=bucket, OwnershipControls=ownership)
    ground.admin.call("s3", "PutBucketAcl", Bucket=bucket, ACL=acl)
    return bucket


def owned(ground: Ground, bucket: str) -> tuple[Listening, Step]:
    aws = ground.responder()
    step = ground.planned(ID, ground.arn("s3", bucket), aws)
    action.apply(aws, step, no_wait)
    return aws, step


def acl(ground: Ground, bucket: str) -> Any:
    return ground.admin.call("s3", "GetBucketAcl", Bucket=bucket)["Grants"]


def test_refuses_a_stranger_the_list_that_an_acl_gave_him(ground: Ground) -> None:
    bucket = with_acls(ground, "public-read")
    assert allowed(ground.stranger(), "s3", "ListObjectsV2", Bucket=bucket)
    aws, step = owned(ground, bucket)
    assert not allowed(ground.stranger(), "s3", "ListObjectsV2", Bucket=bucket)
    assert "READ of AllUsers" in step.calls[0]
    proof = action.verify(aws, step, no_wait, None)
    assert (proof.holds, proof.method) == (True, Method.EFFECT)
    assert "AccessControlListNotSupported" in proof.what[0]


def test_refuses_a_stranger_the_object_whose_own_acl_is_public(ground: Ground) -> None:
    bucket = with_acls(ground)
    ground.admin.call("s3", "PutObjectAcl", Bucket=bucket, Key="model.bin", ACL="public-read")
    assert allowed(ground.stranger(), "s3", "GetObject", Bucket=bucket, Key="model.bin")
    aws, step = owned(ground, bucket)
    assert not allowed(ground.stranger(), "s3", "GetObject", Bucket=bucket, Key="model.bin")
    action.undo(aws, step, no_wait)
    assert allowed(ground.stranger(), "s3", "GetObject", Bucket=bucket, Key="model.bin")


def test_restores_the_grants_and_the_ownership(ground: Ground) -> None:
    bucket = with_acls(ground, "public-read", "BucketOwnerPreferred")
    before = acl(ground, bucket)
    aws, step = owned(ground, bucket)
    assert acl(ground, bucket) != before
    action.undo(aws, step, no_wait)
    assert acl(ground, bucket) == before
    assert plain(action.read(aws, step))["ownership"] == "BucketOwnerPreferred"


def test_has_nothing_to_do_where_acls_are_disabled(ground: Ground) -> None:
    with pytest.raises(Needless, match="disabled"):
        ground.planned(ID, ground.arn("s3", ground.bucket()))


def test_overwrites_no_acl_that_somebody_set_after_the_plan(ground: Ground) -> None:
    bucket, aws = with_acls(ground), ground.responder()
    step = ground.planned(ID, ground.arn("s3", bucket), aws)
    ground.admin.call("s3", "PutBucketAcl", Bucket=bucket, ACL="authenticated-read")
    with pytest.raises(Overtaken):
        action.apply(aws, step, no_wait)
    assert len(acl(ground, bucket)) == 2


def test_does_not_hold_once_acls_are_enabled_again(ground: Ground) -> None:
    bucket = with_acls(ground)
    aws, step = owned(ground, bucket)
    ground.admin.call("s3", "DeleteBucketOwnershipControls", Bucket=bucket)
    assert not action.verify(aws, step, no_wait, None).holds


def test_says_what_to_undo_first_when_public_access_is_still_blocked(ground: Ground) -> None:
    bucket = with_acls(ground, "public-read")
    aws, step = owned(ground, bucket)
    closed = ground.planned("s3/close_bucket", ground.arn("s3", bucket), aws)
    close_bucket.apply(aws, closed, no_wait)
    with pytest.raises(AwsDenied, match="undo s3/close_bucket"):
        action.undo(aws, step, no_wait)
    close_bucket.undo(aws, closed, no_wait)
    action.undo(aws, step, no_wait)
    assert plain(action.read(aws, step)) == step.before


@pytest.mark.parametrize("refused", ["s3:PutBucketAcl", "s3:PutBucketOwnershipControls"])
def test_can_be_taken_up_again_where_a_call_was_refused(ground: Ground, refused: str) -> None:
    def refusing(operation: str) -> None:
        if operation == refused:
            raise AwsDenied(operation, "AccessDenied", "Access Denied")

    bucket, aws = with_acls(ground, "public-read"), ground.responder()
    step = ground.planned(ID, ground.arn("s3", bucket), aws)
    aws.before_call = refusing
    with pytest.raises(AwsError):
        action.apply(aws, step, no_wait)
    aws.before_call = lambda _: None
    action.apply(aws, step, no_wait)
    assert action.verify(aws, step, no_wait, None).holds
    action.undo(aws, step, no_wait)
    assert plain(action.read(aws, step)) == step.before


def test_survives_dying_between_any_two_changes(ground: Ground) -> None:
    assert survives_dying(ground, ID, lambda: ground.arn("s3", with_acls(ground, "public-read"))) == 2
    assert survives_dying(ground, ID, lambda: ground.arn("s3", with_acls(ground))) == 1
