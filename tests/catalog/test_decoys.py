"""Every way to touch what a canary is, and what is no touch: one event at a time through the whole hunt."""

import io
import json
from dataclasses import dataclass
from typing import Any, BinaryIO

import pytest

from stanch import app, estate

ACCOUNT = "111122223333"
DECOY = "llama/model-00000-of-00006.safetensors"
USER = f"arn:aws:iam::{ACCOUNT}:user/service/svc-model-export-17"
ESTATE = f"""
[perimeter]
accounts = ["{ACCOUNT}"]
networks = ["10.0.0.0/8"]

[[asset]]
name = "llama"
kind = "weights"
where = "s3://acme-weights/llama/"

[[asset]]
name = "decoy-shard"
kind = "weights"
where = "s3://acme-weights/{DECOY}"
decoy = true

[[asset]]
name = "decoy-key"
kind = "unknown"
where = "arn:*:iam::{ACCOUNT}:user/service/svc-model-export-17"
decoy = true

[[principal]]
match = "arn:*:iam::{ACCOUNT}:role/scanner"
purpose = "service"

[[principal]]
match = "arn:*:iam::{ACCOUNT}:user/platform-admin"
purpose = "admin"
"""
THIEF: dict[str, Any] = {
    "type": "AssumedRole",
    "principalId": "AROAEXAMPLE:i-0123456789abcdef0",
    "arn": f"arn:aws:sts::{ACCOUNT}:assumed-role/vllm/i-0123456789abcdef0",
    "accountId": ACCOUNT,
    "accessKeyId": "ASIAEXAMPLE",
    "sessionContext": {
        "sessionIssuer": {
            "type": "Role",
            "principalId": "AROAEXAMPLE",
            "arn": f"arn:aws:iam::{ACCOUNT}:role/vllm",
            "accountId": ACCOUNT,
            "userName": "vllm",
        }
    },
}
SCANNER = json.loads(json.dumps(THIEF).replace("vllm", "scanner"))
BAIT = {
    "type": "IAMUser",
    "principalId": "AIDAEXAMPLE",
    "arn": USER,
    "accountId": ACCOUNT,
    "accessKeyId": "AKIAEXAMPLE",
    "userName": "svc-model-export-17",
}
ADMIN = {**BAIT, "arn": f"arn:aws:iam::{ACCOUNT}:user/platform-admin", "userName": "platform-admin"}


@dataclass
class Log:
    content: bytes
    path: str = "events.json"
    size: int | None = None

    def open(self) -> BinaryIO:
        return io.BytesIO(self.content)


def event(
    name: str, who: dict[str, Any], source: str = "s3", address: str = "10.0.4.17", **more: Any
) -> dict[str, Any]:
    key = more.pop("key", DECOY)
    request = {"bucketName": "acme-weights", **({"key": key} if key else {}), **more.pop("request", {})}
    return {
        "eventVersion": "1.11",
        "eventID": f"00000000-0000-4000-8000-{abs(hash(name)) % 10**12:012}",
        "eventTime": "2026-05-04T09:12:00Z",
        "eventSource": f"{source}.amazonaws.com",
        "eventName": name,
        "awsRegion": "eu-central-1",
        "sourceIPAddress": address,
        "userIdentity": who,
        "recipientAccountId": ACCOUNT,
        "requestParameters": request if source == "s3" else more.pop("asked", None),
        "readOnly": not name.startswith(("Put", "Delete", "Copy")),
        **more,
    }


def hunted(record: dict[str, Any]) -> app.Hunted:
    log = Log(json.dumps({"Records": [record]}).encode())
    return app.hunt([log], estate.read(ESTATE), app.rules(), routines=app.routines())


def critical(record: dict[str, Any]) -> bool:
    """Whether it is told as critical, and with no doubt."""
    found = [finding for incident in hunted(record).incidents for finding in incident.findings]
    touched = [finding for finding in found if finding.detection == "exfiltration/decoy_touched"]
    assert all((one.severity.word, one.confidence) == ("critical", 1.0) for one in touched)
    return bool(touched)


@pytest.mark.parametrize(
    "name",
    ["GetObject", "HeadObject", "GetObjectAttributes", "SelectObjectContent", "GetObjectTagging", "PutObjectTagging",
     "GetObjectAcl", "PutObjectAcl", "DeleteObject", "RestoreObject", "GetObjectTorrent"],
)  # fmt: skip
@pytest.mark.parametrize("refused", [{}, {"errorCode": "AccessDenied", "errorMessage": "Access Denied"}])
def test_any_call_that_names_a_decoy_is_critical_in_vain_or_not(name: str, refused: dict[str, str]) -> None:
    assert critical(event(name, THIEF, **refused))


@pytest.mark.parametrize("name", ["CopyObject", "UploadPartCopy"])
def test_a_copy_touches_what_it_copies(name: str) -> None:
    source = {"x-amz-copy-source": f"acme-weights/{DECOY.replace('/', '%2F')}"}
    assert critical(event(name, THIEF, key="elsewhere/x", request=source))


@pytest.mark.parametrize("name", ["ListObjects", "ListObjectVersions", "ListObjectsV2"])
def test_a_listing_is_no_touch(name: str) -> None:
    assert not critical(event(name, THIEF, key=None, request={"prefix": "llama/"}))
    assert not critical(event(name, THIEF, key=None, request={"prefix": DECOY}))


def test_the_shard_beside_it_is_none() -> None:
    assert not critical(event("GetObject", THIEF, key="llama/model-00001-of-00006.safetensors"))


@pytest.mark.parametrize(
    ("name", "source", "refused"),
    [
        ("GetCallerIdentity", "sts", {}),
        ("GetSessionToken", "sts", {}),
        ("ListBuckets", "s3", {"errorCode": "AccessDenied"}),
        ("ListUsers", "iam", {"errorCode": "AccessDenied"}),
        ("InvokeModel", "bedrock", {"errorCode": "AccessDenied"}),
        ("RunInstances", "ec2", {"errorCode": "Client.UnauthorizedOperation"}),
    ],
)
def test_any_use_of_a_decoy_key_is_critical(name: str, source: str, refused: dict[str, str]) -> None:
    assert critical(event(name, BAIT, source, "203.0.113.66", key=None, **refused))
    assert critical(event(name, BAIT, source, key=None, **refused))


def test_a_declared_scanner_is_folded_with_its_reason_and_not_when_it_comes_from_outside() -> None:
    result = hunted(event("GetObject", SCANNER))
    told = [finding for incident in result.incidents for finding in incident.findings]
    assert [one for one in told if one.folded is None] == []
    (folded,) = result.coverage.folded
    assert folded.routine == "caretakers_touch_decoys"
    assert "declared" in folded.why
    assert critical(event("GetObject", SCANNER, address="203.0.113.66"))


def test_who_plants_and_retires_is_folded_and_who_reads_as_administrator_is_not() -> None:
    for name in ("PutObject", "DeleteObject"):
        record = event(name, ADMIN)
        assert not critical(record)
        assert [one.routine for one in hunted(record).coverage.folded] == ["caretakers_touch_decoys"]
    assert critical(event("GetObject", ADMIN))


def test_who_minted_a_decoy_key_is_not_taken_for_who_stole_it() -> None:
    asked = {"userName": "svc-model-export-17"}
    given = {"accessKey": {"accessKeyId": "AKIAEXAMPLE", "userName": "svc-model-export-17", "status": "Active"}}
    admin = {**ADMIN, "accessKeyId": "AKIAADMIN"}
    minted = event("CreateAccessKey", admin, "iam", asked=asked, responseElements=given, key=None)
    used = event("GetCallerIdentity", BAIT, "sts", "203.0.113.66", key=None)
    log = Log(json.dumps({"Records": [minted, used]}).encode())
    result = app.hunt([log], estate.read(ESTATE), app.rules(), routines=app.routines())
    every = [finding for incident in result.incidents for finding in incident.findings]
    (found,) = [finding for finding in every if finding.detection == "exfiltration/decoy_touched"]
    assert found.actor.origin == USER
    assert "platform-admin" not in " ".join((*found.resources, *found.sessions))
