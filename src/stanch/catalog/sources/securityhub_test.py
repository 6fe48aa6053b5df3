"""Security Hub findings: each is told with its product, its actor and its resources, in whichever form it came."""

import io
import json
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stanch.catalog.sources import securityhub
from stanch.domain.event import Event, Skipped

BUCKET = {"Type": "AwsS3Bucket", "Id": "arn:aws:s3:::acme-weights", "Partition": "aws", "Region": "eu-central-1"}
KEY = {
    "Type": "AwsIamAccessKey",
    "Id": "AWS::IAM::AccessKey:ASIAEXAMPLE",
    "Details": {
        "AwsIamAccessKey": {"PrincipalId": "AROAX:eve", "PrincipalName": "admin", "PrincipalType": "AssumedRole"}
    },
}
# Made from the documented format: Security Hub User Guide, "AWS Security Finding Format (ASFF)".
FINDING: dict[str, Any] = {
    "SchemaVersion": "2018-10-08",
    "Id": "arn:aws:macie2:eu-central-1:111122223333:finding/1",
    "ProductArn": "arn:aws:securityhub:eu-central-1::product/aws/macie",
    "ProductName": "Macie",
    "GeneratorId": "aws/macie",
    "AwsAccountId": "111122223333",
    "Types": ["Effects/Data Exposure/Policy:IAMUser-S3BucketPublic"],
    "CreatedAt": "2026-05-06T09:12:00Z",
    "UpdatedAt": "2026-05-06T09:12:00Z",
    "Severity": {"Label": "HIGH", "Normalized": 70},
    "Title": "The bucket is public",
    "Resources": [BUCKET],
    "RecordState": "ACTIVE",
    "Workflow": {"Status": "NEW"},
}


def reading(*documents: Any) -> tuple[list[Event], list[Skipped]]:
    content = b"\n".join(item if isinstance(item, bytes) else json.dumps(item).encode() for item in documents)
    items = list(securityhub.read("x", io.BytesIO(content)))
    return [item for item in items if isinstance(item, Event)], [item for item in items if isinstance(item, Skipped)]


def only(**changes: Any) -> Event:
    (event,), skipped = reading({**FINDING, **changes})
    assert skipped == []
    return event


@pytest.mark.parametrize(
    "document",
    [
        FINDING,
        [FINDING],
        {"Findings": [FINDING]},
        {"detail-type": "Security Hub Findings - Imported", "detail": {"findings": [FINDING]}},
        {"detail-type": "Security Hub Findings - Custom Action", "detail": {"actionName": "a", "findings": [FINDING]}},
    ],
    ids=["JSON Lines", "list", "API", "imported", "custom action"],
)
def test_a_finding_is_the_same_event_in_every_form(document: Any) -> None:
    (event,), skipped = reading(document)
    assert skipped == []
    assert (event.id, event.log) == (only().id, "securityhub")
    assert event.time == datetime(2026, 5, 6, 9, 12, tzinfo=UTC)
    record = event.record
    assert (record["eventSource"], record["eventName"]) == ("securityhub.finding", FINDING["Types"][0])
    assert (record["product"], record["awsRegion"], record["recipientAccountId"]) == (
        "Macie",
        "eu-central-1",
        "111122223333",
    )
    assert record["resources"][0] == {"ARN": BUCKET["Id"], "type": "AWS::S3::Bucket", "accountId": "111122223333"}
    assert record["Severity"]["Label"] == "HIGH"


def test_the_holder_of_a_key_is_the_actor_before_any_resource() -> None:
    record = only(Resources=[BUCKET, KEY]).record
    assert record["userIdentity"]["arn"] == "arn:aws:sts::111122223333:assumed-role/admin/eve"
    assert record["userIdentity"]["accessKeyId"] == "ASIAEXAMPLE"
    assert [resource["ARN"] for resource in record["resources"]] == [BUCKET["Id"]]


def test_a_user_role_or_instance_is_the_actor_before_other_resources() -> None:
    instance = {"Type": "AwsEc2Instance", "Id": "arn:aws:ec2:eu-central-1:111122223333:instance/i-1"}
    assert only(Resources=[BUCKET, instance]).record["userIdentity"]["arn"] == instance["Id"]
    assert only().record["userIdentity"] == {"type": "Resource", "arn": BUCKET["Id"]}
    assert "userIdentity" not in only(Resources=[{"Type": "Other", "Id": "no arn"}]).record


def test_the_address_of_a_caller_is_a_source_and_that_of_a_destination_is_not() -> None:
    call = {"AwsApiCallAction": {"RemoteIpDetails": {"IpAddressV4": "203.0.113.50"}}}
    peer = {"ConnectionDirection": "OUTBOUND", "RemoteIpDetails": {"IpAddressV4": "203.0.113.51"}}
    assert only(Action=call).record["sourceIPAddress"] == "203.0.113.50"
    assert "sourceIPAddress" not in only(Action={"NetworkConnectionAction": peer}).record
    coming = {"Direction": "IN", "SourceIpV6": "2001:db8::1"}
    assert only(Network=coming).record["sourceIPAddress"] == "2001:db8::1"


def test_an_update_that_changes_nothing_of_weight_is_the_same_event() -> None:
    assert only(UpdatedAt="2026-05-07T09:12:00Z", Note={"Text": "seen"}).id == only().id
    changed = [
        only(Severity={"Label": "CRITICAL"}),
        only(Workflow={"Status": "RESOLVED"}),
        only(RecordState="ARCHIVED"),
    ]
    assert len({event.id for event in (*changed, only())}) == 4


def test_bad_findings_are_told_once_with_a_count_and_the_others_are_read() -> None:
    v2 = {"detail-type": "Findings Imported V2", "detail": {"findings": [{"class_uid": 2004, "time": "noon"}]}}
    empty = {"detail-type": "Security Hub Findings - Imported", "detail": {"findings": 5}}
    events, skipped = reading(
        FINDING, {"Id": "x"}, {"Id": "y"}, v2, empty, {**FINDING, "UpdatedAt": 5}, {"Severity": {}}
    )
    assert len(events) == 1
    assert sorted(skip.why for skip in skipped) == [
        "a finding whose time is not a time",
        "a finding without a severity (2 findings, the first is number 2)",
        "a finding without an Id",
        "a row whose time is not a time",
        "an envelope without findings",
    ]


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8) | st.just(BUCKET["Id"]) | st.just(KEY),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(sorted(FINDING)), inner, max_size=4),
    max_leaves=20,
)


@settings(max_examples=300, deadline=None)
@given(
    st.dictionaries(st.sampled_from([*sorted(FINDING), "Action", "Network"]), _JSON, max_size=6), st.binary(max_size=10)
)
def test_never_raises_whatever_types_a_finding_has(changes: dict[str, Any], noise: bytes) -> None:
    for document in (FINDING | changes, changes, {"Findings": [changes]}, {"detail-type": changes, "detail": changes}):
        for content in (json.dumps(document).encode(), json.dumps(document).encode() + noise, noise):
            assert all(isinstance(item, Event | Skipped) for item in securityhub.read("x", io.BytesIO(content)))


def test_a_finding_in_ocsf_says_the_same_under_the_same_names() -> None:
    row = {
        "class_uid": 2004,
        "time": 1778058720000,
        "severity_id": 4,
        "status": "New",
        "cloud": {"account": {"uid": "111122223333"}, "region": "eu-central-1"},
        "metadata": {
            "product": {"uid": "arn:aws:securityhub:eu-central-1::productv2/aws/guardduty", "name": "GuardDuty"}
        },
        "finding_info": {"uid": "f-1", "title": "Taken", "types": ["Exfiltration:S3/AnomalousBehavior"]},
        "resources": [{"uid": "arn:aws:s3:::acme-weights", "type": "AwsS3Bucket"}],
    }
    v2 = {"detail-type": "Findings Imported V2", "source": "aws.securityhub", "detail": {"findings": [row]}}
    (event,), skipped = reading(v2)
    assert not skipped
    assert event.record["eventName"] == "Exfiltration:S3/AnomalousBehavior"
    assert event.record["recipientAccountId"] == "111122223333"
    assert event.record["resources"][0]["ARN"] == "arn:aws:s3:::acme-weights"
    assert event.record["raw"] == row
