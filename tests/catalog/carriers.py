"""The ways in which records of CloudTrail are had without the bucket that they are delivered to."""

import json
from collections.abc import Callable
from typing import Any

Record = dict[str, Any]
Records = list[Record]

CONTROL = json.dumps(
    {
        "messageType": "CONTROL_MESSAGE",
        "owner": "CloudwatchLogs",
        "logGroup": "",
        "logStream": "",
        "subscriptionFilters": [],
        "logEvents": [
            {"id": "", "timestamp": 1795307000000, "message": "CWL CONTROL MESSAGE: Checking health of destination."}
        ],
    }
)


def looked_up(records: Records, **more: Any) -> Record:
    """A page of `aws cloudtrail lookup-events`."""
    events = [
        {
            "EventId": record.get("eventID"),
            "EventName": record.get("eventName"),
            "ReadOnly": "true",
            "EventTime": "2026-11-22T10:00:00+01:00",
            "EventSource": record.get("eventSource"),
            "Username": "mallory",
            "Resources": [{"ResourceType": "AWS::S3::Object", "ResourceName": "x"}],
            "CloudTrailEvent": json.dumps(record),
        }
        for record in records
    ]
    return {"Events": events, **more}


def subscribed(records: Records) -> Record:
    """What CloudWatch Logs hands to a subscription."""
    return {
        "messageType": "DATA_MESSAGE",
        "owner": "111122223333",
        "logGroup": "aws-cloudtrail-logs",
        "logStream": "111122223333_CloudTrail_eu-central-1",
        "subscriptionFilters": ["all"],
        "logEvents": [
            {"id": str(number), "timestamp": 1795307000000, "message": json.dumps(record)}
            for number, record in enumerate(records)
        ],
    }


def filtered(records: Records) -> Record:
    """A page of `aws logs filter-log-events`."""
    events = [
        {"logStreamName": "s", "timestamp": 1795307000000, "message": json.dumps(record), "eventId": str(number)}
        for number, record in enumerate(records)
    ]
    return {"events": events, "searchedLogStreams": [], "nextToken": "n"}


def queried(records: Records) -> Record:
    """The answer of `aws logs get-query-results`."""
    rows = [
        [
            {"field": "@timestamp", "value": "2026-11-22 09:00:00.000"},
            {"field": "@message", "value": json.dumps(record)},
            {"field": "@ptr", "value": "p"},
        ]
        for record in records
    ]
    return {"queryLanguage": "CWLI", "results": rows, "statistics": {"recordsMatched": 1.0}, "status": "Complete"}


def asked_of_lake(records: Records) -> Record:
    """The answer of `aws cloudtrail get-query-results` to `SELECT eventJson FROM ...`."""
    rows = [[{"eventJson": json.dumps(record)}] for record in records]
    return {"QueryStatus": "FINISHED", "QueryStatistics": {"ResultsCount": len(rows)}, "QueryResultRows": rows}


def stamped(records: Records, stamp: str) -> str:
    """A line for each record, behind a time and what else CloudWatch Logs tells of it."""
    return "".join(f"{stamp} {json.dumps(record)}\n" for record in records)


def enveloped(record: Record) -> Record:
    """An event of EventBridge."""
    kind = "AWS API Call via CloudTrail"
    return {"version": "0", "id": "e", "detail-type": kind, "source": "aws.s3", "resources": [], "detail": record}


def _each(shape: Callable[[Records], Record], records: Records, between: str, indent: int | None = None) -> str:
    return between.join(json.dumps(shape([record]), indent=indent) for record in records)


CARRIERS: dict[str, Callable[[Records], str]] = {
    "lookup-events": lambda some: json.dumps(looked_up(some, NextToken="n"), indent=4),
    "lookup-events, on one line": lambda some: json.dumps(looked_up(some)),
    "lookup-events, without indent": lambda some: json.dumps(looked_up(some), indent=0),
    "pages of lookup-events": lambda some: _each(looked_up, some, "\n", 4),
    "pages without anything between": lambda some: _each(looked_up, some, ""),
    "--query Events": lambda some: json.dumps(looked_up(some)["Events"], indent=4),
    "--query Events[].CloudTrailEvent": lambda some: json.dumps(list(map(json.dumps, some)), indent=4),
    "the same as --output text": lambda some: "\t".join(map(json.dumps, some)),
    "jq -c .Events[]": lambda some: "\n".join(map(json.dumps, looked_up(some)["Events"])),
    "a subscription": lambda some: json.dumps(subscribed(some)),
    "Firehose": lambda some: CONTROL + _each(subscribed, some, ""),
    "Firehose, a line each": lambda some: _each(subscribed, some, "\n"),
    "a list of subscriptions": lambda some: "[\n" + _each(subscribed, some, ",\n") + "\n]",
    "filter-log-events": lambda some: json.dumps(filtered(some), indent=4),
    "--query events": lambda some: json.dumps(filtered(some)["events"]),
    "get-query-results": lambda some: json.dumps(queried(some), indent=4),
    "Insights, exported": lambda some: json.dumps([{"@timestamp": "x", "@message": record} for record in some]),
    "Insights, exported as text": lambda some: json.dumps([{"@message": json.dumps(record)} for record in some]),
    "get-query-results of CloudTrail Lake": lambda some: json.dumps(asked_of_lake(some), indent=4),
    "an export of a log group": lambda some: stamped(some, "2026-11-22T09:00:00.123Z"),
    "logs tail": lambda some: stamped(some, "2026-11-22T09:00:00.123000+00:00 111122223333_CloudTrail_eu-central-1"),
    "logs tail --format short": lambda some: stamped(some, "2026-11-22T09:00:00"),
    "EventBridge in an export": lambda some: stamped(list(map(enveloped, some)), "2026-11-22T09:00:00.123Z"),
    "EventBridge": lambda some: "\n".join(json.dumps(enveloped(record)) for record in some),
    "EventBridge through Firehose": lambda some: "".join(json.dumps(enveloped(record)) for record in some),
    "EventBridge, indented": lambda some: "\n".join(json.dumps(enveloped(record), indent=2) for record in some),
    "EventBridge in CloudWatch Logs": lambda some: json.dumps(subscribed(list(map(enveloped, some)))),
}
