"""The collector of CloudWatch against recorded answers and the range."""

import json
from typing import Any

from tests.collecting import collected, says, survives_denials, turned
from tests.ground import Ground
from tests.recorded_aws import ACCOUNT, REGION, RecordedAws

from stanch.catalog.collectors import cloudwatch

ALARM = f"arn:aws:cloudwatch:{REGION}:{ACCOUNT}:alarm:root"
AT = f"arn:aws:logs:{REGION}:{ACCOUNT}"
HERE, TRAIL, OTHER = f"{AT}:account", f"{AT}:log-group:trail", f"{AT}:log-group:other"
DESTINATION = f"{AT}:destination:siem"
POLICY = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": "*", "Action": "logs:Put*"}]}
COUNTED = {"filterName": "root", "logGroupName": "trail", "filterPattern": "{ $.userIdentity.type = Root }"}
SENT = {"filterName": "all", "logGroupName": "trail", "destinationArn": DESTINATION}


def account(**changes: Any) -> RecordedAws:
    def alarms(_: Any, asked: Any) -> dict[str, Any]:
        (kind,) = asked["AlarmTypes"]
        arn = ALARM if kind == "MetricAlarm" else f"{ALARM}-any"
        return {f"{kind}s": [{"AlarmName": "root", "AlarmArn": arn, "AlarmActions": []}]}

    groups = [
        {"logGroupName": "trail", "arn": f"{TRAIL}:*", "retentionInDays": 30},
        {"logGroupName": "other", "arn": f"{OTHER}:*", "logGroupArn": OTHER},
    ]
    policy = json.dumps(POLICY)
    return RecordedAws(
        {
            "cloudwatch:DescribeAlarms": alarms,
            "logs:DescribeAccountPolicies": says({"accountPolicies": [{"policyName": "all"}]}),
            "logs:DescribeDestinations": says({"destinations": [{"arn": DESTINATION, "accessPolicy": policy}]}),
            "logs:DescribeLogGroups": turned("logGroups", "nextToken", "nextToken", groups),
            "logs:DescribeMetricFilters": says({"metricFilters": [COUNTED]}),
            "logs:DescribeResourcePolicies": says(
                {"resourcePolicies": [{"policyName": "r", "policyDocument": policy}]}
            ),
            "logs:DescribeSubscriptionFilters": lambda _, asked: {
                "subscriptionFilters": [SENT] if asked["logGroupName"] == "trail" else []
            },
            **changes,
        }
    )


def test_alarms_and_logs_are_told_with_what_counts_and_who_receives() -> None:
    things, unknowns = collected(cloudwatch, account())
    assert unknowns == []
    assert things[ALARM].kind == "cloudwatch/alarm"
    assert things[f"{ALARM}-any"].kind == "cloudwatch/composite-alarm"
    assert things[TRAIL].data["retentionInDays"] == 30
    assert things[TRAIL].data["MetricFilters"] == [COUNTED]
    assert things[TRAIL].data["SubscriptionFilters"] == [SENT]
    assert "retentionInDays" not in things[OTHER].data
    assert things[OTHER].data["MetricFilters"] == []
    assert things[DESTINATION].data["accessPolicy"] == POLICY
    assert things[HERE].data == {
        "ResourcePolicies": [{"policyName": "r", "policyDocument": POLICY}],
        "SubscriptionPolicies": [{"policyName": "all"}],
    }


def test_each_denial_is_one_gap_with_its_permission() -> None:
    survives_denials(cloudwatch, account())


def test_a_group_and_an_alarm_of_the_range_are_found(ground: Ground) -> None:
    owner, name = ground.admin, ground.name("trail")
    owner.call("logs", "CreateLogGroup", logGroupName=name)
    owner.call("logs", "PutRetentionPolicy", logGroupName=name, retentionInDays=7)
    told: dict[str, Any] = {"MetricName": "calls", "Namespace": "acme", "Statistic": "Sum"}
    told |= {"ComparisonOperator": "GreaterThanThreshold", "Period": 300, "EvaluationPeriods": 1, "Threshold": 5.0}
    owner.call("cloudwatch", "PutMetricAlarm", AlarmName=name, **told)
    things, _ = collected(cloudwatch, owner)
    assert things[f"arn:aws:logs:{owner.region}:{ground.account}:log-group:{name}"].data["retentionInDays"] == 7
    assert things[f"arn:aws:cloudwatch:{owner.region}:{ground.account}:alarm:{name}"].data["Threshold"] == 5.0
