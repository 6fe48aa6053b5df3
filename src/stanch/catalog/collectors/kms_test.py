"""The collector of KMS against the range, and against recorded answers for pages and for what AWS manages."""

import json

from tests.collecting import collected, lacks, reader, says, survives_denials, turned
from tests.ground import Ground
from tests.recorded_aws import ACCOUNT, REGION, Operation, RecordedAws

from stanch.catalog.collectors import kms

OURS, THEIRS = (f"arn:aws:kms:{REGION}:{ACCOUNT}:key/{name}" for name in ("ours", "managed"))
POLICY = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": "*", "Action": "kms:*"}]}
METADATA = {"KeyId": "ours", "KeyManager": "CUSTOMER", "KeySpec": "SYMMETRIC_DEFAULT", "KeyState": "Enabled"}
GRANTS = [
    {"GrantId": "g-1", "GranteePrincipal": f"arn:aws:iam::{ACCOUNT}:role/serving", "Operations": ["Decrypt"]},
    {"GrantId": "g-2", "GranteePrincipal": "arn:aws:iam::444455556666:root", "Operations": ["CreateGrant"]},
]
NAMED = [
    {"AliasName": "alias/weights", "TargetKeyId": "ours"},
    {"AliasName": "alias/aws/s3", "TargetKeyId": "managed"},
    {"AliasName": "alias/aws/ebs"},
]
LISTED = [{"KeyId": "ours", "KeyArn": OURS}, {"KeyId": "managed", "KeyArn": THEIRS}]


def account(**changes: Operation) -> RecordedAws:
    operations = {
        "ListAliases": turned("Aliases", "Marker", "NextMarker", NAMED),
        "ListKeys": turned("Keys", "Marker", "NextMarker", LISTED),
        "DescribeKey": says({"KeyMetadata": METADATA}),
        "GetKeyPolicy": says({"Policy": json.dumps(POLICY)}),
        "ListGrants": turned("Grants", "Marker", "NextMarker", GRANTS),
        "GetKeyRotationStatus": says({"KeyRotationEnabled": True}),
    }
    return RecordedAws({f"kms:{name}": operation for name, operation in {**operations, **changes}.items()})


def test_policy_and_every_grant_of_our_keys_are_told() -> None:
    things, unknowns = collected(kms, account())
    assert unknowns == []
    assert things[OURS].data == {
        **LISTED[0],
        "Aliases": ["alias/weights"],
        "KeyMetadata": METADATA,
        "Policy": POLICY,
        "Grants": GRANTS,
        "Rotation": {"KeyRotationEnabled": True},
    }


def test_a_key_that_aws_manages_is_known_by_its_name_and_asked_nothing() -> None:
    aws = account()
    things, _ = collected(kms, aws)
    assert things[THEIRS].data == {**LISTED[1], "Aliases": ["alias/aws/s3"], "KeyMetadata": {"KeyManager": "AWS"}}
    assert THEIRS not in {asked.get("KeyId") for _, asked in aws.calls}


def test_a_key_that_aws_manages_is_known_without_its_name_too() -> None:
    managed = {"KeyId": "managed", "KeyManager": "AWS"}
    things, _ = collected(kms, account(ListAliases=says({}), DescribeKey=says({"KeyMetadata": managed})))
    assert things[THEIRS].data == {**LISTED[1], "Aliases": [], "KeyMetadata": managed}


def test_what_cannot_be_rotated_has_no_rotation() -> None:
    asymmetric = {**METADATA, "KeySpec": "RSA_2048"}
    aws = account(DescribeKey=says({"KeyMetadata": asymmetric}))
    assert collected(kms, aws)[0][OURS].data["Rotation"] is None
    assert "kms:GetKeyRotationStatus" not in {name for name, _ in aws.calls}
    imported = account(GetKeyRotationStatus=lacks("kms:GetKeyRotationStatus", "UnsupportedOperationException"))
    things, unknowns = collected(kms, imported)
    assert things[OURS].data["Rotation"] is None
    assert unknowns == []


def test_each_denial_is_one_gap_with_its_permission() -> None:
    survives_denials(kms, account(ListKeys=says({"Keys": LISTED[:1]})))


def test_the_declared_permissions_are_enough_where_they_are_enforced(ground: Ground) -> None:
    owner = ground.outsider
    made = owner.call("kms", "CreateKey", Policy=json.dumps(POLICY))["KeyMetadata"]
    name = f"alias/{ground.name('weights')}"
    owner.call("kms", "CreateAlias", AliasName=name, TargetKeyId=made["KeyId"])
    owner.call("kms", "CreateGrant", KeyId=made["KeyId"], GranteePrincipal=owner.caller, Operations=["Decrypt"])
    aws = reader(owner, kms)
    things, unknowns = collected(kms, aws)
    assert unknowns == []
    key = things[made["Arn"]].data
    assert key["Policy"] == POLICY
    assert key["Aliases"] == [name]
    assert [grant["GranteePrincipal"] for grant in key["Grants"]] == [owner.caller]
    assert key["Rotation"]["KeyRotationEnabled"] is False
    assert aws.needed == set(kms.PERMISSIONS)
