"""Who reads the flow logs of an inference host."""

from typing import Any

import pytest
from tests.posturing import ACCOUNT, REGION, posture, rulings, verdicts
from tests.serving import VPC, Line, bucket, ec2, host

from stanch.contracts.collector import Unknown
from stanch.domain.verdict import Ruling

CHECK = "flow_logs/unread"
LOG = {"FlowLogId": "fl-1", "FlowLogStatus": "ACTIVE", "TrafficType": "ALL", "ResourceId": VPC}
TO_S3 = {**LOG, "LogDestinationType": "s3", "LogDestination": "arn:aws:s3:::flows/llm"}
TO_GROUP = {**LOG, "LogDestinationType": "cloud-watch-logs", "LogGroupName": "flows"}
COUNTED = {
    "filterName": "bytes",
    "metricTransformations": [{"metricNamespace": "llm", "metricName": "out", "metricValue": "$bytes"}],
}


def ruling(data: dict[str, Any], *lines: Line, **more: Any) -> Ruling:
    """What is said of the only flow log."""
    (found,) = rulings(CHECK, posture([host(), ec2("vpc-flow-log", "fl-1", **data), *lines], **more)).values()
    return found


def table(location: Any) -> Line:
    """A table over some place."""
    arn = f"arn:aws:glue:{REGION}:{ACCOUNT}:table/logs/flows"
    return {"kind": "glue/table", "arn": arn, "data": {"StorageDescriptor": {"Location": location}}}


def group(**data: Any) -> Line:
    """The log group that the flow log writes to."""
    told = {"logGroupName": "flows", "MetricFilters": [], "SubscriptionFilters": [], **data}
    return {"kind": "logs/group", "arn": f"arn:aws:logs:{REGION}:{ACCOUNT}:log-group:flows", "data": told}


def alarm(**data: Any) -> Line:
    """An alarm on what the filter counts."""
    told = {
        "Namespace": "llm",
        "MetricName": "out",
        "ActionsEnabled": True,
        "AlarmActions": ["arn:aws:sns:::x"],
        **data,
    }
    return {"kind": "cloudwatch/alarm", "arn": f"arn:aws:cloudwatch:{REGION}:{ACCOUNT}:alarm:out", "data": told}


@pytest.mark.parametrize(
    ("location", "expected"),
    [
        ("s3://flows/llm/AWSLogs/", Ruling.PASS),
        ("s3://flows/llm", Ruling.PASS),
        ("s3://flows/", Ruling.PASS),
        ("s3://flows/llm2/", Ruling.FAIL),
        ("s3://flows-old/llm/", Ruling.FAIL),
        (None, Ruling.FAIL),
    ],
)
def test_a_table_over_its_path_reads_a_bucket(location: Any, expected: Ruling) -> None:
    assert ruling(TO_S3, bucket("flows", Notification={}), table(location)) is expected


def test_a_notification_reads_a_bucket() -> None:
    told = {"QueueConfigurations": [{"QueueArn": "arn:aws:sqs:eu-central-1:111122223333:q"}]}
    assert ruling(TO_S3, bucket("flows", Notification=told)) is Ruling.PASS
    assert ruling(TO_S3, bucket("flows", Notification={})) is Ruling.FAIL


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        ([group()], Ruling.FAIL),
        ([group(SubscriptionFilters=[{"filterName": "siem"}])], Ruling.PASS),
        ([group(MetricFilters=[COUNTED])], Ruling.FAIL),
        ([group(MetricFilters=[COUNTED]), alarm()], Ruling.PASS),
        ([group(MetricFilters=[COUNTED]), alarm(AlarmActions=[])], Ruling.FAIL),
        ([group(MetricFilters=[COUNTED]), alarm(ActionsEnabled=False)], Ruling.FAIL),
        ([group(MetricFilters=[COUNTED]), alarm(MetricName="in")], Ruling.FAIL),
        ([group(SubscriptionFilters={"$unseen": "logs:X: denied"})], Ruling.UNKNOWN),
        ([], Ruling.UNKNOWN),
    ],
)
def test_a_group_needs_a_subscription_or_an_alarm(lines: list[Line], expected: Ruling) -> None:
    assert ruling(TO_GROUP, *lines) is expected


def test_a_stream_is_taken_as_read() -> None:
    assert ruling({**LOG, "LogDestinationType": "kinesis-data-firehose"}) is Ruling.PASS


def test_what_was_not_seen_is_unknown() -> None:
    assert ruling(TO_S3) is Ruling.UNKNOWN, "its bucket is elsewhere"
    lost = Unknown("glue:GetTables", "AccessDenied", "glue:GetTables", "glue", "")
    assert ruling(TO_S3, bucket("flows", Notification={}), unknowns=[lost]) is Ruling.UNKNOWN
    looked = ["ec2/hosts", "ec2/network", "s3"]
    assert ruling(TO_S3, bucket("flows", Notification={}), looked=looked) is Ruling.UNKNOWN


def test_a_log_that_records_too_little_is_another_checks_matter() -> None:
    lines = [host(), ec2("vpc-flow-log", "fl-1", **{**TO_S3, "TrafficType": "REJECT"})]
    assert verdicts(CHECK, posture(lines)) == []
