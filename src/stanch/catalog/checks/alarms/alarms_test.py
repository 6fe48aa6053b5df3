"""Edges of the checks of alarms."""

from datetime import timedelta
from typing import Any

import pytest
from tests.posturing import ACCOUNT, MOMENT, posture, rulings, verdicts
from tests.trusting import ASSET, bucket, thing

from stanch.catalog.checks.alarms._calls import QUESTIONS, delivered
from stanch.contracts.collector import Unknown
from stanch.domain.event import Event
from stanch.domain.verdict import Ruling

HERE = f"eu-central-1:{ACCOUNT}"
ROOT = f"arn:aws:iam::{ACCOUNT}:root"
GROUP, ALARM, TOPIC = (
    f"arn:aws:logs:{HERE}:log-group:trail",
    f"arn:aws:cloudwatch:{HERE}:alarm:a",
    f"arn:aws:sns:{HERE}:t",
)
OTHER = "444455556666"
REFUSED = '{ ($.errorCode = "*UnauthorizedOperation") || ($.errorCode = "AccessDenied*") }'
ROOT_USE = '{ $.userIdentity.type = "Root" && $.userIdentity.invokedBy NOT EXISTS && $.eventType != "AwsServiceEvent" }'
STORE = bucket("arn:aws:s3:::trail-eu", Notification={})


def trail(**data: Any) -> dict[str, Any]:
    told = {
        "Name": "main",
        "S3BucketName": "trail-eu",
        "CloudWatchLogsLogGroupArn": f"{GROUP}:*",
        "IsMultiRegionTrail": True,
    }
    return thing("cloudtrail/trail", f"arn:aws:cloudtrail:{HERE}:trail/main", {**told, **data})


def group(*patterns: str, value: str = "1", **data: Any) -> dict[str, Any]:
    counted = [{"metricNamespace": "calls", "metricName": "a", "metricValue": value}]
    filters = [{"filterName": "f", "filterPattern": one, "metricTransformations": counted} for one in patterns]
    return thing(
        "logs/group", GROUP, {"logGroupName": "trail", "MetricFilters": filters, "SubscriptionFilters": [], **data}
    )


def alarm(**data: Any) -> dict[str, Any]:
    told = {
        "AlarmName": "a",
        "Namespace": "calls",
        "MetricName": "a",
        "Statistic": "Sum",
        "Period": 300,
        "EvaluationPeriods": 1,
        "Threshold": 1.0,
        "ComparisonOperator": "GreaterThanOrEqualToThreshold",
        "AlarmActions": [TOPIC],
    }
    return thing("cloudwatch/alarm", ALARM, {**told, **data})


def rule(pattern: Any, name: str = "r", **data: Any) -> dict[str, Any]:
    told = {"Name": name, "State": "ENABLED", "EventPattern": pattern, "Targets": [{"Id": "1", "Arn": TOPIC}]}
    return thing("events/rule", f"arn:aws:events:{HERE}:rule/{name}", {**told, **data})


def unheard(*lines: Any, **about: Any) -> Any:
    (verdict,) = verdicts("alarms/calls_unheard", posture([trail(), STORE, *lines], **about))
    return verdict


def test_each_question_is_answered_by_what_counts_every_example_of_it() -> None:
    everything = unheard(group(""), alarm())
    assert everything.ruling is Ruling.PASS
    some = unheard(group("{ ($.eventName = StopLogging) || ($.eventName = DeleteTrail) }"), alarm())
    assert "a trail that is stopped" in some.why
    more = unheard(group("{ ($.eventName = StopLogging) || ($.eventName = *Trail) }"), alarm())
    assert "a trail that is stopped" not in more.why


def test_a_filter_without_an_alarm_and_a_group_that_no_trail_writes_to_hear_nothing() -> None:
    assert unheard(group("")).ruling is Ruling.FAIL
    assert unheard(group(""), alarm(MetricName="other")).ruling is Ruling.FAIL
    lost = [trail(CloudWatchLogsLogGroupArn=None), STORE, group(""), alarm()]
    assert rulings("alarms/calls_unheard", posture(lost)) == {ROOT: Ruling.FAIL}


def test_an_alarm_on_an_expression_of_the_metric_hears_too() -> None:
    stat = {"Metric": {"Namespace": "calls", "MetricName": "a"}, "Period": 300, "Stat": "Sum"}
    told = alarm(Namespace=None, MetricName=None, Metrics=[{"Id": "m", "MetricStat": stat}])
    assert unheard(group(""), told).ruling is Ruling.PASS


def test_rules_hear_as_well_as_filters() -> None:
    kinds = {"detail-type": ["AWS API Call via CloudTrail", "AWS Console Sign In via CloudTrail"]}
    assert unheard(rule(kinds)).ruling is Ruling.PASS
    assert unheard(rule(kinds, State="DISABLED")).ruling is Ruling.FAIL
    assert unheard(rule(kinds, Targets=[])).ruling is Ruling.FAIL


def test_whoever_hands_on_the_whole_trail_may_have_ears_elsewhere() -> None:
    assert unheard(group(SubscriptionFilters=[{"filterName": "siem"}])).ruling is Ruling.PASS
    notified = bucket("arn:aws:s3:::trail-eu", Notification={"QueueConfigurations": [{"QueueArn": "q"}]})
    assert rulings("alarms/calls_unheard", posture([trail(), notified]))[ROOT] is Ruling.PASS
    assert rulings("alarms/calls_unheard", posture([trail()]))[ROOT] is Ruling.UNKNOWN
    assert rulings("alarms/calls_unheard", posture([trail(), group(), bucket()]))[ROOT] is Ruling.UNKNOWN


def test_an_account_without_any_ears_fails_and_one_that_nobody_looked_at_is_unknown() -> None:
    assert rulings("alarms/calls_unheard", posture([])) == {ROOT: Ruling.FAIL}
    gap = Unknown("logs:DescribeMetricFilters", "AccessDenied", "logs:DescribeMetricFilters", "logs", "no")
    verdict = unheard(group(), unknowns=[gap])
    assert verdict.ruling is Ruling.UNKNOWN
    assert "logs:DescribeMetricFilters" in verdict.why


def test_each_account_has_ears_of_its_own() -> None:
    found = rulings("alarms/calls_unheard", posture([trail(), STORE, group(""), alarm()], accounts=[ACCOUNT, OTHER]))
    assert found == {ROOT: Ruling.PASS, f"arn:aws:iam::{OTHER}:root": Ruling.FAIL}


def test_every_example_is_one_that_eventbridge_can_deliver() -> None:
    for question in QUESTIONS:
        for example in question.examples:
            assert delivered(example)["source"].startswith("aws.")


def downloads(name: str) -> dict[str, Any]:
    """An alarm on what is downloaded from a bucket."""
    which = [{"Name": "BucketName", "Value": name}, {"Name": "FilterId", "Value": "all"}]
    return alarm(Namespace="AWS/S3", MetricName="BytesDownloaded", Dimensions=which)


READS = '{ ($.eventName = GetObject) && ($.requestParameters.bucketName = "models-eu") }'


@pytest.mark.parametrize(
    ("lines", "ruling"),
    [
        ([], Ruling.FAIL),
        ([group(READS), alarm()], Ruling.PASS),
        ([group(READS.replace("models-eu", "other")), alarm()], Ruling.FAIL),
        ([group(), downloads("models-eu")], Ruling.PASS),
        ([group(), downloads("other")], Ruling.FAIL),
        (
            [
                thing(
                    "guardduty/detector",
                    f"arn:aws:guardduty:{HERE}:detector/d",
                    {"Status": "ENABLED", "Features": [{"Name": "S3_DATA_EVENTS", "Status": "ENABLED"}]},
                )
            ],
            Ruling.PASS,
        ),
        (
            [
                thing(
                    "guardduty/detector",
                    f"arn:aws:guardduty:{HERE}:detector/d",
                    {"Status": "ENABLED", "Features": [{"Name": "S3_DATA_EVENTS", "Status": "DISABLED"}]},
                )
            ],
            Ruling.FAIL,
        ),
    ],
)
def test_who_hears_when_the_weights_are_read(lines: Any, ruling: Ruling) -> None:
    about = posture([trail(), STORE, bucket(BucketRegion="eu-central-1"), *lines], ASSET)
    assert rulings("alarms/reading_unheard", about) == {"arn:aws:s3:::models-eu": ruling}


def topic(*subscriptions: str) -> dict[str, Any]:
    return thing("sns/topic", TOPIC, {"Subscriptions": [{"SubscriptionArn": arn} for arn in subscriptions]})


@pytest.mark.parametrize(
    ("lines", "ruling"),
    [
        ([alarm(), topic(f"{TOPIC}:1")], Ruling.PASS),
        ([alarm(), topic("PendingConfirmation", f"{TOPIC}:1")], Ruling.PASS),
        ([alarm(), topic("PendingConfirmation")], Ruling.FAIL),
        ([alarm(), topic()], Ruling.FAIL),
        ([alarm()], Ruling.UNKNOWN),
        ([alarm(AlarmActions=[])], Ruling.FAIL),
        ([alarm(ActionsEnabled=False), topic(f"{TOPIC}:1")], Ruling.FAIL),
        ([alarm(AlarmActions=[f"arn:aws:lambda:{HERE}:function:f"])], Ruling.PASS),
        ([alarm(AlarmActions=[]), rule({"detail": {"state": {"value": ["ALARM"]}}})], Ruling.PASS),
        ([alarm(AlarmActions=[]), rule({"source": ["aws.cloudwatch"], "detail": {"alarmName": ["b"]}})], Ruling.FAIL),
        (
            [
                alarm(AlarmActions=[]),
                topic(f"{TOPIC}:1"),
                thing(
                    "cloudwatch/composite-alarm",
                    f"{ALARM}-any",
                    {"AlarmName": "any", "AlarmRule": 'ALARM("a") OR ALARM("b")', "AlarmActions": [TOPIC]},
                ),
            ],
            Ruling.PASS,
        ),
    ],
)
def test_whom_an_alarm_wakes(lines: Any, ruling: Ruling) -> None:
    assert rulings("alarms/wakes_nobody", posture([trail(), group(REFUSED), *lines])) == {ALARM: ruling}


def test_alarms_on_other_metrics_are_not_asked_about() -> None:
    other = alarm(Namespace="AWS/EC2", MetricName="CPUUtilization", AlarmActions=[])
    for check in ("wakes_nobody", "never_rings"):
        assert rulings(f"alarms/{check}", posture([trail(), group(REFUSED), other])) == {}


def rings(pattern: str, events: Any = None, value: str = "1", **data: Any) -> Any:
    (verdict,) = verdicts(
        "alarms/never_rings", posture([trail(), group(pattern, value=value), alarm(**data)], events=events)
    )
    return verdict


@pytest.mark.parametrize(
    ("pattern", "data", "ruling"),
    [
        (ROOT_USE, {}, Ruling.PASS),
        (ROOT_USE, {"Threshold": 2}, Ruling.FAIL),
        (ROOT_USE, {"ComparisonOperator": "GreaterThanThreshold"}, Ruling.FAIL),
        (ROOT_USE, {"ComparisonOperator": "GreaterThanThreshold", "Threshold": 0}, Ruling.PASS),
        (ROOT_USE, {"EvaluationPeriods": 3}, Ruling.FAIL),
        (ROOT_USE, {"EvaluationPeriods": 3, "DatapointsToAlarm": 1}, Ruling.PASS),
        (REFUSED, {"Threshold": 50}, Ruling.PASS),
        (REFUSED, {"Threshold": 50, "Statistic": "Average"}, Ruling.FAIL),
        (REFUSED, {"Threshold": 1, "Statistic": "Maximum"}, Ruling.PASS),
        (REFUSED, {"Threshold": 60_000}, Ruling.FAIL),
        (REFUSED, {"ComparisonOperator": "LessThanThreshold"}, Ruling.PASS),
        (REFUSED, {"Period": 0}, Ruling.PASS),
        ("[a, b]", {}, Ruling.FAIL),
        ("{ $.errorCode = ", {}, Ruling.FAIL),
    ],
)
def test_what_an_alarm_s_own_figures_say(pattern: str, data: Any, ruling: Ruling) -> None:
    verdict = rings(pattern, **data)
    assert verdict.ruling is ruling
    assert ruling is Ruling.FAIL or "no events were given" in verdict.why or "not run again" in verdict.why


def refused(minute: float, **record: Any) -> Event:
    told = {"errorCode": "AccessDenied", "recipientAccountId": ACCOUNT, "awsRegion": "eu-central-1", **record}
    return Event(f"e{minute}", MOMENT + timedelta(minutes=minute), "cloudtrail", "f", told)


def test_the_false_negatives_are_counted() -> None:
    events = [refused(0), refused(1), refused(2), refused(10), refused(20), refused(21)]
    loud = rings(REFUSED, events, Threshold=3.0)
    assert loud.ruling is Ruling.PASS
    assert "of 6 events at hand 6 match, in 3 periods; the highest Sum is 3" in loud.why
    assert "it rings in 1, and 3 matching events go without" in loud.why
    deaf = rings(REFUSED, events, Threshold=31.0)
    assert deaf.ruling is Ruling.FAIL
    assert "it rings in 0, and 6 matching events go without" in deaf.why
    quiet = rings(REFUSED, events, Threshold=30.0)
    assert quiet.ruling is Ruling.PASS, "ten times what normal work does is a threshold like any other"


def test_only_what_the_trail_would_have_written_is_replayed() -> None:
    foreign = [refused(n, recipientAccountId=OTHER) for n in range(5)]
    assert "none of 0 events" in rings(REFUSED, foreign, Threshold=100.0).why
    everybody = [trail(IsOrganizationTrail=True), group(REFUSED), alarm(Threshold=100.0)]
    (verdict,) = verdicts("alarms/never_rings", posture(everybody, events=foreign))
    assert "5 match" in verdict.why
    one_region = [trail(IsMultiRegionTrail=False), group(REFUSED), alarm(Threshold=100.0)]
    far = [refused(n, awsRegion="us-east-1") for n in range(5)]
    (verdict,) = verdicts("alarms/never_rings", posture(one_region, events=far))
    assert "none of 0 events" in verdict.why


def test_a_metric_may_take_its_value_from_the_record() -> None:
    events = [
        refused(0, additionalEventData={"bytesTransferredOut": 7e9}),
        refused(1),
        refused(2, additionalEventData=["x"]),
    ]
    verdict = rings(
        REFUSED, events, value="$.additionalEventData.bytesTransferredOut", Threshold=1e9, Statistic="Maximum"
    )
    assert "the highest Maximum is 7e+09" in verdict.why
    assert "1 match" in verdict.why


def test_hostile_records_break_nothing() -> None:
    odd: list[Any] = [
        {},
        {"errorCode": None},
        {"errorCode": ["AccessDenied"]},
        {"recipientAccountId": {"x": []}},
        {"errorCode": "\ud800"},
    ]
    events = [refused(n, **record) for n, record in enumerate(odd)]
    for pattern in (REFUSED, "{ $.errorCode = %Access% }", "AccessDenied", "%[A-Z]%"):
        assert rings(pattern, events).ruling in (Ruling.PASS, Ruling.FAIL)
