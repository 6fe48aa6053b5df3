"""The public: bucket policies, ACLs, and the four switches of Block Public Access."""

from typing import Any

import pytest
from tests.range.accounts import Account, allow, deny, policy, refused, trust
from tests.range.plain_http import fetch

from stanch.range.stage import Staged

GROUPS = "http://acs.amazonaws.com/groups/global/"


def anonymous(staged: Staged, path: str) -> int:
    """The HTTP status that a request without any signature gets."""
    return fetch(f"{staged.range_.endpoint}/{path}")[0]


def published(bucket: str, action: str = "s3:GetObject", **more: object) -> str:
    resource = f"arn:aws:s3:::{bucket}" + ("" if action == "s3:ListBucket" else "/*")
    return policy(allow(action, resource, Principal="*", **more))


def test_a_new_bucket_is_closed_and_blocks_the_public(staged: Staged, ours: Account) -> None:
    bucket = ours.bucket()
    assert anonymous(staged, f"{bucket}/secret.txt") == 403
    assert anonymous(staged, f"{bucket}?list-type=2") == 403
    block = ours.s3.get_public_access_block(Bucket=bucket)["PublicAccessBlockConfiguration"]
    assert list(block.values()) == [True, True, True, True]
    rules = ours.s3.get_bucket_ownership_controls(Bucket=bucket)["OwnershipControls"]["Rules"]
    assert rules == [{"ObjectOwnership": "BucketOwnerEnforced"}]
    assert refused(lambda: ours.s3.put_bucket_policy(Bucket=bucket, Policy=published(bucket))) == "AccessDenied"


def test_a_missing_bucket_is_missing_for_everybody(staged: Staged) -> None:
    assert anonymous(staged, "no-such-bucket-at-all/x") == 404


def test_an_anonymous_read_follows_the_bucket_policy(staged: Staged, ours: Account) -> None:
    bucket = ours.bucket(open_to_policies=True)
    assert anonymous(staged, f"{bucket}/secret.txt") == 403
    ours.s3.put_bucket_policy(Bucket=bucket, Policy=published(bucket))
    assert anonymous(staged, f"{bucket}/secret.txt") == 200
    assert anonymous(staged, f"{bucket}?list-type=2") == 403
    ours.s3.put_bucket_policy(Bucket=bucket, Policy=published(bucket, "s3:ListBucket"))
    assert anonymous(staged, f"{bucket}?list-type=2") == 200
    assert anonymous(staged, f"{bucket}/secret.txt") == 403
    ours.s3.delete_bucket_policy(Bucket=bucket)
    assert anonymous(staged, f"{bucket}?list-type=2") == 403


def test_an_anonymous_write_follows_the_bucket_policy(staged: Staged, ours: Account) -> None:
    bucket = ours.bucket(open_to_policies=True)
    ours.s3.put_bucket_policy(Bucket=bucket, Policy=published(bucket))
    assert fetch(f"{staged.range_.endpoint}/{bucket}/new.txt", "PUT", b"x")[0] == 403


def test_a_public_policy_bound_to_a_network_holds_by_the_callers_address(staged: Staged, ours: Account) -> None:
    bucket = ours.bucket(open_to_policies=True)
    condition = {"IpAddress": {"aws:SourceIp": "198.51.100.0/24"}}
    ours.s3.put_bucket_policy(Bucket=bucket, Policy=published(bucket, Condition=condition))
    assert anonymous(staged, f"{bucket}/secret.txt") == 403
    inside = {"X-Forwarded-For": "198.51.100.9"}
    assert fetch(f"{staged.range_.endpoint}/{bucket}/secret.txt", headers=inside) == (200, b"weights")


def test_restrict_public_buckets_cuts_the_public_and_other_accounts_but_not_the_owner(
    staged: Staged, ours: Account, theirs: Account
) -> None:
    bucket = ours.bucket(open_to_policies=True)
    ours.s3.put_bucket_policy(Bucket=bucket, Policy=published(bucket))
    stranger = staged.client("s3", theirs.admin)
    assert stranger.get_object(Bucket=bucket, Key="secret.txt")["Body"].read() == b"weights"
    only = {"RestrictPublicBuckets": True}
    ours.s3.put_public_access_block(Bucket=bucket, PublicAccessBlockConfiguration=only)
    assert anonymous(staged, f"{bucket}/secret.txt") == 403
    assert refused(lambda: stranger.get_object(Bucket=bucket, Key="secret.txt")) == "AccessDenied"
    assert ours.s3.get_object(Bucket=bucket, Key="secret.txt")["Body"].read() == b"weights"


def test_restrict_public_buckets_leaves_a_policy_that_names_its_grantee(
    staged: Staged, ours: Account, theirs: Account
) -> None:
    bucket = ours.bucket()
    named = policy(allow("s3:GetObject", f"arn:aws:s3:::{bucket}/*", Principal={"AWS": theirs.number}))
    ours.s3.put_bucket_policy(Bucket=bucket, Policy=named)
    assert staged.client("s3", theirs.admin).get_object(Bucket=bucket, Key="secret.txt")["ContentLength"] == 7


@pytest.mark.parametrize("by", ["object", "bucket"])
def test_an_anonymous_read_follows_the_acl_until_public_acls_are_ignored(
    staged: Staged, ours: Account, by: str
) -> None:
    bucket = ours.bucket(acls=True)
    path = f"{bucket}/secret.txt" if by == "object" else f"{bucket}?list-type=2"
    assert anonymous(staged, path) == 403
    if by == "object":
        ours.s3.put_object_acl(Bucket=bucket, Key="secret.txt", ACL="public-read")
    else:
        ours.s3.put_bucket_acl(Bucket=bucket, ACL="public-read")
    assert anonymous(staged, path) == 200
    ours.s3.put_public_access_block(Bucket=bucket, PublicAccessBlockConfiguration={"IgnorePublicAcls": True})
    assert anonymous(staged, path) == 403


def test_disabling_acls_closes_what_they_opened(staged: Staged, ours: Account) -> None:
    bucket = ours.bucket(acls=True)
    ours.s3.put_object_acl(Bucket=bucket, Key="secret.txt", ACL="public-read")
    assert anonymous(staged, f"{bucket}/secret.txt") == 200
    rules = {"Rules": [{"ObjectOwnership": "BucketOwnerEnforced"}]}
    ours.s3.put_bucket_ownership_controls(Bucket=bucket, OwnershipControls=rules)
    assert anonymous(staged, f"{bucket}/secret.txt") == 403
    put = {"Bucket": bucket, "Key": "secret.txt", "ACL": "public-read"}
    assert refused(lambda: ours.s3.put_object_acl(**put)) == "AccessControlListNotSupported"


def test_an_acl_for_all_accounts_lets_in_those_who_sign(staged: Staged, ours: Account, theirs: Account) -> None:
    bucket = ours.bucket(acls=True)
    ours.s3.put_object_acl(Bucket=bucket, Key="secret.txt", ACL="authenticated-read")
    assert anonymous(staged, f"{bucket}/secret.txt") == 403
    assert staged.client("s3", theirs.admin).get_object(Bucket=bucket, Key="secret.txt")["ContentLength"] == 7


def test_block_public_acls_refuses_new_public_acls_in_every_form(ours: Account) -> None:
    bucket = ours.bucket(acls=True)
    ours.s3.put_public_access_block(Bucket=bucket, PublicAccessBlockConfiguration={"BlockPublicAcls": True})
    assert refused(lambda: ours.s3.put_bucket_acl(Bucket=bucket, ACL="public-read")) == "AccessDenied"
    grant = {"Bucket": bucket, "GrantRead": f'uri="{GROUPS}AllUsers"'}
    assert refused(lambda: ours.s3.put_bucket_acl(**grant)) == "AccessDenied"
    put = {"Bucket": bucket, "Key": "new", "Body": b"", "ACL": "public-read"}
    assert refused(lambda: ours.s3.put_object(**put)) == "AccessDenied"
    assert ours.s3.put_bucket_acl(Bucket=bucket, ACL="private")


def test_block_public_policy_refuses_a_public_policy_and_takes_a_closed_one(ours: Account) -> None:
    bucket = ours.bucket()
    assert refused(lambda: ours.s3.put_bucket_policy(Bucket=bucket, Policy=published(bucket))) == "AccessDenied"
    closed = published(bucket, Condition={"StringEquals": {"aws:PrincipalAccount": ours.number}})
    ours.s3.put_bucket_policy(Bucket=bucket, Policy=closed)
    assert ours.s3.get_bucket_policy_status(Bucket=bucket)["PolicyStatus"]["IsPublic"] is False


def test_the_policy_status_says_public(ours: Account) -> None:
    bucket = ours.bucket(open_to_policies=True)
    ours.s3.put_bucket_policy(Bucket=bucket, Policy=published(bucket))
    assert ours.s3.get_bucket_policy_status(Bucket=bucket)["PolicyStatus"]["IsPublic"] is True


def test_a_malformed_bucket_policy_is_refused(ours: Account) -> None:
    bucket = ours.bucket()
    assert refused(lambda: ours.s3.put_bucket_policy(Bucket=bucket, Policy='{"Statement": 7}')) == "MalformedPolicy"


def test_a_deny_all_with_an_exception_for_one_role_spares_that_role(staged: Staged, ours: Account) -> None:
    bucket = ours.bucket()
    _, spared = ours.role(trust({"AWS": ours.number}), allow("s3:*"))
    condition = {"ArnNotEquals": {"aws:PrincipalArn": spared}, "Bool": {"aws:PrincipalIsAWSService": "false"}}
    places = [f"arn:aws:s3:::{bucket}", f"arn:aws:s3:::{bucket}/*"]
    ours.s3.put_bucket_policy(Bucket=bucket, Policy=policy(deny("s3:*", places, Principal="*", Condition=condition)))
    assert refused(lambda: ours.s3.get_object(Bucket=bucket, Key="secret.txt")) == "AccessDenied"
    session = staged.client("s3", ours.assume(spared))
    assert session.get_object(Bucket=bucket, Key="secret.txt")["Body"].read() == b"weights"
    session.delete_bucket_policy(Bucket=bucket)


def test_the_block_of_the_whole_account_covers_its_buckets(staged: Staged, ours: Account) -> None:
    bucket = ours.bucket(open_to_policies=True)
    ours.s3.put_bucket_policy(Bucket=bucket, Policy=published(bucket))
    assert anonymous(staged, f"{bucket}/secret.txt") == 200
    control = staged.client("s3control", ours.admin)
    # Without a host name there is no place for the account's label in front of it.
    control.meta.events.register("before-sign.s3-control", _without_label)
    control.put_public_access_block(
        AccountId=ours.number, PublicAccessBlockConfiguration={"RestrictPublicBuckets": True}
    )
    try:
        assert anonymous(staged, f"{bucket}/secret.txt") == 403
    finally:
        control.delete_public_access_block(AccountId=ours.number)
    assert anonymous(staged, f"{bucket}/secret.txt") == 200


def _without_label(request: Any, **_: Any) -> None:
    scheme, _separator, rest = str(request.url).partition("://")
    label, _dot, host = rest.partition(".")
    if label.isdigit() and len(label) == 12:
        request.url = f"{scheme}://{host}"
