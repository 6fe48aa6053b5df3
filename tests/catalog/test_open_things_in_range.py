"""What strangers reach, made in the range and read by the collectors: each hole is found, and no healthy twin."""

import json
from collections.abc import Iterable, Iterator
from importlib import import_module
from typing import Any

import pytest

from stanch.aws import Door
from stanch.contracts.check import Posture
from stanch.domain.verdict import Ruling
from tests.collecting import collected
from tests.ground import Ground, opened
from tests.posturing import posture, rulings
from tests.trusting import STRANGER, document, trusting

ELSEWHERE = "eu-west-1"


@pytest.fixture(scope="module")
def ground() -> Iterator[Ground]:
    """A range of its own: these checks ask about the whole account, and others leave in theirs what they like."""
    with opened() as staged:
        yield staged


def seen(ground: Ground, aws: Door, collectors: Iterable[str], toml: str | None = None) -> Posture:
    """The posture of the account as these collectors read it now."""
    lines: list[dict[str, Any]] = []
    for name in collectors:
        things, unknowns = collected(import_module(f"stanch.catalog.collectors.{name}"), aws)
        assert unknowns == []
        for thing in things.values():
            data = json.loads(json.dumps(thing.data, default=str))
            lines.append({"kind": thing.kind, "arn": thing.arn, "account": ground.account, "data": data})
    return posture(lines, toml)


def allowing(principal: Any, action: str, resource: str = "*", **conditions: Any) -> str:
    """A policy of one statement."""
    statement = {"Sid": "s", "Effect": "Allow", "Principal": principal, "Action": action, "Resource": resource}
    return json.dumps(document({**statement, "Condition": conditions} if conditions else statement))


def told(check: str, about: Posture, *arns: str) -> list[Ruling]:
    """The rulings on these things."""
    found = rulings(check, about)
    return [found[arn] for arn in arns]


HOLE = [Ruling.FAIL, Ruling.PASS]


def test_buckets_in_the_range(ground: Ground) -> None:
    blocked = ground.bucket()
    on = {"BlockPublicAcls": True, "IgnorePublicAcls": True, "BlockPublicPolicy": True, "RestrictPublicBuckets": True}
    ground.admin.call("s3", "PutPublicAccessBlock", Bucket=blocked, PublicAccessBlockConfiguration=on)
    bare = ground.bucket()
    for name in (blocked, bare):
        ground.admin.call("s3", "PutBucketVersioning", Bucket=name, VersioningConfiguration={"Status": "Enabled"})
    rule = {"ID": "out", "Status": "Enabled", "Priority": 1, "Filter": {"Prefix": ""},
            "DeleteMarkerReplication": {"Status": "Disabled"},
            "Destination": {"Bucket": f"arn:aws:s3:::{blocked}", "Account": STRANGER}}  # fmt: skip
    role = ground.role(service="s3.amazonaws.com")
    ground.admin.call(
        "s3", "PutBucketReplication", Bucket=bare, ReplicationConfiguration={"Role": role, "Rules": [rule]}
    )
    about = seen(ground, ground.admin, ["s3", "iam"])
    arns = [f"arn:aws:s3:::{name}" for name in (bare, blocked)]
    assert told("public/bucket_blocked", about, *arns) == HOLE
    # The bucket is ours, whatever account the rule names.
    assert told("public/replication_outside", about, *arns) == [Ruling.PASS, Ruling.PASS]


def test_copies_of_disks_and_databases_in_the_range(ground: Ground) -> None:
    aws = ground.admin.at(ELSEWHERE)
    volume = aws.call("ec2", "CreateVolume", AvailabilityZone=f"{ELSEWHERE}a", Size=1)["VolumeId"]
    names = [aws.call("ec2", "CreateSnapshot", VolumeId=volume)["SnapshotId"] for _ in range(3)]
    share = {"Attribute": "createVolumePermission", "OperationType": "add"}
    aws.call("ec2", "ModifySnapshotAttribute", SnapshotId=names[0], GroupNames=["all"], **share)
    aws.call("ec2", "ModifySnapshotAttribute", SnapshotId=names[1], UserIds=[STRANGER], **share)
    about = seen(ground, aws, ["ec2.disks"])
    arns = [f"arn:aws:ec2:{ELSEWHERE}::snapshot/{name}" for name in names]
    assert told("public/copy_shared", about, *arns) == [Ruling.FAIL, Ruling.FAIL, Ruling.PASS]


def test_policies_of_other_services_in_the_range(ground: Ground) -> None:
    aws = ground.admin.at(ELSEWHERE)
    topics = [aws.call("sns", "CreateTopic", Name=ground.name("news"))["TopicArn"] for _ in range(2)]
    open_topic = allowing({"AWS": "*"}, "SNS:Subscribe", topics[0])
    aws.call("sns", "SetTopicAttributes", TopicArn=topics[0], AttributeName="Policy", AttributeValue=open_topic)
    secrets = [
        aws.call("secretsmanager", "CreateSecret", Name=ground.name("hub"), SecretString="x")["ARN"] for _ in "ab"
    ]
    partner = {"AWS": f"arn:aws:iam::{STRANGER}:root"}
    given = allowing(partner, "secretsmanager:GetSecretValue")
    aws.call("secretsmanager", "PutResourcePolicy", SecretId=secrets[0], ResourcePolicy=given)
    about = seen(ground, aws, ["sns", "secretsmanager"])
    assert told("public/resource_open", about, *topics) == HOLE
    assert told("public/resource_open", about, *secrets) == HOLE


def test_keys_in_the_range(ground: Ground) -> None:
    aws = ground.admin.at(ELSEWHERE)
    keys = [aws.call("kms", "CreateKey")["KeyMetadata"]["Arn"] for _ in range(2)]
    aws.call(
        "kms", "CreateGrant", KeyId=keys[0], GranteePrincipal=f"arn:aws:iam::{STRANGER}:root", Operations=["Decrypt"]
    )
    assert told("cross_account/key_open", seen(ground, aws, ["kms"]), *keys) == HOLE


def test_documents_and_repositories_in_the_range(ground: Ground) -> None:
    aws = ground.admin.at(ELSEWHERE)
    steps = json.dumps(
        {"schemaVersion": "2.2", "mainSteps": [{"action": "aws:runShellScript", "name": "a", "inputs": {}}]}
    )
    names = [ground.name("load") for _ in range(2)]
    for name in names:
        aws.call("ssm", "CreateDocument", Name=name, DocumentType="Command", Content=steps)
    aws.call("ssm", "ModifyDocumentPermission", Name=names[0], PermissionType="Share", AccountIdsToAdd=["all"])
    images = [ground.name("serving") for _ in range(2)]
    arns = [aws.call("ecr", "CreateRepository", repositoryName=one)["repository"]["repositoryArn"] for one in images]
    statement = {"Effect": "Allow", "Principal": {"AWS": STRANGER}, "Action": ["ecr:BatchGetImage"]}
    aws.call("ecr", "SetRepositoryPolicy", repositoryName=images[0], policyText=json.dumps(document(statement)))
    about = seen(ground, aws, ["ssm", "ecr"])
    documents = [f"arn:aws:ssm:{ELSEWHERE}:{ground.account}:document/{name}" for name in names]
    assert told("public/document_shared", about, *documents) == HOLE
    assert told("registry/registry_open", about, *arns) == HOLE


def made(ground: Ground, name: str, trust: Any, *allowed: Any) -> str:
    """A role; its ARN."""
    told = ground.admin.call("iam", "CreateRole", RoleName=name, AssumeRolePolicyDocument=json.dumps(trust))
    policy = json.dumps(document(*allowed))
    ground.admin.call("iam", "PutRolePolicy", RoleName=name, PolicyName="work", PolicyDocument=policy)
    return str(told["Role"]["Arn"])


def test_roles_that_strangers_become_in_the_range(ground: Ground) -> None:
    store = ground.bucket()
    reads = {"Effect": "Allow", "Action": "s3:GetObject", "Resource": f"arn:aws:s3:::{store}/*"}
    nothing = {"Effect": "Allow", "Action": "ses:SendEmail", "Resource": "*"}
    partner = trusting({"AWS": f"arn:aws:iam::{STRANGER}:root"})
    bound = trusting({"AWS": f"arn:aws:iam::{STRANGER}:root"}, {"StringEquals": {"sts:ExternalId": "x1"}})
    hole, twin = (
        made(ground, ground.name("partner"), partner, reads),
        made(ground, ground.name("mailer"), bound, nothing),
    )
    star, held = made(ground, ground.name("star"), trusting({"AWS": "*"}), nothing), ground.role()
    writes = {"Effect": "Allow", "Action": "iam:PutRolePolicy", "Resource": "*"}
    climber = made(ground, ground.name("climber"), trusting({"Service": "ec2.amazonaws.com"}), writes)
    toml = f'[[asset]]\nname = "model"\nkind = "weights"\nwhere = "s3://{store}/"\n'
    about = seen(ground, ground.admin, ["iam", "s3"], toml)
    assert told("cross_account/role_reaches_asset", about, hole, twin) == HOLE
    assert told("cross_account/external_id_missing", about, hole, twin) == HOLE
    assert told("trust/anybody", about, star, held) == HOLE
    assert told("trust/compute_admin", about, held, climber) == HOLE
    assert told("trust/becomes_admin", about, climber, held) == HOLE


def test_users_in_the_range(ground: Ground) -> None:
    keyed, _ = ground.user()
    name = ground.name("person")
    plain = ground.admin.call("iam", "CreateUser", UserName=name)["User"]["Arn"]
    about = seen(ground, ground.admin, ["iam", "s3"])
    assert told("trust/permanent_keys", about, keyed, plain) == HOLE
    ground.admin.call("iam", "CreateLoginProfile", UserName=name, Password="Correct-horse-battery-1")
    about = seen(ground, ground.admin, ["iam"])
    assert told("trust/console_without_mfa", about, plain, keyed) == HOLE


@pytest.mark.parametrize("principal", ["*", STRANGER])
def test_functions_in_the_range(ground: Ground, principal: str) -> None:
    aws = ground.admin.at(ELSEWHERE)
    role = ground.role(service="lambda.amazonaws.com")
    names = [ground.name("embed") for _ in range(2)]
    for name in names:
        code = {"ImageUri": f"{ground.account}.dkr.ecr.{ELSEWHERE}.amazonaws.com/x:1"}
        aws.call("lambda", "CreateFunction", FunctionName=name, Role=role, Code=code, PackageType="Image")
    add = {"StatementId": "s", "Action": "lambda:InvokeFunction", "Principal": principal}
    aws.call("lambda", "AddPermission", FunctionName=names[0], **add)
    arns = [f"arn:aws:lambda:{ELSEWHERE}:{ground.account}:function:{name}" for name in names]
    assert told("public/function_open", seen(ground, aws, ["functions"]), *arns) == HOLE
