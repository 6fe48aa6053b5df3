"""The recorder against real CloudTrail: the same call must leave the same fields."""

import contextlib
import json
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError
from tests.range.accounts import Account, Trail, allow, fresh, policy, trust

from stanch.aws import Credentials
from stanch.range.stage import Staged

RECORDED = Path(__file__).parents[3] / "shared" / "data" / "cloudtrail"

pytestmark = pytest.mark.skipif(
    not RECORDED.is_dir(), reason="the recorded CloudTrail events are not beside the checkout"
)

NOT_OURS = {
    "tlsDetails",
    "sharedEventID",
    "resources",
    "vpcEndpointId",
    "vpcEndpointAccountId",
    "errorMessage",
    "sessionCredentialFromConsole",
}
"""Fields that the range leaves out (it has neither TLS nor console), or that depend on what the real call found."""

MISSING_VOLUME = "vol-0123456789abcdef0"


def real(event: str, *, failed: bool) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    for path in sorted(RECORDED.glob("*/*.json")):
        body = json.loads(path.read_text())
        listed = body["Records"] if isinstance(body, dict) and "Records" in body else body
        found += [one for one in listed if one["eventName"] == event and bool(one.get("errorCode")) is failed]
    return found


def form(value: Any) -> Any:
    """Names and kinds, without the values."""
    if isinstance(value, dict):
        return {name: form(item) for name, item in value.items()}
    if isinstance(value, list):
        return [form(value[0])] if value else []
    return type(value).__name__


class Caller:
    """A user of whom nothing else is recorded, with every permission or with none."""

    def __init__(self, staged: Staged, ours: Account, *, powerless: bool) -> None:
        self.key: Credentials = ours.user(*([] if powerless else [allow("*")]))[1]
        self._staged = staged

    def call(self, service: str, method: str, **parameters: Any) -> None:
        with contextlib.suppress(ClientError):
            getattr(self._staged.client(service, self.key), method)(**parameters)


@pytest.fixture(scope="module")
def things(staged: Staged, ours: Account) -> dict[str, str]:
    """What the calls below are made on."""
    user, _ = ours.user()
    member, _ = ours.user()
    ours.iam.create_login_profile(UserName=member, Password="Correct-Horse-8!")
    role, arn = ours.role(trust({"AWS": ours.number}))
    snapshot = ours.ec2.create_snapshot(VolumeId=staged.host.volume_ids[0])["SnapshotId"]
    group = ours.ec2.create_security_group(GroupName=fresh("sg"), Description="x", VpcId=staged.host.vpc_id)["GroupId"]
    return {"user": user, "member": member, "role": role, "arn": arn, "snapshot": snapshot, "group": group}


MAKE = [
    ("iam", "CreateUser", {"UserName": "{new}", "Tags": [{"Key": "a", "Value": "b"}]}, False),
    ("iam", "CreateAccessKey", {"UserName": "{user}"}, False),
    ("iam", "AttachUserPolicy", {"UserName": "{user}", "PolicyArn": "arn:aws:iam::aws:policy/ReadOnlyAccess"}, False),
    (
        "iam",
        "CreateLoginProfile",
        {"UserName": "{user}", "Password": "Correct-Horse-9!", "PasswordResetRequired": False},
        False,
    ),
    ("iam", "UpdateLoginProfile", {"UserName": "{member}", "Password": "Correct-Horse-10!"}, False),
    ("iam", "UpdateAssumeRolePolicy", {"RoleName": "{role}", "PolicyDocument": "{document}"}, False),
    ("sts", "AssumeRole", {"RoleArn": "{arn}", "RoleSessionName": "tests", "DurationSeconds": 900}, False),
    ("sts", "GetCallerIdentity", {}, False),
    (
        "ec2",
        "ModifySnapshotAttribute",
        {"SnapshotId": "{snapshot}", "CreateVolumePermission": {"Add": [{"UserId": "444455556666"}]}},
        False,
    ),
    (
        "ec2",
        "AuthorizeSecurityGroupIngress",
        {"GroupId": "{group}", "IpProtocol": "tcp", "FromPort": 22, "ToPort": 22, "CidrIp": "0.0.0.0/0"},
        False,
    ),
    ("ec2", "DescribeSnapshots", {"OwnerIds": ["self"], "MaxResults": 1000}, False),
    ("ec2", "DescribeInternetGateways", {"MaxResults": 5}, False),
    ("ec2", "DescribeNetworkInterfaces", {}, False),
    ("iam", "GetUser", {"UserName": "{user}"}, True),
    ("iam", "CreatePolicyVersion", {"PolicyArn": "{policy}", "PolicyDocument": "{document}"}, True),
    ("sts", "AssumeRole", {"RoleArn": "{arn}", "RoleSessionName": "tests"}, True),
    ("ec2", "DescribeVolumes", {"VolumeIds": [MISSING_VOLUME]}, True),
    ("ec2", "DescribeVpcs", {"VpcIds": ["vpc-0123456789abcdef0"]}, True),
    ("ec2", "DescribeInstances", {"InstanceIds": ["i-0123456789abcdef0"]}, True),
    ("ec2", "DescribeSecurityGroups", {"GroupNames": ["x"]}, True),
    ("ec2", "DescribeKeyPairs", {"KeyNames": ["x"]}, True),
    ("ec2", "DescribeImages", {"Filters": [{"Name": "name", "Values": ["x"]}]}, True),
    ("ec2", "DescribeInstanceTypes", {"InstanceTypes": ["t3.micro"]}, True),
    ("ec2", "DescribeFlowLogs", {"Filters": [{"Name": "resource-id", "Values": ["x"]}]}, True),
    ("ec2", "GetPasswordData", {"InstanceId": "i-0123456789abcdef0"}, True),
    ("ec2", "StopInstances", {"InstanceIds": ["i-0123456789abcdef0"]}, True),
    ("ec2", "TerminateInstances", {"InstanceIds": ["i-0123456789abcdef0"]}, True),
    ("ec2", "DeleteSnapshot", {"SnapshotId": "snap-0123456789abcdef0"}, True),
    ("ec2", "CreateSecurityGroup", {"GroupName": "x", "Description": "x"}, True),
    (
        "ec2",
        "AuthorizeSecurityGroupEgress",
        {
            "GroupId": "sg-0123456789abcdef0",
            "IpPermissions": [
                {"IpProtocol": "tcp", "FromPort": 80, "ToPort": 80, "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}
            ],
        },
        True,
    ),
    ("s3", "ListBuckets", {}, True),
    ("s3", "GetBucketAcl", {"Bucket": "{absent}"}, True),
    ("s3", "GetBucketPolicy", {"Bucket": "{absent}"}, True),
    ("s3", "GetBucketVersioning", {"Bucket": "{absent}"}, True),
    ("s3", "DeleteBucketPolicy", {"Bucket": "{absent}"}, True),
    ("s3", "PutBucketAcl", {"Bucket": "{absent}", "ACL": "public-read"}, True),
    ("s3", "PutBucketVersioning", {"Bucket": "{absent}", "VersioningConfiguration": {"Status": "Enabled"}}, True),
]


@pytest.mark.parametrize(("service", "event", "parameters", "failed"), MAKE, ids=[f"{m[1]}-{m[3]}" for m in MAKE])
def test_a_record_has_the_fields_of_a_real_one(
    staged: Staged,
    ours: Account,
    trail: Trail,
    things: dict[str, str],
    service: str,
    event: str,
    parameters: dict[str, Any],
    failed: bool,
) -> None:
    examples = real(event, failed=failed)
    assert examples, "the recorded events changed: choose another call"
    caller = Caller(staged, ours, powerless=failed)
    names = {
        **things,
        "new": fresh("user"),
        "absent": fresh("absent-bucket"),
        "document": policy({"Effect": "Allow", "Principal": {"AWS": ours.number}, "Action": "sts:AssumeRole"}),
        "policy": f"arn:aws:iam::{ours.number}:policy/any",
    }
    sent = {name: names.get(str(value).strip("{}"), value) for name, value in parameters.items() if value != "{"}
    method = "".join(f"_{c.lower()}" if c.isupper() else c for c in event).lstrip("_")
    caller.call(service, method, **sent)
    made = [
        r for r in trail.records(eventName=event) if r["userIdentity"].get("accessKeyId") == caller.key.access_key_id
    ]
    assert made, "the call left no record"
    mine = made[0]
    assert ("errorCode" in mine) is failed, mine.get("errorMessage")

    assert set(mine) - NOT_OURS in [set(example) - NOT_OURS for example in examples]
    assert form(mine["requestParameters"]) in [form(example["requestParameters"]) for example in examples]
    if not failed:
        wanted = examples[0]["responseElements"]
        assert set(mine["responseElements"] or {}) == set(wanted or {})
    for field in ("eventType", "readOnly", "managementEvent", "eventCategory", "eventSource"):
        assert mine[field] == examples[0][field]
    if any("Unauthorized" in str(example.get("errorCode")) for example in examples):
        assert mine["errorCode"] == "Client.UnauthorizedOperation"
    assert mine["userIdentity"].keys() == next(e for e in real("GetUser", failed=True))["userIdentity"].keys()
