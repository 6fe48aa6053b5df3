"""An account of a few dozen of everything, some of it wrong, the same each time; many times as large where asked for.

50 buckets, 100 roles, 20 hosts, 20 functions and 10 users: what scanners of configuration are usually compared on.
"""

import io
import json
import zipfile
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from stanch.contracts.aws import Aws

BUCKETS, ROLES, HOSTS, FUNCTIONS, USERS = 50, 100, 20, 20, 10
STRANGER = "999988887777"
_BLOCK = dict.fromkeys(("BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets"), True)


@dataclass
class Planted:
    """What is wrong on purpose, by kind: names of buckets, roles, functions, and ids of hosts, groups, snapshots."""

    wrong: dict[str, list[str]] = field(default_factory=dict)

    def note(self, kind: str, name: str) -> None:
        """One more."""
        self.wrong.setdefault(kind, []).append(name)


def build(aws: Aws, times: int = 1) -> Planted:
    """Make the account, so many times as large."""
    made = Planted()
    steps: list[tuple[Callable[[Aws, int, Planted], None], int]] = [
        (_bucket, BUCKETS),
        (_role, ROLES),
        (_user, USERS),
        (_function, FUNCTIONS),
    ]
    for step, count in steps:
        for number in range(count * times):
            step(aws, number, made)
    _hosts(aws, HOSTS * times, made)
    _snapshot(aws, made)
    aws.call("s3", "CreateBucket", Bucket="trail-logs")
    aws.call("cloudtrail", "CreateTrail", Name="main", S3BucketName="trail-logs", IsMultiRegionTrail=False)
    aws.call("cloudtrail", "StartLogging", Name="main")
    return made


def _document(*statements: dict[str, Any]) -> str:
    allowed = [{"Effect": "Allow", **statement} for statement in statements]
    return json.dumps({"Version": "2012-10-17", "Statement": allowed})


def _bucket(aws: Aws, number: int, made: Planted) -> None:
    name = f"corp-data-{number:04d}"
    arn = f"arn:{aws.partition}:s3:::{name}"
    aws.call("s3", "CreateBucket", Bucket=name)
    aws.call("s3", "PutObject", Bucket=name, Key="customers/export.csv", Body=b"id,email\n1,a@example.com\n")
    aws.call("s3", "DeletePublicAccessBlock", Bucket=name)  # which every new bucket has
    kind = number % 10
    if kind == 1:
        policy = _document({"Principal": "*", "Action": "s3:GetObject", "Resource": f"{arn}/*"})
        aws.call("s3", "PutBucketPolicy", Bucket=name, Policy=policy)
        made.note("public by policy", name)
    elif kind == 2:
        writer = {"Rules": [{"ObjectOwnership": "ObjectWriter"}]}
        aws.call("s3", "PutBucketOwnershipControls", Bucket=name, OwnershipControls=writer)
        aws.call("s3", "PutBucketAcl", Bucket=name, ACL="public-read")
        made.note("public by ACL", name)
    elif kind == 3:
        stranger = {"AWS": f"arn:{aws.partition}:iam::{STRANGER}:root"}
        policy = _document({"Principal": stranger, "Action": "s3:*", "Resource": [arn, f"{arn}/*"]})
        aws.call("s3", "PutBucketPolicy", Bucket=name, Policy=policy)
        made.note("of a stranger", name)
    if kind in {0, 3, 4, 5}:
        aws.call("s3", "PutPublicAccessBlock", Bucket=name, PublicAccessBlockConfiguration=_BLOCK)
    else:
        made.note("without a block", name)
    if number % 2:
        rules = [{"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "aws:kms"}}]
        aws.call("s3", "PutBucketEncryption", Bucket=name, ServerSideEncryptionConfiguration={"Rules": rules})
    if number % 3 == 0:
        aws.call("s3", "PutBucketVersioning", Bucket=name, VersioningConfiguration={"Status": "Enabled"})


def _role(aws: Aws, number: int, made: Planted) -> None:
    name, kind = f"app-role-{number:04d}", number % 20
    trusted: dict[str, str] = {"Service": "ec2.amazonaws.com" if number % 2 else "lambda.amazonaws.com"}
    if kind == 5:
        trusted = {"AWS": "*"}
        made.note("trusts everybody", name)
    elif kind == 6:
        trusted = {"AWS": f"arn:{aws.partition}:iam::{STRANGER}:root"}
        made.note("trusts a stranger", name)
    trust = _document({"Principal": trusted, "Action": "sts:AssumeRole"})
    aws.call("iam", "CreateRole", RoleName=name, AssumeRolePolicyDocument=trust)
    resource = f"arn:{aws.partition}:s3:::corp-data-{number % BUCKETS:04d}/*"
    inline: dict[str, Any] = {"Action": ["s3:GetObject"], "Resource": resource}
    if kind == 7:
        inline = {"Action": "*", "Resource": "*"}
        made.note("administers", name)
    elif kind == 8:
        inline = {"Action": ["iam:PassRole", "lambda:CreateFunction", "lambda:InvokeFunction"], "Resource": "*"}
        made.note("passes roles", name)
    aws.call("iam", "PutRolePolicy", RoleName=name, PolicyName="inline", PolicyDocument=_document(inline))
    if number % 4 == 0:
        policy = _document({"Action": ["logs:*"], "Resource": "*"})
        own = aws.call("iam", "CreatePolicy", PolicyName=f"app-policy-{number:04d}", PolicyDocument=policy)["Policy"]
        aws.call("iam", "AttachRolePolicy", RoleName=name, PolicyArn=own["Arn"])


def _user(aws: Aws, number: int, made: Planted) -> None:
    name = f"user-{number}"
    aws.call("iam", "CreateUser", UserName=name)
    aws.call("iam", "CreateAccessKey", UserName=name)
    policy = _document({"Action": "s3:*", "Resource": "*"})
    aws.call("iam", "PutUserPolicy", UserName=name, PolicyName="p", PolicyDocument=policy)
    made.note("with a key", name)


def _function(aws: Aws, number: int, made: Planted) -> None:
    name, packed = f"fn-{number:03d}", io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("index.py", "def h(e, c):\n    return 1\n")
    secret = number % 5 == 0
    aws.call(
        "lambda",
        "CreateFunction",
        FunctionName=name,
        Runtime="python3.11" if number % 3 else "python3.7",
        Role=f"arn:{aws.partition}:iam::{aws.account}:role/app-role-0000",
        Handler="index.h",
        Code={"ZipFile": packed.getvalue()},
        Environment={"Variables": {"DB_PASSWORD": "hunter2hunter2"} if secret else {"A": "b"}},
    )
    if secret:
        made.note("with a secret", name)
    if number % 10 == 3:
        anyone = {"StatementId": "pub", "Action": "lambda:InvokeFunction", "Principal": "*"}
        aws.call("lambda", "AddPermission", FunctionName=name, **anyone)
        made.note("called by everybody", name)


def _hosts(aws: Aws, count: int, made: Planted) -> None:
    vpc = next(one["VpcId"] for one in aws.call("ec2", "DescribeVpcs")["Vpcs"] if one.get("IsDefault"))
    subnet = aws.call("ec2", "DescribeSubnets", Filters=[{"Name": "vpc-id", "Values": [vpc]}])["Subnets"][0]["SubnetId"]
    groups = [
        aws.call("ec2", "CreateSecurityGroup", GroupName=name, Description=name, VpcId=vpc)["GroupId"]
        for name in ("open", "closed")
    ]
    everybody = [{"IpProtocol": "tcp", "FromPort": 22, "ToPort": 22, "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}]
    aws.call("ec2", "AuthorizeSecurityGroupIngress", GroupId=groups[0], IpPermissions=everybody)
    made.note("open to the world", groups[0])
    aws.call("iam", "CreateInstanceProfile", InstanceProfileName="ip")
    aws.call("iam", "AddRoleToInstanceProfile", InstanceProfileName="ip", RoleName="app-role-0007")
    for number in range(count):
        told = aws.call(
            "ec2",
            "RunInstances",
            ImageId="ami-12c6146b",
            MinCount=1,
            MaxCount=1,
            InstanceType="t3.micro",
            SubnetId=subnet,
            SecurityGroupIds=[groups[0] if number % 4 == 0 else groups[1]],
            IamInstanceProfile={"Name": "ip"},
            MetadataOptions={"HttpTokens": "required" if number % 2 else "optional", "HttpEndpoint": "enabled"},
        )
        if number % 2 == 0:
            made.note("gives its role away", told["Instances"][0]["InstanceId"])


def _snapshot(aws: Aws, made: Planted) -> None:
    volume = aws.call("ec2", "CreateVolume", AvailabilityZone=f"{aws.region}a", Size=1)["VolumeId"]
    snapshot = aws.call("ec2", "CreateSnapshot", VolumeId=volume)["SnapshotId"]
    share: dict[str, Any] = {"Attribute": "createVolumePermission", "OperationType": "add", "GroupNames": ["all"]}
    aws.call("ec2", "ModifySnapshotAttribute", SnapshotId=snapshot, **share)
    made.note("public snapshot", snapshot)
