"""A call is heard when a filter on the trail's log group counts it and an alarm watches the count, or a rule takes it.

CloudWatch Logs User Guide, "Creating metrics from log events using filters"; a trail says which group it writes to.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from stanch.catalog.checks._filters import Filter, FilterError, matches, parse
from stanch.catalog.checks._things import mapped, mappings, texts
from stanch.catalog.checks.alarms._calls import delivered
from stanch.contracts.check import Posture
from stanch.contracts.collector import Place
from stanch.domain.event import Event

Spot = tuple[str, str | None, str, str]
"""Account, region, namespace and name of a metric."""


@dataclass(frozen=True, slots=True)
class Counted:
    """One metric that a filter of a log group feeds. `filter` is None where nobody can read it; `fault` says why."""

    group: Place
    index: int
    name: str
    filter: Filter | None
    fault: str
    value: str
    spot: Spot


class Ears:
    """The log groups, filters, alarms and rules of all accounts."""

    def __init__(self, posture: Posture) -> None:
        self._posture = posture

    def trails(self, account: str) -> list[Place]:
        """The trails that record an account, each once."""
        found = {place.thing.arn: place for place in self._posture.of("cloudtrail/trail") if place.account == account}
        return list(found.values())

    def groups(self, account: str) -> list[Place]:
        """The log groups that an account's trails write to, as far as the snapshot has them."""
        arns = (_group_arn(trail) for trail in self.trails(account))
        return [self._groups[arn] for arn in dict.fromkeys(arns) if arn in self._groups]

    def unseen_groups(self, account: str) -> list[str]:
        """The log groups that an account's trails write to, in places where nobody looked for groups."""
        arns = [arn for trail in self.trails(account) if (arn := _group_arn(trail)) and arn not in self._groups]
        return [arn for arn in arns if not self._is_looked_at(arn)]

    def _is_looked_at(self, arn: str) -> bool:
        parts = arn.split(":")
        return len(parts) > 4 and self._posture.looked("cloudwatch", parts[4], parts[3])

    @cached_property
    def counted(self) -> dict[str, list[Counted]]:
        """What filters count in the log groups that trails write to, by the group's ARN."""
        written = {_group_arn(trail) for trail in self._posture.of("cloudtrail/trail")}
        return {arn: list(_counted(place)) for arn, place in self._groups.items() if arn in written}

    def written(self, group: Place, events: Iterable[Event]) -> list[Event]:
        """The events that some trail writes to a group: of its account, or of all in an organisation's, and region."""
        arn = group.thing.arn
        trails = [one for one in self._posture.of("cloudtrail/trail") if _group_arn(one) == arn]
        everybody = any(one.thing.data.get("IsOrganizationTrail") is True for one in trails)
        accounts = {one.account for one in trails}
        everywhere = any(one.thing.data.get("IsMultiRegionTrail") is True for one in trails)
        regions = {one.region for one in trails}
        return [
            event
            for event in events
            if (everybody or str(event.record.get("recipientAccountId")) in accounts)
            and (everywhere or str(event.record.get("awsRegion")) in regions)
        ]

    @cached_property
    def alarms(self) -> dict[Spot, list[Place]]:
        """The alarms on each metric."""
        found: dict[Spot, list[Place]] = defaultdict(list)
        for place in self._posture.of("cloudwatch/alarm"):
            for metric in _metrics(place.thing.data):
                found[(place.account, place.region, *metric)].append(place)
        return found

    @cached_property
    def fed(self) -> dict[str, tuple[Place, list[Counted]]]:
        """The alarms that watch what filters count in a trail's group, by ARN, with what feeds each."""
        found: dict[str, tuple[Place, list[Counted]]] = {}
        for counted in self.counted.values():
            for one in counted:
                for alarm in self.alarms.get(one.spot, ()):
                    found.setdefault(alarm.thing.arn, (alarm, []))[1].append(one)
        return found

    def hear(self, account: str, example: Mapping[str, Any]) -> str | None:
        """The alarm or rule that hears of a call in an account, or None."""
        for group in self.groups(account):
            for one in self.counted.get(group.thing.arn, ()):
                alarms = self.alarms.get(one.spot, ())
                if alarms and one.filter is not None and one.filter.matches(example):
                    return f"the alarm {alarms[0].thing.arn.rpartition(':')[2]}"
        told = {**delivered(example), "account": account}
        for rule in self._rules.get(account, ()):
            if matches(rule.thing.data.get("EventPattern"), told):
                return f"the rule {rule.thing.data.get('Name')}"
        return None

    def reader(self, account: str) -> str | None:
        """Who is handed all that an account's trails write, whatever he does with it."""
        for group in self.groups(account):
            for one in mappings(group.thing.data.get("SubscriptionFilters")):
                return f"the subscription {one.get('filterName')} of {group.thing.data.get('logGroupName')}"
        for trail in self.trails(account):
            bucket = self._buckets.get(str(trail.thing.data.get("S3BucketName")))
            told = mapped(bucket.thing.data.get("Notification")) if bucket else {}
            if any(value is not None and key != "ResponseMetadata" for key, value in told.items()):
                return f"what the bucket {trail.thing.data.get('S3BucketName')} notifies"
        return None

    def unseen_buckets(self, account: str) -> list[str]:
        """The buckets that an account's trails write to, and that nobody looked at."""
        names = (str(trail.thing.data.get("S3BucketName")) for trail in self.trails(account))
        return [name for name in names if name not in self._buckets]

    @cached_property
    def _groups(self) -> dict[str, Place]:
        return {place.thing.arn: place for place in self._posture.of("logs/group")}

    @cached_property
    def _buckets(self) -> dict[str, Place]:
        return {place.thing.arn.rpartition(":")[2]: place for place in self._posture.of("s3/bucket")}

    @cached_property
    def _rules(self) -> dict[str, list[Place]]:
        found: dict[str, list[Place]] = defaultdict(list)
        for place in self._posture.of("events/rule"):
            if place.thing.data.get("State") != "DISABLED" and mappings(place.thing.data.get("Targets")):
                found[place.account].append(place)
        return found


def _group_arn(trail: Place) -> str:
    told = trail.thing.data.get("CloudWatchLogsLogGroupArn")
    return told.removesuffix(":*") if isinstance(told, str) else ""


def _counted(group: Place) -> Iterator[Counted]:
    for index, told in enumerate(mappings(group.thing.data.get("MetricFilters"))):
        name, pattern = str(told.get("filterName")), told.get("filterPattern")
        read, fault = None, "its pattern is no text"
        if isinstance(pattern, str):
            try:
                read, fault = parse(pattern), ""
            except FilterError as error:
                fault = str(error)
        for one in mappings(told.get("metricTransformations")):
            spot = (group.account, group.region, str(one.get("metricNamespace")), str(one.get("metricName")))
            yield Counted(group, index, name, read, fault, str(one.get("metricValue")), spot)


def _metrics(data: Mapping[str, Any]) -> set[tuple[str, str]]:
    """Namespace and name of every metric that an alarm watches, also inside an expression."""
    stats = [mapped(mapped(one.get("MetricStat")).get("Metric")) for one in mappings(data.get("Metrics"))]
    told = [(one.get("Namespace"), one.get("MetricName")) for one in (data, *stats)]
    return {(space, name) for space, name in told if isinstance(space, str) and isinstance(name, str)}


def wakes(alarm: Place, topics: Mapping[str, Place]) -> tuple[bool | None, str]:
    """Whether somebody gets what an alarm does when it rings, and who; None where nobody saw that."""
    data = alarm.thing.data
    if data.get("ActionsEnabled") is False:
        return False, "its actions are switched off"
    actions = texts(data.get("AlarmActions"))
    if not actions:
        return False, "it has no action"
    said = [_gets(topics.get(action), action) for action in actions]
    for wanted in (True, None):
        for got, who in said:
            if got is wanted:
                return got, who
    return said[0]


def _gets(topic: Place | None, action: str) -> tuple[bool | None, str]:
    name = action.rpartition(":")[2]
    if ":sns:" not in action:
        return True, f"it does {name}"
    if topic is None:
        return None, f"the topic {name}"
    subscriptions: Sequence[Any] = mappings(topic.thing.data.get("Subscriptions"))
    if any(str(one.get("SubscriptionArn")).startswith("arn:") for one in subscriptions):
        return True, f"the topic {name} has a subscriber"
    if not isinstance(topic.thing.data.get("Subscriptions"), list):
        return None, f"the subscribers of {name}"
    waiting = f"{len(subscriptions)} never confirmed" if subscriptions else "nobody is subscribed"
    return False, f"to the topic {name} {waiting}" if not subscriptions else f"of the topic {name}, {waiting}"
