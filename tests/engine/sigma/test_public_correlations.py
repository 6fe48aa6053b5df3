"""Published correlations, which pySigma cannot resolve, fire on what they describe and not on what nearly is."""

import json
from collections import Counter
from collections.abc import Iterable
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml
from tests.engine.sigma import slow, slow_correlate
from tests.engine.sigma.asking import key, parsed_by_pysigma

from stanch import app
from stanch.engine import sigma
from stanch.engine.fields import RecordFields

SHARED = Path(__file__).parents[4] / "shared" / "data"
SUZAKU = SHARED / "suzaku-correlations"
LOGS = SHARED / "cloudtrail"

pytestmark = pytest.mark.skipif(not SUZAKU.is_dir(), reason="../shared/data/suzaku-correlations is absent")

Call = tuple[int, str, dict[str, Any]]
"""Seconds, the event's name, and what is special of it."""


@cache
def rules() -> list[sigma.Rule]:
    loaded, failures = app.rules(SUZAKU, own=False)
    assert failures == []
    return loaded


def hits(events: Iterable[tuple[str, datetime, dict[str, Any]]]) -> list[tuple[str, tuple[str, ...], list[str]]]:
    matcher, correlator = sigma.compile(rules()), sigma.Correlator(rules())
    for id, time, record in events:  # noqa: A001
        fields = RecordFields(record)
        for rule in matcher.match(key(record, "eventSource"), key(record, "eventName"), fields):
            correlator.feed(rule, id, time, fields)
    return [(hit.rule.id, hit.group, hit.events) for hit in correlator.done()]


def fired(calls: list[Call], service: str) -> list[str]:
    """The ids of the correlations that these calls of one caller make fire."""
    caller = {"arn": "arn:aws:iam::111122223333:user/eve", "accessKeyId": "AKIAIOSFODNN7EXAMPLE"}
    events = []
    for at, (seconds, name, more) in enumerate(calls):
        record = {"eventSource": f"{service}.amazonaws.com", "sourceIPAddress": "198.51.100.7", "userIdentity": caller}
        time = datetime.fromtimestamp(1_790_000_000 + seconds, UTC)
        events.append((f"e{at}", time, {**record, "eventName": name, **more}))
    return [id for id, _, _ in hits(events)]  # noqa: A001


DENIED = {"errorCode": "AccessDenied"}
FAILURE = {"responseElements": {"ConsoleLogin": "Failure"}}
S3, STS = {"eventSource": "s3.amazonaws.com"}, {"eventSource": "sts.amazonaws.com"}
ELSEWHERE = {"sourceIPAddress": "203.0.113.9"}


@pytest.mark.parametrize(
    ("stem", "service", "evil", "near_miss"),
    [
        (
            "aws_cloudtrail_iam_persistence_chain",
            "iam",
            [(0, "CreateUser", {}), (600, "CreateAccessKey", {})],
            [
                [(0, "CreateUser", {}), (601, "CreateAccessKey", {})],
                [(0, "CreateAccessKey", {}), (60, "CreateUser", {})],
                [(0, "CreateUser", DENIED), (60, "CreateAccessKey", {})],
                [(0, "CreateUser", {}), (60, "CreateAccessKey", ELSEWHERE)],
            ],
        ),
        (
            "aws_cloudtrail_many_access_denied",
            "ec2",
            [(60 * at, "DescribeVolumes", DENIED) for at in range(10)],
            [
                [(60 * at, "DescribeVolumes", DENIED) for at in range(9)],
                [(67 * at, "DescribeVolumes", DENIED) for at in range(10)],
                [(at, "DescribeVolumes", {**DENIED, **(ELSEWHERE if at % 2 else {})}) for at in range(10)],
            ],
        ),
        (
            "aws_cloudtrail_many_failed_logins",
            "signin",
            [(0, "ConsoleLogin", FAILURE), (100, "ConsoleLogin", FAILURE), (300, "ConsoleLogin", FAILURE)],
            [
                [(0, "ConsoleLogin", FAILURE), (100, "ConsoleLogin", FAILURE), (301, "ConsoleLogin", FAILURE)],
                [(at, "ConsoleLogin", {"responseElements": {"ConsoleLogin": "Success"}}) for at in range(5)],
            ],
        ),
        (
            "aws_cloudtrail_many_recon_events",
            "iam",
            [(0, "ListUsers", {}), (1, "ListRoles", {}), (2, "GetUser", {})],
            [
                [(at, "ListUsers", {}) for at in range(9)],
                [(0, "ListUsers", {}), (1, "ListRoles", {}), (70, "GetUser", {})],
                [(0, "ListUsers", {}), (1, "ListRoles", {}), (2, "GetUser", S3)],
            ],
        ),
        (
            "aws_cloudtrail_s3_enum_after_getcalleridentity",
            "s3",
            [(0, "GetCallerIdentity", STS), (300, "ListBuckets", {})],
            [
                [(0, "GetCallerIdentity", STS), (301, "ListBuckets", {})],
                [(0, "ListBuckets", {}), (9, "GetCallerIdentity", STS)],
            ],
        ),
    ],
)
def test_each_fires_on_the_evil_and_not_on_its_near_miss(
    stem: str, service: str, evil: list[Call], near_miss: list[list[Call]]
) -> None:
    assert fired(evil, service) == [stem]
    assert [calls for calls in near_miss if fired(calls, service)] == []


def test_they_are_findings_and_their_base_rules_are_none() -> None:
    assert sorted(rule.id for rule in rules() if rule.generates) == sorted(path.stem for path in SUZAKU.glob("*.yml"))


@pytest.mark.skipif(not LOGS.is_dir(), reason="../shared/data/cloudtrail, the recorded logs, is absent")
def test_on_recorded_logs_they_find_what_trying_every_window_finds() -> None:
    events = {}
    for path in sorted(LOGS.rglob("*.json")):
        for at, record in enumerate(json.loads(path.read_text())["Records"]):
            events[f"{path.stem}{at:05}"] = (datetime.fromisoformat(record["eventTime"]), record)
    fast = sorted(hits((id, *event) for id, event in events.items()))  # noqa: A001
    slowly = []
    for path in sorted(SUZAKU.glob("*.yml")):
        top, *bases = yaml.safe_load_all(path.read_text())
        parsed = {base["title"]: parsed_by_pysigma(yaml.safe_dump(base)) for base in bases}
        seen = [(id, time.timestamp(), record) for id, (time, record) in events.items()]  # noqa: A001
        found = slow_correlate.found(top["correlation"], seen, lambda base, record: slow.matches(parsed[base], record))  # noqa: B023
        slowly += [(path.stem, group, ids) for group, ids in found]
    assert fast == sorted(slowly)
    golden = {"aws_cloudtrail_iam_persistence_chain": 1, "aws_cloudtrail_many_access_denied": 13}
    assert Counter(stem for stem, _, _ in fast) == golden
