"""OCSF of Security Lake: CloudTrail's calls come back as CloudTrail records, and Security Hub's findings as ASFF."""

import io
import json
from datetime import UTC, datetime
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from stanch.catalog.sources import ocsf, vpc_flow
from stanch.domain.event import Event, Skipped

TIME = 1_778_058_720_000  # 2026-05-06T09:12:00Z
SESSION = "arn:aws:sts::111122223333:assumed-role/vllm-serving/i-0123456789abcdef0"
# Made from the documented mappings of CloudTrail and Security Hub to OCSF 1.1.0.
CALL: dict[str, Any] = {
    "class_uid": 6003,
    "time": TIME,
    "metadata": {"uid": "id-1", "product": {"name": "CloudTrail", "version": "1.11"}, "event_code": "AwsApiCall"},
    "cloud": {"region": "eu-central-1", "provider": "AWS", "account": {"uid": "111122223333"}},
    "api": {
        "operation": "GetObject",
        "service": {"name": "s3.amazonaws.com"},
        "request": {"uid": "R1", "data": json.dumps({"bucketName": "acme-weights", "key": "m.gguf"})},
        "response": {"data": None},
    },
    "actor": {
        "user": {
            "type": "AssumedRole",
            "uid": SESSION,
            "uid_alt": "AROAX:i-0123456789abcdef0",
            "credential_uid": "ASIAX",
        },
        "session": {"issuer": "arn:aws:iam::111122223333:role/ml/vllm-serving", "is_mfa": False},
    },
    "src_endpoint": {"ip": "203.0.113.50", "uid": "vpce-1"},
    "http_request": {"user_agent": "Boto3/1.42"},
    "resources": [{"uid": "arn:aws:s3:::acme-weights/m.gguf", "type": "AWS::S3::Object"}],
    "unmapped": [
        ("readOnly", "true"),
        ("additionalEventData.bytesTransferredOut", "4294967296"),
        ("additionalEventData.AuthenticationMethod", "QueryString"),
    ],
}
FINDING: dict[str, Any] = {
    "class_uid": 2004,
    "time": TIME,
    "metadata": {"product": {"name": "Macie", "uid": "arn:aws:securityhub:eu-central-1::product/aws/macie"}},
    "cloud": {"region": "eu-central-1", "account": {"uid": "111122223333"}},
    "finding_info": {
        "uid": "arn:aws:macie2:eu-central-1:1:finding/1",
        "title": "Public",
        "types": ["Effects/Data Exposure"],
    },
    "severity_id": 4,
    "severity": "High",
    "status": "New",
    "resources": [{"uid": "arn:aws:s3:::acme-weights", "type": "AwsS3Bucket", "cloud_partition": "aws"}],
    "unmapped": [("RecordState", "ACTIVE")],
}
_MAP = pa.map_(pa.string(), pa.string())


def parquet(*rows: dict[str, Any], group: int = 1000) -> bytes:
    """As Security Lake writes it: nested columns, `unmapped` a map."""
    columns: dict[str, Any] = {}
    for name in dict.fromkeys(name for row in rows for name in row):
        values = [row.get(name) for row in rows]
        columns[name] = pa.array(values, _MAP) if name == "unmapped" else pa.array(values)
    kept = io.BytesIO()
    pq.write_table(pa.table(columns), kept, compression="zstd", row_group_size=group)
    return kept.getvalue()


def reading(content: bytes, path: str = "x.gz.parquet") -> tuple[list[Event], list[Skipped]]:
    items = list(ocsf.read(path, io.BytesIO(content)))
    return [item for item in items if isinstance(item, Event)], [item for item in items if isinstance(item, Skipped)]


def only(row: dict[str, Any]) -> Event:
    (event,), skipped = reading(parquet(row))
    assert skipped == []
    return event


def test_a_call_is_the_record_that_cloudtrail_wrote() -> None:
    event = only(CALL)
    assert (event.id, event.log, event.time) == ("id-1", "ocsf", datetime(2026, 5, 6, 9, 12, tzinfo=UTC))
    record = dict(event.record)
    assert record.pop("raw")["class_uid"] == 6003
    assert record == {
        "eventID": "id-1",
        "eventTime": "2026-05-06T09:12:00Z",
        "eventSource": "s3.amazonaws.com",
        "eventName": "GetObject",
        "eventVersion": "1.11",
        "eventType": "AwsApiCall",
        "awsRegion": "eu-central-1",
        "sourceIPAddress": "203.0.113.50",
        "vpcEndpointId": "vpce-1",
        "userAgent": "Boto3/1.42",
        "userIdentity": {
            "type": "AssumedRole",
            "principalId": "AROAX:i-0123456789abcdef0",
            "arn": SESSION,
            "accountId": "111122223333",
            "accessKeyId": "ASIAX",
            "sessionContext": {
                "sessionIssuer": {
                    "type": "Role",
                    "arn": "arn:aws:iam::111122223333:role/ml/vllm-serving",
                    "accountId": "111122223333",
                    "userName": "vllm-serving",
                },
                "attributes": {"mfaAuthenticated": "false"},
            },
        },
        "requestID": "R1",
        "requestParameters": {"bucketName": "acme-weights", "key": "m.gguf"},
        "recipientAccountId": "111122223333",
        "resources": [{"ARN": "arn:aws:s3:::acme-weights/m.gguf", "type": "AWS::S3::Object"}],
        "readOnly": True,
        "additionalEventData": {"bytesTransferredOut": 4294967296.0, "AuthenticationMethod": "QueryString"},
    }


def test_the_first_version_of_security_lake_is_read_by_its_own_names() -> None:
    old = {
        **CALL,
        "metadata": {"uid": "id-1", "product": {"name": "CloudTrail"}},
        "api": {
            "operation": "CreateUser",
            "service": {"name": "iam.amazonaws.com"},
            "response": {"error": "AccessDenied"},
        },
        "class_uid": 3001,
        "unmapped": [("requestParameters.userName", "eve"), ("recipientAccountId", "111122223333")],
        "identity": {"user": {"type": "IAMUser", "uid": "AIDAX", "uuid": "arn:aws:iam::111122223333:user/bob"}},
        "cloud": {"region": "eu-central-1"},
    }
    del old["actor"]
    record = only(old).record
    assert record["requestParameters"] == {"userName": "eve"}
    assert (record["errorCode"], record["recipientAccountId"]) == ("AccessDenied", "111122223333")
    assert record["userIdentity"]["arn"] == "arn:aws:iam::111122223333:user/bob"
    assert record["userIdentity"]["principalId"] == "AIDAX"


def test_a_failed_console_login_is_known_by_its_status() -> None:
    login = {**CALL, "class_uid": 3002, "api": {"operation": "ConsoleLogin"}, "status": "Failure"}
    assert only(login).record["responseElements"] == {"ConsoleLogin": "Failure"}


def test_a_finding_comes_in_the_words_of_asff() -> None:
    event = only(FINDING)
    record = event.record
    assert (event.log, record["eventSource"], record["eventName"]) == (
        "ocsf",
        "securityhub.finding",
        "Effects/Data Exposure",
    )
    assert record["Severity"] == {"Label": "HIGH"}
    assert (record["RecordState"], record["Workflow"], record["product"]) == ("ACTIVE", {"Status": "NEW"}, "Macie")
    assert record["userIdentity"]["arn"] == "arn:aws:s3:::acme-weights"
    suppressed = only({**FINDING, "status": "Suppressed"})
    assert suppressed.record["Workflow"] == {"Status": "SUPPRESSED"}
    failed = only({**FINDING, "class_uid": 2003, "compliance": {"status": "FAILED"}, "severity_id": 5})
    assert (failed.record["Compliance"], failed.record["Severity"]) == ({"Status": "FAILED"}, {"Label": "CRITICAL"})


def test_the_holder_of_a_key_in_a_finding_is_its_actor() -> None:
    details = {
        "AwsIamAccessKey": {"PrincipalId": "AROAX:eve", "PrincipalName": "Admin", "PrincipalType": "AssumedRole"}
    }
    key = {
        "uid": "AWS::IAM::AccessKey:ASIAX",
        "type": "AwsIamAccessKey",
        "data": json.dumps(details),
        "cloud_partition": "aws",
    }
    identity = only({**FINDING, "resources": [key]}).record["userIdentity"]
    assert identity["arn"] == "arn:aws:sts::111122223333:assumed-role/Admin/eve"
    assert identity["accessKeyId"] == "ASIAX"


def test_other_classes_are_told_with_their_rows_and_are_no_fault() -> None:
    flows = [{"class_uid": 4001, "time": TIME}] * 5
    events, skipped = reading(parquet(*flows, CALL, {"class_uid": 4003}, group=4))
    assert [event.id for event in events] == ["id-1"]
    assert [(skip.why, skip.fault) for skip in skipped] == [
        ("OCSF rows that are no calls and no findings: class 4001 (5 rows)", False),
        ("OCSF rows that are no calls and no findings: class 4003 (1 rows)", False),
    ]


def test_a_cluster_s_audit_log_is_no_call_of_aws() -> None:
    audit = {**CALL, "metadata": {"uid": "a", "product": {"name": "Amazon EKS"}}}
    events, skipped = reading(parquet(audit))
    assert events == []
    assert [skip.fault for skip in skipped] == [False]


def test_bad_rows_are_told_once_with_a_count_and_the_others_are_read() -> None:
    timeless, nameless = {**CALL, "time": None}, {**CALL, "metadata": {"uid": None, "product": {"name": None}}}
    events, skipped = reading(parquet(CALL, timeless, nameless, timeless, {**FINDING, "time": 5}))
    assert [event.id for event in events] == ["id-1"]
    assert sorted(skip.why for skip in skipped) == [
        "a row whose time is not a time (2 rows, the first is number 2)",
        "a row whose time is not between 2006 and 2100",
        "a row without metadata.uid, CloudTrail's eventID",
    ]


@pytest.mark.parametrize(
    "content",
    [b"PAR1", b"PAR1" + b"\0" * 100 + b"PAR1", parquet(CALL)[:-9], parquet(CALL)[:500], b""],
    ids=["magic alone", "empty footer", "cut footer", "cut data", "nothing"],
)
def test_a_broken_file_is_told(content: bytes) -> None:
    events, skipped = reading(content)
    assert events == []
    assert len(skipped) == 1
    assert skipped[0].why.startswith("broken Parquet: ")
    assert len(skipped[0].why) < 300


def test_a_parquet_of_something_else_is_told() -> None:
    events, skipped = reading(parquet({"srcaddr": "10.0.0.1"}))
    assert events == []
    assert [skip.why for skip in skipped] == ["Parquet without the column class_uid: no OCSF"]


def test_columns_of_the_wrong_type_are_no_way_to_stop_the_reader() -> None:
    odd = {
        "class_uid": 6003,
        "time": "soon",
        "metadata": [1],
        "api": "x",
        "cloud": 5,
        "actor": [["y"]],
        "unmapped": None,
    }
    events, skipped = reading(parquet(odd))
    assert events == []
    assert [skip.why for skip in skipped] == ["a row whose time is not a time"]
    events, _ = reading(
        parquet({**CALL, "api": "x", "cloud": 5, "actor": [["y"]], "resources": 7, "src_endpoint": True})
    )
    assert len(events) == 1


@pytest.mark.parametrize(
    ("path", "head", "source"),
    [
        ("aws/CLOUD_TRAIL_MGMT/2.0/region=eu-central-1/accountId=1/eventDay=20260506/x.gz.parquet", b"PAR1", ocsf.LOG),
        ("copy.parquet", b"PAR1\x15", ocsf.LOG),
        ("AWSLogs/1/vpcflowlogs/eu-central-1/2026/05/06/x.log.parquet", b"PAR1", vpc_flow.LOG),
        ("x.parquet", b"{}", None),
    ],
)
def test_a_parquet_file_is_of_one_log(path: str, head: bytes, source: str | None) -> None:
    assert [log.LOG for log in (ocsf, vpc_flow) if log.recognises(path, head)] == ([source] if source else [])


_WHOLE = parquet(CALL, FINDING)


@settings(max_examples=200, deadline=None)
@given(st.lists(st.tuples(st.integers(0, len(_WHOLE) - 1), st.integers(0, 255)), max_size=4), st.integers(0, 50))
def test_never_raises_on_flipped_bytes_and_cut_ends(flips: list[tuple[int, int]], cut: int) -> None:
    content = bytearray(_WHOLE)
    for at, value in flips:
        content[at] = value
    for item in ocsf.read("x", io.BytesIO(bytes(content[: len(content) - cut]))):
        assert isinstance(item, Event | Skipped)


_NAMES = sorted(
    {*CALL, *FINDING, "identity", "user", "uid", "service", "request", "data", "response", "session", "issuer"}
)
_VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-5, 5000)
    | st.text(max_size=6)
    | st.sampled_from([SESSION, TIME, "{}", '{"a":1}']),
    # Not a list without any type: Arrow does not write one, it ends the process.
    lambda inner: (
        st.lists(inner.filter(lambda value: value is not None), min_size=1, max_size=2)
        | st.dictionaries(st.sampled_from(_NAMES), inner, min_size=1, max_size=3)
    ),
    max_leaves=12,
)


@settings(max_examples=200, deadline=None)
@given(st.sampled_from([CALL, FINDING]), st.dictionaries(st.sampled_from(_NAMES), _VALUES, max_size=5))
def test_never_raises_whatever_types_the_columns_have(row: dict[str, Any], changes: dict[str, Any]) -> None:
    try:
        content = parquet({**row, **changes, "class_uid": row["class_uid"]})
    except (pa.ArrowException, TypeError, OverflowError):
        assume(False)  # no Parquet can hold it
    for item in ocsf.read("x", io.BytesIO(content)):
        assert isinstance(item, Event | Skipped)
