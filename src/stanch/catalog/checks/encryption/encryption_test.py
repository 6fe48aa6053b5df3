"""Edges of the checks of encryption and versions."""

import json
from typing import Any

import pytest
from tests.posturing import ACCOUNT, posture, rulings, verdicts
from tests.trusting import ASSET, DECOY, bucket, document, thing

from stanch.domain.severity import Severity
from stanch.domain.verdict import Ruling

ARN = "arn:aws:s3:::models-eu"
KEY = f"arn:aws:kms:eu-central-1:{ACCOUNT}:key/k-1"
HIDDEN: Any = {"$unseen": "s3:GetBucketX: AccessDenied"}
DENY: dict[str, Any] = {
    "Effect": "Deny",
    "Principal": "*",
    "Action": "s3:*",
    "Resource": [ARN, f"{ARN}/*"],
    "Condition": {"Bool": {"aws:SecureTransport": "false"}},
}
CHECKS = ["transit_plain", "rest_unforced", "versions_off", "versions_lost"]


def ruling(check: str, toml: str | None = ASSET, *more: Any, **data: Any) -> Any:
    return rulings(f"encryption/{check}", posture([bucket(**data), *more], toml)).get(ARN)


@pytest.mark.parametrize("check", CHECKS)
def test_only_what_is_declared_is_asked_about(check: str) -> None:
    assert ruling(check, DECOY) is None
    assert ruling(check, ASSET.replace("models-eu", "others")) is None
    root = f"arn:aws:iam::{ACCOUNT}:root"
    assert rulings(f"encryption/{check}", posture([bucket()])) == {root: Ruling.UNKNOWN}


@pytest.mark.parametrize(
    ("statement", "expected"),
    [
        (DENY, Ruling.PASS),
        ({**DENY, "Principal": {"AWS": "*"}}, Ruling.PASS),
        ({**DENY, "Action": "s3:Put*"}, Ruling.FAIL),
        ({**DENY, "Resource": ARN}, Ruling.FAIL),
        ({**DENY, "Condition": {"Bool": {"aws:SecureTransport": "true"}}}, Ruling.FAIL),
        ({**DENY, "Condition": {**DENY["Condition"], "StringEquals": {"aws:PrincipalOrgID": "o-1"}}}, Ruling.FAIL),
        ({**DENY, "Principal": {"AWS": "arn:aws:iam::111122223333:role/x"}}, Ruling.FAIL),
        ({**DENY, "Effect": "Allow"}, Ruling.FAIL),
    ],
)
def test_a_denial_of_plain_http_counts_as_s3_would_decide_it(statement: Any, expected: Ruling) -> None:
    assert ruling("transit_plain", Policy=document(statement)) is expected


def test_a_resource_control_policy_denies_for_a_whole_organisation() -> None:
    everywhere = {**DENY, "Resource": "*"}
    control = {
        "Type": "RESOURCE_CONTROL_POLICY",
        "Content": document(everywhere),
        "Targets": [{"TargetId": "r-1", "Type": "ROOT"}],
    }
    arn = f"arn:aws:organizations::{ACCOUNT}:policy/o-1/resource_control_policy/p-1"
    assert ruling("transit_plain", ASSET, thing("organizations/policy", arn, control)) is Ruling.PASS
    elsewhere = {**control, "Targets": [{"TargetId": "444455556666", "Type": "ACCOUNT"}]}
    assert ruling("transit_plain", ASSET, thing("organizations/policy", arn, elsewhere)) is Ruling.FAIL


@pytest.mark.parametrize(
    ("check", "key"),
    [
        ("transit_plain", "Policy"),
        ("rest_unforced", "Encryption"),
        ("versions_off", "Versioning"),
        ("versions_lost", "Lifecycle"),
    ],
)
def test_what_was_not_seen_is_unknown(check: str, key: str) -> None:
    (verdict,) = verdicts(
        f"encryption/{check}", posture([thing("s3/bucket", ARN, {"Name": "models-eu", key: HIDDEN})], ASSET)
    )
    assert verdict.ruling is Ruling.UNKNOWN
    assert "s3:GetBucketX" in verdict.why


def encrypted(algorithm: str, key: str | None = None) -> dict[str, Any]:
    how = {"SSEAlgorithm": algorithm, **({"KMSMasterKeyID": key} if key else {})}
    return {"Rules": [{"ApplyServerSideEncryptionByDefault": how}]}


def test_whose_key_it_is_and_whether_it_can_be_passed_by() -> None:
    for plain in (None, encrypted("AES256"), encrypted("aws:kms"), encrypted("aws:kms", "alias/aws/s3")):
        assert ruling("rest_unforced", Encryption=plain) is Ruling.FAIL
    (mild,) = verdicts("encryption/rest_unforced", posture([bucket(Encryption=encrypted("aws:kms", KEY))], ASSET))
    assert (mild.ruling, mild.severity) == (Ruling.FAIL, Severity.LOW)
    which = {"StringNotEquals": {"s3:x-amz-server-side-encryption-aws-kms-key-id": KEY}}
    denied = {"Effect": "Deny", "Principal": "*", "Action": "s3:PutObject", "Resource": f"{ARN}/*", "Condition": which}
    assert ruling("rest_unforced", Encryption=encrypted("aws:kms", KEY), Policy=document(denied)) is Ruling.PASS


def test_suspended_versions_are_none() -> None:
    assert ruling("versions_off", Versioning={"Status": "Suspended"}) is Ruling.FAIL


@pytest.mark.parametrize(
    ("rule", "expected"),
    [
        ({"NoncurrentVersionExpiration": {"NoncurrentDays": 29}}, Ruling.FAIL),
        ({"NoncurrentVersionExpiration": {"NoncurrentDays": 30}}, Ruling.PASS),
        ({"NoncurrentVersionExpiration": {"NoncurrentDays": 1, "NewerNoncurrentVersions": 5}}, Ruling.PASS),
        ({"NoncurrentVersionExpiration": {"NoncurrentDays": 1}, "Status": "Disabled"}, Ruling.PASS),
        (
            {"NoncurrentVersionExpiration": {"NoncurrentDays": 1}, "Filter": {"Tag": {"Key": "a", "Value": "b"}}},
            Ruling.PASS,
        ),
        ({"Expiration": {"Days": 1}}, Ruling.PASS),
    ],
)
def test_when_old_versions_go(rule: Any, expected: Ruling) -> None:
    assert ruling("versions_lost", Lifecycle=[{"ID": "r", "Status": "Enabled", "Filter": {}, **rule}]) is expected


def test_a_rule_for_another_prefix_deletes_nothing_of_the_asset() -> None:
    rule = {"Status": "Enabled", "Filter": {"Prefix": "tmp/"}, "NoncurrentVersionExpiration": {"NoncurrentDays": 1}}
    assert ruling("versions_lost", ASSET.replace("models-eu/", "models-eu/weights/"), Lifecycle=[rule]) is Ruling.PASS


@pytest.mark.parametrize(
    ("lock", "expected", "severity"),
    [
        (None, Ruling.FAIL, Severity.HIGH),
        ({"ObjectLockEnabled": "Enabled"}, Ruling.FAIL, Severity.MEDIUM),
        (
            {"ObjectLockEnabled": "Enabled", "Rule": {"DefaultRetention": {"Mode": "GOVERNANCE", "Days": 9}}},
            Ruling.FAIL,
            Severity.MEDIUM,
        ),
        (
            {"ObjectLockEnabled": "Enabled", "Rule": {"DefaultRetention": {"Mode": "COMPLIANCE", "Years": 1}}},
            Ruling.PASS,
            Severity.INFORMATIONAL,
        ),
    ],
)
def test_what_a_lock_keeps(lock: Any, expected: Ruling, severity: Severity) -> None:
    evidence = ASSET.replace("weights", "evidence")
    (verdict,) = verdicts("encryption/evidence_unlocked", posture([bucket(ObjectLock=lock)], evidence))
    assert (verdict.ruling, verdict.severity) == (expected, severity)
    named = '[response.evidence]\nbucket = "models-eu"\n'
    assert rulings("encryption/evidence_unlocked", posture([bucket(ObjectLock=lock)], named)) == {ARN: expected}


def key(arn: str = KEY, state: str = "Enabled", *aliases: str, **data: Any) -> dict[str, Any]:
    told = {"KeyManager": "CUSTOMER", "KeyState": state}
    return thing("kms/key", arn, {"Aliases": list(aliases), "KeyMetadata": told, "Rotation": None, **data})


@pytest.mark.parametrize("name", [KEY, "k-1", "alias/weights", KEY.replace("key/k-1", "alias/weights")])
def test_a_key_is_found_by_each_of_its_names(name: str) -> None:
    store = bucket(Encryption=encrypted("aws:kms", name), BucketRegion="eu-central-1")
    found = rulings("encryption/key_dying", posture([store, key(KEY, "PendingDeletion", "alias/weights")], ASSET))
    assert found == {KEY: Ruling.FAIL}


def test_a_dying_key_on_which_nothing_hangs_is_no_hole() -> None:
    assert rulings("encryption/key_dying", posture([bucket(), key(KEY, "PendingDeletion")], ASSET)) == {
        KEY: Ruling.PASS
    }
    assert rulings("encryption/key_dying", posture([key(KEY, "PendingDeletion")])) == {KEY: Ruling.PASS}


@pytest.mark.parametrize(
    ("rotation", "expected"),
    [
        ({"KeyRotationEnabled": False}, Ruling.FAIL),
        ({"KeyRotationEnabled": True}, Ruling.PASS),
        (None, Ruling.PASS),
        (HIDDEN, Ruling.UNKNOWN),
    ],
)
def test_rotation(rotation: Any, expected: Ruling) -> None:
    lines = [bucket(Encryption=encrypted("aws:kms", KEY)), key(Rotation=rotation)]
    assert rulings("encryption/key_unrotated", posture(lines, ASSET)) == {KEY: expected}


HOST = f"arn:aws:ec2:eu-central-1:{ACCOUNT}:instance/i-1"
VOLUME = f"arn:aws:ec2:eu-central-1:{ACCOUNT}:volume/vol-1"


def disk(instance: str = "g5.xlarge", **data: Any) -> list[dict[str, Any]]:
    told = {"VolumeId": "vol-1", "Attachments": [{"InstanceId": "i-1"}], **data}
    return [
        thing("ec2/instance", HOST, {"InstanceId": "i-1", "InstanceType": instance}),
        thing("ec2/volume", VOLUME, told),
    ]


def test_disks_of_other_hosts_are_not_asked_about() -> None:
    assert rulings("encryption/disk_plain", posture(disk("t3.micro", Encrypted=False))) == {}


@pytest.mark.parametrize(
    ("data", "plain", "unshareable"),
    [
        ({"Encrypted": False}, Ruling.FAIL, Ruling.PASS),
        ({"Encrypted": True, "KmsKeyId": KEY}, Ruling.PASS, Ruling.PASS),
        ({"Encrypted": True, "KmsKeyId": "alias/aws/ebs"}, Ruling.PASS, Ruling.FAIL),
        ({"Encrypted": True, "KmsKeyId": f"{KEY}-of-another"}, Ruling.PASS, Ruling.UNKNOWN),
        ({}, Ruling.UNKNOWN, Ruling.UNKNOWN),
    ],
)
def test_a_disk_is_plain_or_not_and_can_be_shared_or_not(data: Any, plain: Ruling, unshareable: Ruling) -> None:
    about = posture([*disk(**data), key()])
    assert rulings("encryption/disk_plain", about) == {VOLUME: plain}
    assert rulings("encryption/disk_unshareable", about) == {VOLUME: unshareable}


def test_amazon_s_own_key_is_known_by_its_alias() -> None:
    lines = [*disk(Encrypted=True, KmsKeyId=KEY), key(KEY, "Enabled", "alias/aws/ebs")]
    assert rulings("encryption/disk_unshareable", posture(lines)) == {VOLUME: Ruling.FAIL}


def test_a_bucket_without_a_policy_gets_a_whole_one_and_a_standing_one_is_not_written_over() -> None:
    (bare,) = verdicts("encryption/transit_plain", posture([bucket()], ASSET))
    assert bare.remedy is not None
    ((*_, policy),) = bare.remedy.commands
    assert ruling("transit_plain", Policy=json.loads(policy)) is Ruling.PASS
    kept = document(
        {"Effect": "Allow", "Principal": {"AWS": ACCOUNT}, "Action": "s3:GetObject", "Resource": f"{ARN}/*"}
    )
    (standing,) = verdicts("encryption/transit_plain", posture([bucket(Policy=kept)], ASSET))
    assert standing.remedy is not None
    assert [command[2] for command in standing.remedy.commands] == ["get-bucket-policy", "put-bucket-policy"]
    assert standing.remedy.commands[1][-1].startswith("file://")
