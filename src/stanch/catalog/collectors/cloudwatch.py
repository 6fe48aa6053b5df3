"""An alarm wakes someone only if a metric feeds it, an action follows it, and the log it counts in is still kept.

Blind to: what the logs say, dashboards, anomaly models, subscriptions of accounts that share their logs from elsewhere.
"""

from collections.abc import Iterator, Mapping
from functools import partial
from typing import Any

from stanch.catalog.collectors._answers import document, items, paged
from stanch.catalog.collectors._place import account_in
from stanch.contracts.collector import Look, Scope, Thing, unseen

SCOPE = Scope.REGION
PERMISSIONS = (
    "cloudwatch:DescribeAlarms",
    "logs:DescribeAccountPolicies",
    "logs:DescribeDestinations",
    "logs:DescribeLogGroups",
    "logs:DescribeMetricFilters",
    "logs:DescribeResourcePolicies",
    "logs:DescribeSubscriptionFilters",
)

_ALARMS = {"MetricAlarm": "alarm", "CompositeAlarm": "composite-alarm"}
_PAGES = ("nextToken", "nextToken")


def collect(look: Look) -> Iterator[Thing]:
    """Alarms; log groups with retention, metric filters and subscriptions; who else may write or receive logs."""
    yield from _alarms(look)
    yield _logs(look)
    account = account_in(look, "logs")
    groups = look.list("logs", "DescribeLogGroups", "logGroups", of=account)
    yield from look.each(partial(_group, look, _filters(look, account)), items(groups))
    for one in items(look.list("logs", "DescribeDestinations", "destinations", of=account)):
        yield Thing("logs/destination", str(one["arn"]), {**one, "accessPolicy": document(one, "accessPolicy")})


def _alarms(look: Look) -> Iterator[Thing]:
    account = account_in(look, "cloudwatch")
    for kind, name in _ALARMS.items():
        of = f"{account}/{name}"
        found = look.list("cloudwatch", "DescribeAlarms", f"{kind}s", of=of, AlarmTypes=[kind])
        for alarm in items(found):
            yield Thing(f"cloudwatch/{name}", str(alarm["AlarmArn"]), alarm)


def _logs(look: Look) -> Thing:
    """Policies that hold for all log groups: who may write to them, and where everything is sent as well."""
    account = account_in(look, "logs")
    told = look.list("logs", "DescribeResourcePolicies", "resourcePolicies", of=account)
    policies = told
    if not unseen(told):
        policies = [{**one, "policyDocument": document(one, "policyDocument")} for one in told]
    kind, operation, key = "SUBSCRIPTION_FILTER_POLICY", "DescribeAccountPolicies", "accountPolicies"
    everywhere = paged(look, "logs", operation, key, of=account, token=_PAGES, policyType=kind)
    return Thing("logs/account", account, {"ResourcePolicies": policies, "SubscriptionPolicies": everywhere})


def _filters(look: Look, account: str) -> Any:
    """Metric filters of all log groups by the group's name, in one listing; or a marker."""
    found = look.list("logs", "DescribeMetricFilters", "metricFilters", of=account)
    if unseen(found):
        return found
    by_group: dict[str, list[Any]] = {}
    for one in found:
        by_group.setdefault(str(one.get("logGroupName")), []).append(one)
    return by_group


def _group(look: Look, filters: Any, told: Mapping[str, Any]) -> Thing:
    name = str(told["logGroupName"])
    # AWS has two spellings: policies and all other services use the one without the asterisk.
    arn = str(told.get("logGroupArn") or told["arn"]).removesuffix(":*")
    operation, key = "DescribeSubscriptionFilters", "subscriptionFilters"
    data = {
        **told,
        "MetricFilters": filters if unseen(filters) else filters.get(name, []),
        "SubscriptionFilters": look.list("logs", operation, key, of=arn, logGroupName=name),
    }
    return Thing("logs/group", arn, data)
