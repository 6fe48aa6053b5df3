"""The same deed is the same finding, whichever log of AWS tells it, and a folder may hold all of them."""

import io
import json
from dataclasses import dataclass
from typing import Any, BinaryIO

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from stanch import app, estate
from stanch.domain.estate import Estate
from stanch.domain.finding import Finding

OURS = """
[perimeter]
accounts = ["111122223333"]
networks = ["10.0.0.0/8"]

[[asset]]
name = "llama-70b-ft"
kind = "weights"
where = "s3://acme-weights/llama-70b-ft/"

[[asset]]
name = "decoy"
kind = "weights"
where = "s3://acme-decoy/"
decoy = true

[[principal]]
match = "arn:*:iam::111122223333:role/vllm-serving"
purpose = "serving"
"""
ARN = "arn:aws:sts::111122223333:assumed-role/vllm-serving/i-0123456789abcdef0"
KEY = "llama-70b-ft/model-00001-of-00006.safetensors"
STRANGER = "exfiltration/weights_read_by_stranger"


@dataclass
class Recorded:
    """A log file in memory."""

    path: str
    content: bytes
    size: int | None = None

    def open(self) -> BinaryIO:
        return io.BytesIO(self.content)


def in_cloudtrail(**more: Any) -> Recorded:
    record = {
        "eventID": "id-1",
        "eventTime": "2026-05-06T09:12:00Z",
        "eventSource": "s3.amazonaws.com",
        "eventName": "GetObject",
        "awsRegion": "eu-central-1",
        "sourceIPAddress": "203.0.113.50",
        "userIdentity": {"type": "AssumedRole", "arn": ARN, "accountId": "111122223333"},
        "requestParameters": {"bucketName": "acme-weights", "key": KEY},
        "additionalEventData": {"bytesTransferredOut": 4096},
        "recipientAccountId": "111122223333",
        **more,
    }
    return Recorded("trail.json", json.dumps({"Records": [record]}).encode())


def in_access_log(operation: str = "REST.GET.OBJECT", key: str = KEY, answer: str = "200 - 4096 4096 7 3") -> Recorded:
    sender = f"{'79a5' * 16} acme-weights [06/May/2026:09:12:00 +0000] 203.0.113.50 {ARN} 3E57427F3EXAMPLE"
    host = "acme-weights.s3.eu-central-1.amazonaws.com"
    line = f'{sender} {operation} {key} "GET /{key} HTTP/1.1" {answer} "-" "agent" - id= SigV4 - AuthHeader {host}'
    return Recorded("2026-05-06-09-20-00-ABC", line.encode())


def in_security_lake() -> Recorded:
    row = {
        "class_uid": 6003,
        "time": 1_778_058_720_000,
        "metadata": {"uid": "id-1", "product": {"name": "CloudTrail"}},
        "cloud": {"region": "eu-central-1", "account": {"uid": "111122223333"}},
        "api": {
            "operation": "GetObject",
            "service": {"name": "s3.amazonaws.com"},
            "request": {"data": json.dumps({"bucketName": "acme-weights", "key": KEY})},
        },
        "actor": {"user": {"type": "AssumedRole", "uid": ARN}},
        "src_endpoint": {"ip": "203.0.113.50"},
        "unmapped": [("additionalEventData.bytesTransferredOut", "4096")],
    }
    columns = {name: pa.array([value]) for name, value in row.items() if name != "unmapped"}
    columns["unmapped"] = pa.array([row["unmapped"]], pa.map_(pa.string(), pa.string()))
    kept = io.BytesIO()
    pq.write_table(pa.table(columns), kept)
    return Recorded("lake.gz.parquet", kept.getvalue())


def in_guardduty(number: int = 1) -> Recorded:
    key = {"userType": "AssumedRole", "userName": "vllm-serving", "principalId": "AROAX:i-0123456789abcdef0"}
    finding = {
        "schemaVersion": "2.0",
        "accountId": "111122223333",
        "region": "eu-central-1",
        "partition": "aws",
        "id": f"f{number}",
        "arn": f"arn:aws:guardduty:eu-central-1:111122223333:detector/1/finding/f{number}",
        "type": "Discovery:S3/MaliciousIPCaller",
        "severity": 8,
        "updatedAt": "2026-05-06T09:20:00Z",
        "resource": {"accessKeyDetails": key},
        "service": {"serviceName": "guardduty", "archived": False},
    }
    return Recorded("guardduty.jsonl", json.dumps(finding).encode())


def in_security_hub(*resources: dict[str, Any], **more: Any) -> Recorded:
    finding = {
        "SchemaVersion": "2018-10-08",
        "Id": "arn:aws:guardduty:eu-central-1:111122223333:detector/1/finding/f1",
        "ProductArn": "arn:aws:securityhub:eu-central-1::product/aws/guardduty",
        "AwsAccountId": "111122223333",
        "Types": ["TTPs/Discovery/Discovery:S3-MaliciousIPCaller"],
        "UpdatedAt": "2026-05-06T09:20:00Z",
        "Severity": {"Label": "HIGH"},
        "RecordState": "ACTIVE",
        "Resources": list(resources),
        **more,
    }
    return Recorded("hub.json", json.dumps(finding).encode())


def hunted(*files: Recorded) -> app.Hunted:
    return app.hunt(list(files), estate.read(OURS, "test"), app.rules())


def findings(*files: Recorded) -> dict[str, Finding]:
    return {finding.detection: finding for one in hunted(*files).incidents for finding in one.findings}


@pytest.mark.parametrize(
    "file",
    [in_cloudtrail(), in_access_log(), in_security_lake()],
    ids=["CloudTrail", "S3 access log", "Security Lake"],
)
def test_stolen_weights_are_the_same_finding_in_every_log(file: Recorded) -> None:
    result = hunted(file)
    assert result.coverage.complete, result.coverage
    (incident,) = result.incidents
    assert STRANGER in {finding.detection for finding in incident.findings}
    assert (incident.actor.arn, incident.left.objects, incident.left.bytes) == (ARN, 1, 4096)
    assert [asset.name for asset in incident.assets] == ["llama-70b-ft"]


def test_a_call_in_cloudtrail_and_in_security_lake_counts_once() -> None:
    result = hunted(in_cloudtrail(), in_security_lake())
    assert (result.coverage.events, result.coverage.duplicates) == (1, 1)


def test_a_read_in_cloudtrail_and_in_an_access_log_is_one_object_of_one_actor() -> None:
    result = hunted(in_cloudtrail(), in_access_log())
    (incident,) = result.incidents
    assert (incident.left.objects, incident.left.bytes) == (1, 8192)  # bytes twice, as the page says
    assert findings(in_cloudtrail(), in_access_log())[STRANGER].count == 2


def test_a_refused_read_in_an_access_log_is_an_attempt() -> None:
    assert findings(in_access_log(answer="403 AccessDenied 243 - 3 -"))[STRANGER].attempt


def test_the_reading_half_of_a_copy_touches_the_weights() -> None:
    assert STRANGER in findings(in_access_log("REST.COPY.OBJECT_GET", answer="200 - - 4096 7 3"))


@pytest.mark.parametrize("operation", ["REST.PUT.BUCKETPOLICY", "REST.PUT.ACL", "REST.PUT.PUBLIC_ACCESS_BLOCK"])
def test_a_setting_whose_body_is_not_in_the_log_is_not_called_opened(operation: str) -> None:
    assert not {id_ for id_ in findings(in_access_log(operation, "-")) if "opened" in id_ or "lifted" in id_}


def test_what_guardduty_and_security_hub_report_joins_the_story_of_the_same_actor() -> None:
    details = {
        "PrincipalId": "AROAX:i-0123456789abcdef0",
        "PrincipalName": "vllm-serving",
        "PrincipalType": "AssumedRole",
    }
    key = {"Type": "AwsIamAccessKey", "Id": "AWS::IAM::AccessKey:ASIAX", "Details": {"AwsIamAccessKey": details}}
    (incident,) = hunted(in_cloudtrail(), in_guardduty(), in_security_hub(key)).incidents
    told = {finding.detection for finding in incident.findings}
    assert {STRANGER, "reported/serious_threat_seen_by_guardduty", "reported/threat_seen_by_security_hub"} <= told


def test_a_finding_delivered_twice_counts_once() -> None:
    found = findings(in_guardduty(), in_guardduty(), in_guardduty(2))
    assert found["reported/serious_threat_seen_by_guardduty"].count == 2


def test_a_failed_check_on_a_decoy_is_no_touch_of_it() -> None:
    decoy = {"Type": "AwsS3Bucket", "Id": "arn:aws:s3:::acme-decoy"}
    check = in_security_hub(decoy, Types=["Software and Configuration Checks/x"], Compliance={"Status": "FAILED"})
    assert set(findings(check)) == {"reported/weakness_seen_by_security_hub"}


def test_an_instance_that_nobody_s_key_explains_is_the_actor_and_can_be_contained() -> None:
    instance = {"Type": "AwsEc2Instance", "Id": "arn:aws:ec2:eu-central-1:111122223333:instance/i-0123456789abcdef0"}
    finding = findings(in_security_hub(instance))["reported/threat_seen_by_security_hub"]
    assert finding.actor.arn == instance["Id"]


def test_one_folder_may_hold_every_log() -> None:
    files = [in_cloudtrail(), in_access_log(), in_security_lake(), in_guardduty(), in_security_hub()]
    coverage = app.hunt(files, Estate(), app.rules()).coverage
    assert coverage.files_skipped == ()
    assert (coverage.files_read, coverage.events + coverage.duplicates) == (5, 5)
