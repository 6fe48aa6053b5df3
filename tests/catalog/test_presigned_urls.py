"""A pre-signed URL is decided as its signer at the moment it is used: contain the signer, and the link is dead."""

import httpx
import pytest

from stanch.aws import Door
from stanch.catalog.actions.iam import deactivate_keys, revoke_sessions
from stanch.catalog.actions.s3 import close_bucket, deny_principal
from tests.ground import THIEF, Ground, no_wait

KEY = "model.bin"


def link(signer: Door, bucket: str, operation: str = "get_object") -> str:
    """A URL good for an hour, signed now."""
    parameters = {"Bucket": bucket, "Key": KEY}
    return str(signer.client("s3").generate_presigned_url(operation, Params=parameters, ExpiresIn=3600))


def status(url: str, method: str = "GET") -> int:
    """What a stranger who was sent the link gets."""
    body = b"x" if method == "PUT" else None
    return httpx.request(method, url, headers={"X-Forwarded-For": THIEF}, content=body).status_code


@pytest.fixture
def bucket(ground: Ground) -> str:
    return ground.bucket()


def test_a_link_signed_by_a_role_is_dead_once_its_sessions_are_revoked(ground: Ground, bucket: str) -> None:
    role = ground.role(trusted=[ground.admin.caller])
    url = link(ground.admin.assuming(role, "thief"), bucket)
    assert status(url) == 200
    aws = ground.responder()
    step = ground.planned("iam/revoke_sessions", role, aws)
    revoke_sessions.apply(aws, step, no_wait)
    assert status(url) == 403
    revoke_sessions.undo(aws, step, no_wait)
    assert status(url) == 200


def test_a_link_signed_by_a_user_is_dead_once_its_keys_are_deactivated(ground: Ground, bucket: str) -> None:
    user, key = ground.user()
    url, upload = (link(ground.door(key, THIEF), bucket, operation) for operation in ("get_object", "put_object"))
    assert (status(url), status(upload, "PUT")) == (200, 200)
    aws = ground.responder()
    step = ground.planned("iam/deactivate_keys", user, aws)
    deactivate_keys.apply(aws, step, no_wait)
    assert (status(url), status(upload, "PUT")) == (403, 403)


def test_a_link_signed_by_one_who_is_denied_the_bucket_is_dead(ground: Ground, bucket: str) -> None:
    user, key = ground.user()
    url = link(ground.door(key, THIEF), bucket)
    aws = ground.responder()
    step = ground.planned("s3/deny_principal", ground.arn("s3", bucket), aws, ground.case(actors=(user,)))
    assert status(url) == 200
    deny_principal.apply(aws, step, no_wait)
    assert status(url) == 403


def test_a_link_signed_by_one_of_ours_outlives_a_closed_bucket(ground: Ground, bucket: str) -> None:
    _, key = ground.user()
    url = link(ground.door(key, THIEF), bucket)
    aws = ground.responder()
    close_bucket.apply(aws, ground.planned("s3/close_bucket", ground.arn("s3", bucket), aws), no_wait)
    assert status(url) == 200


def test_a_link_signed_by_an_outsider_dies_with_the_closed_bucket(ground: Ground) -> None:
    root = ground.arn("iam", "root").replace(ground.account, ground.outside_account)
    partner = {"Effect": "Allow", "Principal": {"AWS": root}, "Action": "s3:GetObject", "Resource": "*"}
    bucket = ground.bucket([partner])
    url = link(ground.outsider, bucket)
    assert status(url) == 200
    aws = ground.responder()
    close_bucket.apply(aws, ground.planned("s3/close_bucket", ground.arn("s3", bucket), aws), no_wait)
    assert status(url) == 403
