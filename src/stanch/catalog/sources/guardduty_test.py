"""GuardDuty findings: each is told with its actor, its address and its resources, in whichever form it came."""

import io
import json
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stanch.catalog.sources import _json, cloudtrail, guardduty, securityhub
from stanch.domain.event import Event, Skipped

# Made from the documented format: GuardDuty User Guide, "Finding details"; API Reference, Finding.
FINDING: dict[str, Any] = {
    "schemaVersion": "2.0",
    "accountId": "111122223333",
    "region": "eu-central-1",
    "partition": "aws",
    "id": "16afba5c5c43e07c9e3e5e2e544e95df",
    "arn": "arn:aws:guardduty:eu-central-1:111122223333:detector/12ab/finding/16afba5c5c43e07c9e3e5e2e544e95df",
    "type": "UnauthorizedAccess:IAMUser/InstanceCredentialExfiltration.OutsideAWS",
    "resource": {
        "resourceType": "AccessKey",
        "accessKeyDetails": {
            "accessKeyId": "ASIAEXAMPLE",
            "principalId": "AROAEXAMPLE:i-0123456789abcdef0",
            "userType": "AssumedRole",
            "userName": "vllm-serving",
        },
        "instanceDetails": {"instanceId": "i-0123456789abcdef0"},
    },
    "service": {
        "serviceName": "guardduty",
        "action": {
            "actionType": "AWS_API_CALL",
            "awsApiCallAction": {"api": "GetObject", "remoteIpDetails": {"ipAddressV4": "203.0.113.50"}},
        },
        "archived": False,
        "count": 4,
        "eventFirstSeen": "2026-05-06T09:00:00.000Z",
        "eventLastSeen": "2026-05-06T09:12:00.000Z",
    },
    "severity": 8,
    "createdAt": "2026-05-06T09:15:00.000Z",
    "updatedAt": "2026-05-06T09:20:00.000Z",
    "title": "Credentials used from outside",
}


def upper(value: Any) -> Any:
    """As the API lists it."""
    if isinstance(value, list):
        return [upper(item) for item in value]
    if isinstance(value, dict):
        return {name[:1].upper() + name[1:]: upper(item) for name, item in value.items()}
    return value


def about(resource: dict[str, Any], action: dict[str, Any] | None = None, **more: Any) -> dict[str, Any]:
    return {**FINDING, "resource": resource, "service": {**FINDING["service"], "action": action or {}}, **more}


def reading(*documents: Any) -> tuple[list[Event], list[Skipped]]:
    content = b"\n".join(item if isinstance(item, bytes) else json.dumps(item).encode() for item in documents)
    items = list(guardduty.read("x", io.BytesIO(content)))
    return [item for item in items if isinstance(item, Event)], [item for item in items if isinstance(item, Skipped)]


def only(finding: Any) -> Event:
    (event,), skipped = reading(finding)
    assert skipped == []
    return event


@pytest.mark.parametrize(
    "document",
    [
        FINDING,
        [FINDING],
        {"detail-type": "GuardDuty Finding", "source": "aws.guardduty", "detail": FINDING},
        {"Findings": [upper(FINDING)]},
        {"findings": [FINDING]},
    ],
    ids=["JSON Lines", "list", "EventBridge", "API", "lower case list"],
)
def test_a_finding_is_the_same_event_in_every_form(document: Any) -> None:
    event = only(document)
    assert event.id == only(FINDING).id
    assert (event.log, event.time) == ("guardduty", datetime(2026, 5, 6, 9, 12, tzinfo=UTC))
    record = event.record
    assert (record["eventSource"], record["eventName"]) == ("guardduty.finding", FINDING["type"])
    assert record["userIdentity"]["arn"] == "arn:aws:sts::111122223333:assumed-role/vllm-serving/i-0123456789abcdef0"
    assert record["userIdentity"]["accessKeyId"] == "ASIAEXAMPLE"
    assert record["sourceIPAddress"] == "203.0.113.50"
    instance = "arn:aws:ec2:eu-central-1:111122223333:instance/i-0123456789abcdef0"
    assert record["resources"] == [{"ARN": instance, "type": "AWS::EC2::Instance", "accountId": "111122223333"}]
    assert (record["severity"], record["service"]["archived"]) == (8, False)


def test_a_repeat_that_says_nothing_new_is_the_same_event_and_a_worse_one_is_not() -> None:
    repeat = {**FINDING, "updatedAt": "2026-05-06T15:20:00.000Z", "service": {**FINDING["service"], "count": 9}}
    worse, archived = {**FINDING, "severity": 9.3}, {**FINDING, "service": {**FINDING["service"], "archived": True}}
    assert only(repeat).id == only(FINDING).id
    assert len({only(finding).id for finding in (FINDING, worse, archived)}) == 3


@pytest.mark.parametrize(
    ("key", "says"),
    [
        ({"userType": "IAMUser", "userName": "eve"}, {"type": "IAMUser", "arn": "arn:aws:iam::111122223333:user/eve"}),
        ({"userType": "Root", "userName": "Root"}, {"type": "Root", "arn": "arn:aws:iam::111122223333:root"}),
        (
            {"userType": "Role", "userName": "etl", "principalId": "AROAX"},
            {"arn": "arn:aws:iam::111122223333:role/etl"},
        ),
        ({"userType": "FederatedUser", "userName": "f"}, {"arn": "arn:aws:sts::111122223333:federated-user/f"}),
        ({"userType": "AWSAccount", "principalId": "44"}, {"type": "AWSAccount", "principalId": "44"}),
        ({"principalId": "ANONYMOUS_PRINCIPAL"}, {"accountId": "anonymous"}),
    ],
)
def test_the_holder_of_the_key_is_the_actor(key: dict[str, str], says: dict[str, str]) -> None:
    assert says.items() <= only(about({"accessKeyDetails": key})).record["userIdentity"].items()


def test_a_caller_of_another_account_is_told_as_such() -> None:
    action = {"awsApiCallAction": {"remoteAccountDetails": {"accountId": "999988887777", "affiliated": False}}}
    finding = about({"accessKeyDetails": {"userType": "IAMUser", "userName": "eve"}}, action)
    assert only(finding).record["userIdentity"]["accountId"] == "999988887777"
    assert only(finding).record["recipientAccountId"] == "111122223333"


@pytest.mark.parametrize(
    ("resource", "arn"),
    [
        ({"instanceDetails": {"instanceId": "i-1"}}, "arn:aws:ec2:eu-central-1:111122223333:instance/i-1"),
        ({"s3BucketDetails": [{"name": "acme-weights"}]}, "arn:aws:s3:::acme-weights"),
        ({"eksClusterDetails": {"arn": "arn:aws:eks:r:1:cluster/c"}}, "arn:aws:eks:r:1:cluster/c"),
        ({"lambdaDetails": {"functionArn": "arn:aws:lambda:r:1:function:f"}}, "arn:aws:lambda:r:1:function:f"),
    ],
)
def test_where_nobody_holds_a_key_the_resource_stands_for_the_actor(resource: dict[str, Any], arn: str) -> None:
    record = only(about(resource)).record
    assert record["userIdentity"]["arn"] == arn
    assert record["resources"][0]["ARN"] == arn


@pytest.mark.parametrize(("direction", "address"), [("INBOUND", "203.0.113.9"), ("OUTBOUND", None)])
def test_only_a_peer_that_connected_to_us_is_a_source(direction: str, address: str | None) -> None:
    peer = {"connectionDirection": direction, "remoteIpDetails": {"ipAddressV4": "203.0.113.9"}}
    record = only(about({}, {"networkConnectionAction": peer})).record
    assert record.get("sourceIPAddress") == address


def test_an_attack_sequence_has_its_first_actor_and_its_resources() -> None:
    sequence = {
        "actors": [{"user": {"name": "eve", "type": "IAMUser", "uid": "AIDA", "credentialUid": "AKIA"}}],
        "resources": [{"uid": "arn:aws:s3:::acme-weights", "accountId": "111122223333"}, {"uid": "no arn"}, 5],
    }
    service = {**FINDING["service"], "detection": {"sequence": sequence}}
    record = only({**FINDING, "resource": {"resourceType": "AttackSequence"}, "service": service}).record
    assert record["userIdentity"]["arn"] == "arn:aws:iam::111122223333:user/eve"
    assert [resource["ARN"] for resource in record["resources"]] == ["arn:aws:s3:::acme-weights"]


def test_bad_findings_are_told_once_with_a_count_and_the_others_are_read() -> None:
    other = {"detail-type": "AWS API Call via CloudTrail", "detail": {}}
    nameless, loud = {"severity": 8}, {**FINDING, "severity": "high"}
    events, skipped = reading(
        FINDING, nameless, loud, b"{bad", other, nameless, {**FINDING, "service": {}, "updatedAt": 5}
    )
    assert len(events) == 1
    assert sorted(skip.why for skip in skipped) == [
        "a finding whose severity is no number",
        "a finding whose time is not a time",
        "a finding without a type (2 findings, the first is number 2)",
        "an EventBridge event of another kind in a file of findings; hunt it in a file of its own",
        "broken JSON: JSON is malformed: object keys must be strings (byte 1)",
    ]


@pytest.mark.parametrize(
    ("path", "document", "expected"),
    [
        ("x", FINDING, guardduty.LOG),
        ("x", [FINDING], guardduty.LOG),
        ("x", {"Findings": [upper(FINDING)], "NextToken": ""}, guardduty.LOG),
        ("x", {"version": "0", "detail-type": "GuardDuty Finding", "detail": FINDING}, guardduty.LOG),
        ("AWSLogs/1/GuardDuty/eu-central-1/x.jsonl.gz", {"odd": 1}, guardduty.LOG),
        ("x", {"Records": [{"eventName": "CreateDetector", "eventSource": "guardduty.amazonaws.com"}]}, cloudtrail.LOG),
        ("x", {"eventName": "a", "requestParameters": {"ProductArn": "a", "AwsAccountId": "b"}}, cloudtrail.LOG),
        ("x", {"Records": [{"eventName": "a"}], "ProductArn": "a", "AwsAccountId": "b"}, cloudtrail.LOG),
        ("x", {"detail-type": "AWS API Call via CloudTrail", "detail": {"eventName": "x"}}, cloudtrail.LOG),
        ("x", {"detail-type": "Security Hub Findings - Imported", "detail": {}}, securityhub.LOG),
        ("x", {"ProductArn": "arn:x", "AwsAccountId": "1", "eventName": "x"}, securityhub.LOG),
        ("x", {"a": {"arn": "arn:aws:guardduty:x"}}, None),
    ],
)
def test_a_json_file_is_of_one_log_by_its_outermost_names(path: str, document: Any, expected: str | None) -> None:
    head = json.dumps(document).encode()
    known = [log.LOG for log in (cloudtrail, guardduty, securityhub) if log.recognises(path, head)]
    assert known == ([expected] if expected else [])


_NAMES = {*FINDING, *FINDING["resource"], *FINDING["service"], "actor", "user", "actors", "sequence", "Findings"}
_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8) | st.just("arn:aws:s3:::b"),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(sorted(_NAMES)), inner, max_size=4),
    max_leaves=20,
)


@settings(max_examples=300, deadline=None)
@given(st.dictionaries(st.sampled_from(sorted(_NAMES)), _JSON, max_size=6), st.binary(max_size=10))
def test_never_raises_whatever_types_a_finding_has(changes: dict[str, Any], noise: bytes) -> None:
    for document in (FINDING | changes, upper(FINDING | changes), about(changes, changes), changes):
        for content in (json.dumps(document).encode(), json.dumps(document).encode() + noise, noise):
            assert all(isinstance(item, Event | Skipped) for item in guardduty.read("x", io.BytesIO(content)))


def test_nesting_ten_thousand_deep_is_told() -> None:
    deep = b'{"type":"x","severity":8,"Arn":"a","resource":' + b'{"a":' * 10_000 + b"1" + b"}" * 10_001
    events, skipped = reading(deep)
    assert events == []
    assert [skip.why for skip in skipped] == ["JSON nested too deeply"]


def test_a_line_too_large_to_hold_is_told_and_the_others_are_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_json, "LARGEST", 5000)
    events, skipped = reading(FINDING, b'{"a": "' + b"x" * 6000 + b'"}', FINDING)
    assert len(events) == 2
    assert [skip.why for skip in skipped] == ["a line of more than 64 MB"]
    events, skipped = reading(b'{"a":\n' + b" " * 6000)
    assert (events, len(skipped)) == ([], 1)
