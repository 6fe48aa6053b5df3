from typing import Any

import httpx
from tests.range.accounts import Account, allow, fresh, policy, refused

from stanch.aws import Door
from stanch.range.stage import Staged

OFF = dict.fromkeys(("BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets"), False)
ANYBODY = {"Sid": "Open", **allow("s3:GetObject", Principal="*")}


def control(staged: Staged, ours: Account, operation: str, **params: Any) -> dict[str, Any]:
    door = Door.using(ours.admin, region=staged.region, endpoint=staged.range_.endpoint)
    return door.call("s3control", operation, AccountId=ours.number, **params)


def point(staged: Staged, ours: Account, bucket: str, text: str | None, block: Any = None) -> str:
    """An access point with this policy; its alias."""
    name = fresh("door")
    control(staged, ours, "CreateAccessPoint", Name=name, Bucket=bucket, PublicAccessBlockConfiguration=block or OFF)
    if text is not None:
        control(staged, ours, "PutAccessPointPolicy", Name=name, Policy=text)
    return str(control(staged, ours, "GetAccessPoint", Name=name)["Alias"])


def opened(ours: Account) -> str:
    bucket = ours.bucket(open_to_policies=True)
    ours.s3.put_bucket_policy(Bucket=bucket, Policy=policy(ANYBODY))
    return bucket


def test_an_alias_stands_for_its_bucket(staged: Staged, ours: Account) -> None:
    alias = point(staged, ours, ours.bucket(), None)
    assert ours.s3.get_object(Bucket=alias, Key="secret.txt")["Body"].read() == b"weights"
    assert ours.s3.list_objects_v2(Bucket=alias)["KeyCount"] == 1


def test_both_policies_must_let_a_stranger_in(staged: Staged, ours: Account, theirs: Account) -> None:
    both = point(staged, ours, opened(ours), policy(ANYBODY))
    only_bucket = point(staged, ours, opened(ours), None)
    only_point = point(staged, ours, ours.bucket(open_to_policies=True), policy(ANYBODY))
    assert theirs.s3.get_object(Bucket=both, Key="secret.txt")["Body"].read() == b"weights"
    assert refused(lambda: theirs.s3.get_object(Bucket=only_bucket, Key="secret.txt")) == "AccessDenied"
    assert refused(lambda: theirs.s3.get_object(Bucket=only_point, Key="secret.txt")) == "AccessDenied"


def test_an_access_points_own_block_takes_a_public_policy_from_strangers(
    staged: Staged, ours: Account, theirs: Account
) -> None:
    alias = point(staged, ours, opened(ours), policy(ANYBODY), {**OFF, "RestrictPublicBuckets": True})
    assert refused(lambda: theirs.s3.get_object(Bucket=alias, Key="secret.txt")) == "AccessDenied"
    assert ours.s3.get_object(Bucket=alias, Key="secret.txt")["Body"].read() == b"weights"


def test_an_access_point_knows_no_anonymous_access(staged: Staged, ours: Account) -> None:
    bucket = opened(ours)
    alias = point(staged, ours, bucket, policy(ANYBODY))
    assert httpx.get(f"{staged.range_.endpoint}/{bucket}/secret.txt").status_code == 200
    assert httpx.get(f"{staged.range_.endpoint}/{alias}/secret.txt").status_code == 403


def test_an_alias_that_nobody_has_is_no_bucket(ours: Account) -> None:
    assert refused(lambda: ours.s3.get_object(Bucket="nobody-s3alias", Key="k")) == "NoSuchBucket"
