"""What may be done: identity policies, boundaries, session policies, trust, and both sides of an account's border."""

from datetime import timedelta
from time import monotonic
from typing import Any

import pytest
from tests.range.accounts import Account, allow, deny, fresh, policy, refused, trust

from stanch.aws import Credentials
from stanch.range.stage import Staged


def test_nothing_is_allowed_without_a_permission(staged: Staged, ours: Account) -> None:
    _, key = ours.user()
    bucket = ours.bucket()
    assert refused(lambda: staged.client("s3", key).get_object(Bucket=bucket, Key="secret.txt")) == "AccessDenied"
    assert refused(lambda: staged.client("iam", key).list_roles()) == "AccessDenied"
    assert refused(lambda: staged.client("ec2", key).describe_instances()) == "UnauthorizedOperation"
    assert refused(lambda: staged.client("cloudtrail", key).stop_logging(Name="main")) == "AccessDeniedException"
    assert staged.client("sts", key).get_caller_identity()["Account"] == ours.number


def test_a_permission_reaches_only_the_resources_it_names(staged: Staged, ours: Account) -> None:
    bucket = ours.bucket("a/one.txt")
    _, key = ours.user(allow("s3:GetObject", f"arn:aws:s3:::{bucket}/a/*"))
    s3 = staged.client("s3", key)
    assert s3.get_object(Bucket=bucket, Key="a/one.txt")["Body"].read() == b"weights"
    assert refused(lambda: s3.get_object(Bucket=bucket, Key="b/two.txt")) == "AccessDenied"
    assert refused(lambda: s3.list_objects_v2(Bucket=bucket)) == "AccessDenied"


def test_a_listing_can_be_held_to_a_prefix(staged: Staged, ours: Account) -> None:
    bucket = ours.bucket("a/one.txt")
    condition = {"StringLike": {"s3:prefix": "a/*"}}
    _, key = ours.user(allow("s3:ListBucket", f"arn:aws:s3:::{bucket}", Condition=condition))
    s3 = staged.client("s3", key)
    assert s3.list_objects_v2(Bucket=bucket, Prefix="a/")["KeyCount"] == 1
    assert refused(lambda: s3.list_objects_v2(Bucket=bucket)) == "AccessDenied"


def test_a_copy_needs_to_read_its_source(staged: Staged, ours: Account) -> None:
    source, target = ours.bucket(), ours.bucket()
    name, key = ours.user(allow("s3:PutObject", f"arn:aws:s3:::{target}/*"))
    s3 = staged.client("s3", key)
    copy = {"Bucket": target, "Key": "copy", "CopySource": {"Bucket": source, "Key": "secret.txt"}}
    assert refused(lambda: s3.copy_object(**copy)) == "AccessDenied"
    both = policy(allow("s3:PutObject", f"arn:aws:s3:::{target}/*"), allow("s3:GetObject", f"arn:aws:s3:::{source}/*"))
    ours.iam.put_user_policy(UserName=name, PolicyName="own", PolicyDocument=both)
    assert s3.copy_object(**copy)["CopyObjectResult"]


def test_a_group_speaks_for_its_members(staged: Staged, ours: Account) -> None:
    name, key = ours.user()
    group = fresh("group")
    ours.iam.create_group(GroupName=group)
    ours.iam.put_group_policy(GroupName=group, PolicyName="own", PolicyDocument=policy(allow("iam:ListUsers")))
    assert refused(lambda: staged.client("iam", key).list_users()) == "AccessDenied"
    ours.iam.add_user_to_group(GroupName=group, UserName=name)
    assert staged.client("iam", key).list_users()["Users"]


def test_only_the_default_version_of_a_managed_policy_counts(staged: Staged, ours: Account) -> None:
    name, key = ours.user()
    arn = ours.iam.create_policy(PolicyName=fresh("policy"), PolicyDocument=policy(allow("iam:ListUsers")))["Policy"][
        "Arn"
    ]
    ours.iam.attach_user_policy(UserName=name, PolicyArn=arn)
    assert staged.client("iam", key).list_users()["Users"]
    ours.iam.create_policy_version(PolicyArn=arn, PolicyDocument=policy(allow("iam:ListRoles")), SetAsDefault=True)
    assert refused(lambda: staged.client("iam", key).list_users()) == "AccessDenied"


@pytest.mark.parametrize("kind", ["user", "role"])
def test_a_boundary_caps_what_the_policies_allow(staged: Staged, ours: Account, kind: str) -> None:
    document = policy(allow("iam:ListRoles"))
    arn = ours.iam.create_policy(PolicyName=fresh("boundary"), PolicyDocument=document)["Policy"]["Arn"]
    wide = allow(["iam:ListRoles", "iam:ListUsers"])
    if kind == "user":
        name, key = ours.user(wide)
        ours.iam.put_user_permissions_boundary(UserName=name, PermissionsBoundary=arn)
        assert ours.iam.get_user(UserName=name)["User"]["PermissionsBoundary"]["PermissionsBoundaryArn"] == arn
    else:
        name, role = ours.role(trust({"AWS": ours.number}), wide)
        ours.iam.put_role_permissions_boundary(RoleName=name, PermissionsBoundary=arn)
        key = ours.assume(role)
    iam = staged.client("iam", key)
    assert iam.list_roles()["Roles"]
    assert refused(iam.list_users) == "AccessDenied"


def test_a_session_policy_caps_the_session(staged: Staged, ours: Account) -> None:
    _, role = ours.role(trust({"AWS": ours.number}), allow(["iam:ListRoles", "iam:ListUsers"]))
    iam = staged.client("iam", ours.assume(role, Policy=policy(allow("iam:ListRoles"))))
    assert iam.list_roles()["Roles"]
    assert refused(iam.list_users) == "AccessDenied"


def test_a_session_can_be_capped_by_managed_policies(staged: Staged, ours: Account) -> None:
    _, role = ours.role(trust({"AWS": ours.number}), allow(["iam:ListRoles", "s3:ListAllMyBuckets"]))
    session = ours.assume(role, PolicyArns=[{"arn": "arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess"}])
    assert staged.client("s3", session).list_buckets()["Buckets"]
    assert refused(lambda: staged.client("iam", session).list_roles()) == "AccessDenied"


def test_a_role_opened_by_another_roles_session_lives_an_hour_at_most(staged: Staged, ours: Account) -> None:
    _, first = ours.role(trust({"AWS": ours.number}), allow("sts:AssumeRole"))
    name, second = ours.role(trust({"AWS": ours.number}), allow("iam:ListRoles"))
    ours.iam.update_role(RoleName=name, MaxSessionDuration=7200)
    assert ours.assume(second, DurationSeconds=7200).token
    chained = ours.assume(first)
    assert refused(lambda: ours.assume(second, by=chained, DurationSeconds=7200)) == "ValidationError"
    assert staged.client("iam", ours.assume(second, by=chained)).list_roles()["Roles"]


def test_a_deny_on_the_time_of_issue_kills_the_old_session_and_spares_a_new_one(staged: Staged, ours: Account) -> None:
    name, role = ours.role(trust({"AWS": ours.number}), allow("iam:ListRoles"))
    old = ours.assume(role)
    assert staged.client("iam", old).list_roles()["Roles"]
    created = ours.iam.get_role(RoleName=name)["Role"]["CreateDate"].replace(microsecond=0)
    cutoff = (created + timedelta(seconds=2)).strftime("%Y-%m-%dT%H:%M:%SZ")
    revoked = deny("*", Condition={"DateLessThan": {"aws:TokenIssueTime": cutoff}})
    ours.iam.put_role_policy(RoleName=name, PolicyName="revoke", PolicyDocument=policy(revoked))
    assert refused(lambda: staged.client("iam", old).list_roles()) == "AccessDenied"
    assert _first_that_may_list(staged, ours, role).access_key_id != old.access_key_id
    assert refused(lambda: staged.client("iam", old).list_roles()) == "AccessDenied"


def test_a_deny_on_the_time_of_issue_does_not_touch_a_long_term_key(staged: Staged, ours: Account) -> None:
    never = {"DateLessThan": {"aws:TokenIssueTime": "2099-01-01T00:00:00Z"}}
    _, key = ours.user(allow("iam:ListRoles"), deny("*", Condition=never))
    assert staged.client("iam", key).list_roles()["Roles"]


def test_a_role_is_assumed_only_by_those_it_trusts(staged: Staged, ours: Account) -> None:
    _, key = ours.user(allow("sts:AssumeRole"))
    _, closed = ours.role(trust({"Service": "ec2.amazonaws.com"}))
    _, opened = ours.role(trust({"AWS": ours.number}))
    assert refused(lambda: ours.assume(closed, by=key)) == "AccessDenied"
    assert refused(lambda: ours.assume(f"arn:aws:iam::{ours.number}:role/absent", by=key)) == "AccessDenied"
    assert ours.assume(opened, by=key).token


def test_trust_in_the_account_still_needs_the_callers_own_permission(ours: Account) -> None:
    name, key = ours.user()
    _, by_account = ours.role(trust({"AWS": ours.number}))
    _, by_name = ours.role(trust({"AWS": f"arn:aws:iam::{ours.number}:user/{name}"}))
    assert refused(lambda: ours.assume(by_account, by=key)) == "AccessDenied"
    assert ours.assume(by_name, by=key).token


def test_a_deny_in_the_trust_policy_holds(ours: Account) -> None:
    name, role = ours.role(trust({"AWS": ours.number}))
    assert ours.assume(role).token
    locked = policy(
        {"Effect": "Allow", "Principal": {"AWS": ours.number}, "Action": "sts:AssumeRole"},
        {"Effect": "Deny", "Principal": {"AWS": "*"}, "Action": "sts:AssumeRole"},
    )
    ours.iam.update_assume_role_policy(RoleName=name, PolicyDocument=locked)
    assert refused(lambda: ours.assume(role)) == "AccessDenied"


def test_trust_can_ask_for_an_external_id(ours: Account) -> None:
    condition = {"StringEquals": {"sts:ExternalId": "order-7"}}
    _, role = ours.role(trust({"AWS": ours.number}, Condition=condition))
    assert refused(lambda: ours.assume(role)) == "AccessDenied"
    assert ours.assume(role, ExternalId="order-7").token


def test_another_accounts_role_needs_the_permission_of_both_sides(ours: Account, theirs: Account) -> None:
    _, closed = ours.role(trust({"AWS": ours.number}))
    _, opened = ours.role(trust({"AWS": theirs.number}))
    _, unable = theirs.user()
    _, able = theirs.user(allow("sts:AssumeRole", opened))
    assert refused(lambda: theirs.assume(closed)) == "AccessDenied"
    assert refused(lambda: theirs.assume(opened, by=unable)) == "AccessDenied"
    assert theirs.assume(opened, by=able).token


def test_another_accounts_bucket_needs_the_permission_of_both_sides(
    staged: Staged, ours: Account, theirs: Account
) -> None:
    bucket = ours.bucket(open_to_policies=True)
    _, unable = theirs.user()
    able_name, able = theirs.user(allow("s3:GetObject"))
    read = {"Bucket": bucket, "Key": "secret.txt"}
    assert refused(lambda: staged.client("s3", able).get_object(**read)) == "AccessDenied"
    statement = allow("s3:GetObject", f"arn:aws:s3:::{bucket}/*", Principal={"AWS": theirs.number})
    ours.s3.put_bucket_policy(Bucket=bucket, Policy=policy(statement))
    assert staged.client("s3", able).get_object(**read)["Body"].read() == b"weights"
    assert refused(lambda: staged.client("s3", unable).get_object(**read)) == "AccessDenied"
    refusing = deny(
        "s3:*", f"arn:aws:s3:::{bucket}/*", Principal={"AWS": f"arn:aws:iam::{theirs.number}:user/{able_name}"}
    )
    ours.s3.put_bucket_policy(Bucket=bucket, Policy=policy(statement, refusing))
    assert refused(lambda: staged.client("s3", able).get_object(**read)) == "AccessDenied"


def test_a_policy_that_cannot_be_read_is_not_stored(ours: Account) -> None:
    name, _ = ours.user()
    broken: dict[str, Any] = {
        "UserName": name,
        "PolicyName": "broken",
        "PolicyDocument": '{"Statement": [{"Effect": 1}]}',
    }
    assert refused(lambda: ours.iam.put_user_policy(**broken)) == "MalformedPolicyDocument"


def test_giving_a_role_to_a_host_needs_pass_role(staged: Staged, ours: Account) -> None:
    actions = ["ec2:AssociateIamInstanceProfile", "iam:AddRoleToInstanceProfile"]
    _, key = ours.user(allow(actions))
    profile = fresh("profile")
    ours.iam.create_instance_profile(InstanceProfileName=profile)
    add = {"InstanceProfileName": profile, "RoleName": "vllm-serving"}
    assert refused(lambda: staged.client("iam", key).add_role_to_instance_profile(**add)) == "AccessDenied"


def _first_that_may_list(staged: Staged, ours: Account, role: str) -> Credentials:
    """Times of issue have whole seconds: the first session after the cutoff comes within two of them."""
    give_up = monotonic() + 6
    while True:
        session = ours.assume(role)
        try:
            staged.client("iam", session).list_roles()
        except staged.client("iam", session).exceptions.ClientError:
            assert monotonic() < give_up, "no session was spared"
        else:
            return session
