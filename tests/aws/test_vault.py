"""Evidence goes where it can be kept, once, as it is; every other bucket is refused with the way to mend it."""

import hashlib
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.recorded_aws import RecordedAws, State

from stanch.aws.vault import Vault, VaultError, folder, named
from stanch.contracts.aws import AwsDenied, AwsError
from stanch.domain.arn import Arn
from stanch.domain.estate import EvidencePlace

HERE = "111122223333"
FORENSICS = "444455556666"
KEY = str(Arn("aws", "kms", "eu-central-1", FORENSICS, "key/1f0a"))
LATER = datetime(2027, 1, 1, tzinfo=UTC)
BODY = b"evidence"
SHA256 = hashlib.sha256(BODY).hexdigest()


def bucket(owner: str = HERE, region: str = "eu-central-1", mode: str | None = None) -> RecordedAws:
    """S3 with one bucket that has Object Lock."""

    def head(state: State, asked: Mapping[str, Any]) -> dict[str, Any]:
        if asked["ExpectedBucketOwner"] != owner:
            raise AwsDenied("s3:HeadBucket", "403", "Forbidden")
        return {"BucketRegion": region}

    def locks(state: State, asked: Mapping[str, Any]) -> dict[str, Any]:
        rule = {"Rule": {"DefaultRetention": {"Mode": mode, "Days": 1}}} if mode else {}
        return {"ObjectLockConfiguration": {"ObjectLockEnabled": "Enabled", **rule}}

    def put(state: State, asked: Mapping[str, Any]) -> dict[str, Any]:
        if asked["Key"] in state:
            raise AwsError("s3:PutObject", "PreconditionFailed", "At least one of the pre-conditions did not hold")
        state[asked["Key"]] = dict(asked)
        return {"VersionId": "v1"}

    def held(state: State, asked: Mapping[str, Any]) -> dict[str, Any]:
        there = state[asked["Key"]]
        return {
            "ContentLength": len(there["Body"]),
            "ChecksumSHA256": there["ChecksumSHA256"],
            "VersionId": "v1",
            "ObjectLockMode": there["ObjectLockMode"],
            "ObjectLockRetainUntilDate": there["ObjectLockRetainUntilDate"],
        }

    def retain(state: State, asked: Mapping[str, Any]) -> dict[str, Any]:
        state[asked["Key"]]["ObjectLockRetainUntilDate"] = asked["Retention"]["RetainUntilDate"]
        return {}

    return RecordedAws(
        {
            "s3:HeadBucket": head,
            "s3:GetObjectLockConfiguration": locks,
            "s3:PutObject": put,
            "s3:HeadObject": held,
            "s3:PutObjectRetention": retain,
        }
    )


def place(**changes: Any) -> EvidencePlace:
    return EvidencePlace(**({"bucket": "acme-evidence", "account": FORENSICS} | changes))


def put_twice(aws: RecordedAws) -> None:
    for _ in range(2):
        Vault.open(aws, place()).keep("a", BODY, SHA256, LATER)


def names(aws: RecordedAws) -> list[str]:
    return [name.split(":")[1] for name, _ in aws.calls]


def test_encrypts_under_the_key_and_locks_until_then() -> None:
    aws = bucket()
    kept = Vault.open(aws, place(key=KEY)).keep("a", BODY, SHA256, LATER)
    assert (kept.sha256, kept.bytes, kept.mode, kept.until) == (SHA256, len(BODY), "GOVERNANCE", LATER)
    put = aws.state["a"]
    assert (put["ServerSideEncryption"], put["SSEKMSKeyId"]) == ("aws:kms", KEY)
    assert (put["IfNoneMatch"], put["ExpectedBucketOwner"]) == ("*", HERE)


def test_leaves_the_encryption_to_a_bucket_in_another_region_than_the_key() -> None:
    aws = bucket(region="eu-west-1")
    Vault.open(aws, place(key=KEY)).keep("a", BODY, SHA256, LATER)
    assert "SSEKMSKeyId" not in aws.state["a"]


def test_locks_as_hard_as_the_bucket_itself_says() -> None:
    aws = bucket(mode="COMPLIANCE")
    assert Vault.open(aws, place()).keep("a", BODY, SHA256, LATER).mode == "COMPLIANCE"


def test_keeps_what_is_there_and_makes_only_its_lock_longer() -> None:
    aws = bucket()
    vault = Vault.open(aws, place())
    vault.keep("a", BODY, SHA256, LATER)
    assert vault.keep("a", BODY, SHA256, LATER - timedelta(days=9)).until == LATER
    assert "PutObjectRetention" not in names(aws)
    assert vault.keep("a", BODY, SHA256, LATER + timedelta(days=9)).until == LATER + timedelta(days=9)


def test_says_so_when_something_else_lies_under_the_name() -> None:
    vault = Vault.open(bucket(), place())
    vault.keep("a", BODY, SHA256, LATER)
    with pytest.raises(AwsError, match="should hold"):
        vault.keep("a", b"other", hashlib.sha256(b"other").hexdigest(), LATER)


def test_finds_the_bucket_in_the_forensic_account_and_trusts_no_third_one() -> None:
    aws = bucket(owner=FORENSICS)
    Vault.open(aws, place()).keep("a", BODY, SHA256, LATER)
    assert aws.state["a"]["ExpectedBucketOwner"] == FORENSICS
    with pytest.raises(AwsDenied):
        Vault.open(bucket(owner="999988887777"), place())


@pytest.mark.parametrize("operation", ["HeadBucket", "GetObjectLockConfiguration", "PutObject", "HeadObject"])
@pytest.mark.parametrize("code", ["AccessDenied", "SlowDown"])
def test_whatever_s3_refuses_comes_out_as_it_is(operation: str, code: str) -> None:
    aws = bucket()
    error = AwsError(f"s3:{operation}", code, "no")
    aws.failing[f"s3:{operation}"] = [error]
    with pytest.raises(AwsError) as raised:
        put_twice(aws)  # the second time it finds what the first has put
    assert raised.value is error


def test_a_bucket_without_a_lock_is_refused_with_the_command_that_mends_it() -> None:
    aws = bucket()
    missing = AwsError("s3:GetObjectLockConfiguration", "ObjectLockConfigurationNotFoundError", "none")
    aws.failing["s3:GetObjectLockConfiguration"] = [missing]
    with pytest.raises(VaultError, match="put-object-lock-configuration --bucket acme-evidence"):
        Vault.open(aws, place())
    with pytest.raises(VaultError, match="no evidence bucket"):
        Vault.open(aws, EvidencePlace())


@given(st.text(max_size=40), st.text(max_size=1500))
def test_no_name_climbs_out_of_its_folder(incident: str, resource: str) -> None:
    path = folder(f"inc-{incident}", Arn("aws", "ec2", "eu-central-1", HERE, resource))
    parts = path.rstrip("/").split("/")
    assert path.endswith("/")
    assert len(path) < 1024 - 100
    assert path.isascii()
    assert not {".", ".."} & set(parts)
    assert parts[0].startswith("inc-")


def test_a_name_holds_the_hash_of_what_it_names() -> None:
    where = folder("inc-1", Arn("aws", "ec2", "eu-central-1", HERE, "instance/i-1"))
    assert where == f"inc-1/{HERE}/eu-central-1/ec2/instance/i-1/"
    assert named(where, "console", SHA256, ".txt") == f"{where}console-{SHA256[:16]}.txt"
