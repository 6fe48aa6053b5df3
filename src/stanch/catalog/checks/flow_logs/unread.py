"""A record that nobody reads finds nobody: a flow log needs a table, a subscription or an alarm behind it.

Reads: flow logs of inference hosts, tables over their bucket, notifications of it, filters of their log group, alarms.
Blind to: readers elsewhere (a SIEM that lists the bucket, `stanch` reading its files): they leave nothing here to see.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from functools import cached_property
from typing import Any

from stanch.catalog.checks._hosts import Hosts, blind_to_hosts
from stanch.catalog.checks._things import evidence, gap, in_region, mapped, mappings, texts
from stanch.catalog.checks.flow_logs._logs import Logs, lacks
from stanch.contracts.check import GDPR, ISO, NIS2, NIST, About, Judged, Posture
from stanch.contracts.collector import Place, unseen
from stanch.domain.estate import Asset
from stanch.domain.severity import Severity
from stanch.domain.verdict import Evidence, Remedy, Row, Ruling

ABOUT = About(
    title="Nobody reads the flow logs of an inference host",
    row=Row.FLOW_LOGS,
    severity=Severity.MEDIUM,
    controls={
        NIST: ("AU-6", "SI-4"),
        ISO: ("A.8.15", "A.8.16"),
        GDPR: ("Art. 32(1)(d)",),
        NIS2: ("Art. 21(2)(b)",),
    },
)
_TEMPLATE = """\
Type: AWS::Logs::MetricFilter
Properties:
  LogGroupName: {group}
  FilterPattern: "[version, account, eni, source, destination, srcport, destport, protocol, packets, bytes, ...]"
  MetricTransformations:
    - MetricNamespace: inference
      MetricName: bytes-sent
      MetricValue: $bytes
"""


def judge(posture: Posture) -> Iterator[Judged]:
    """See `contracts.check.Check`."""
    yield from blind_to_hosts(posture)
    logs, readers = Logs(posture), _Readers(posture)
    found: dict[str, tuple[Place, dict[Asset, None]]] = {}
    for host in Hosts(posture).inference:
        for log in (log for interface in host.interfaces for log in logs.of(interface) if not lacks(log)):
            found.setdefault(log.thing.arn, (log, {}))[1].update(dict.fromkeys(host.assets))
    for log, assets in found.values():
        yield _judged(posture, readers, log, tuple(assets))


def _judged(posture: Posture, readers: "_Readers", log: Place, assets: tuple[Asset, ...]) -> Judged:
    read, proof, hidden = readers.of(log)
    evidences = (evidence(log, "LogDestination"), *proof)
    arn = log.thing.arn
    if read:
        return Judged(arn, log.account, log.region, Ruling.PASS, f"read by {read}", assets, evidences)
    if hidden:
        return Judged(arn, log.account, log.region, Ruling.UNKNOWN, hidden, assets, evidences)
    return Judged(
        arn,
        log.account,
        log.region,
        Ruling.FAIL,
        f"nothing here reads {_where(log)}: no table, notification, subscription or alarm (a reader elsewhere, as "
        "`stanch hunt` over its files, cannot be seen)",
        assets,
        evidences,
        (
            "whoever sends a model away",
            f"the flow log writes down bytes and address, in {_where(log)}",
            "nobody looks until somebody else tells: the clock of every duty to report starts late",
        ),
        _remedy(log),
    )


class _Readers:
    """Who reads what a flow log writes."""

    def __init__(self, posture: Posture) -> None:
        self._posture = posture

    def of(self, log: Place) -> tuple[str, tuple[Evidence, ...], str | None]:
        """A reader in words, or an empty text; what proves it; and what was not seen that could be one."""
        kind = log.thing.data.get("LogDestinationType") or "cloud-watch-logs"
        if kind == "kinesis-data-firehose":
            return "a delivery stream, whose end was not looked at", (), None
        return self._of_bucket(log) if kind == "s3" else self._of_group(log)

    def _of_bucket(self, log: Place) -> tuple[str, tuple[Evidence, ...], str | None]:
        where = str(log.thing.data.get("LogDestination")).rpartition(":::")[2].strip("/")
        bucket = where.partition("/")[0]
        for table, location in self._tables:
            if location == where or location.startswith(f"{where}/") or where.startswith(f"{location}/"):
                name = f"the table {table.thing.data.get('DatabaseName')}.{table.thing.data.get('Name')}"
                return name, (evidence(table, "StorageDescriptor.Location"),), None
        place = self._buckets.get(bucket)
        told = place.thing.data.get("Notification") if place else None
        if place and any(key != "ResponseMetadata" for key, value in mapped(told).items() if value is not None):
            return f"what {bucket} notifies", (evidence(place, "Notification"),), None
        hidden = unseen(told) or (None if place else f"the bucket {bucket} is not in the snapshot")
        blind = gap(self._posture, "glue", log.account, log.region, "glue:GetDatabases", "glue:GetTables")
        return "", (), blind or (f"not seen: {hidden}" if hidden else None)

    def _of_group(self, log: Place) -> tuple[str, tuple[Evidence, ...], str | None]:
        name = str(log.thing.data.get("LogGroupName") or _group_of(log.thing.data))
        place = self._groups.get((log.account, log.region, name))
        if place is None:
            why = gap(self._posture, "cloudwatch", log.account, log.region, "logs:DescribeLogGroups")
            return "", (), why or f"not seen: the log group {name}"
        data = place.thing.data
        for one in mappings(data.get("SubscriptionFilters")):
            return f"the subscription {one.get('filterName')}", (evidence(place, "SubscriptionFilters"),), None
        for one in mappings(data.get("MetricFilters")):
            for alarm in self._alarms_on(log, one):
                return f"the alarm {alarm}", (evidence(place, "MetricFilters"),), None
        hidden = unseen(data.get("SubscriptionFilters")) or unseen(data.get("MetricFilters"))
        return "", (evidence(place, "SubscriptionFilters"),), f"not seen: {hidden}" if hidden else None

    def _alarms_on(self, log: Place, filter_: Mapping[str, Any]) -> Iterator[str]:
        """The alarms on a metric filter's metrics; a metric without one wakes nobody."""
        for one in mappings(filter_.get("metricTransformations")):
            spot = (log.account, log.region, str(one.get("metricNamespace")), str(one.get("metricName")))
            yield from self._alarms.get(spot, ())

    @cached_property
    def _tables(self) -> list[tuple[Place, str]]:
        told = [
            (place, mapped(place.thing.data.get("StorageDescriptor")).get("Location"))
            for place in self._posture.of("glue/table")
        ]
        return [
            (place, one.removeprefix("s3://").strip("/"))
            for place, one in told
            if isinstance(one, str) and one.startswith("s3://")
        ]

    @cached_property
    def _buckets(self) -> dict[str, Place]:
        return {place.thing.arn.rpartition(":")[2]: place for place in self._posture.of("s3/bucket")}

    @cached_property
    def _groups(self) -> dict[tuple[str, str | None, str], Place]:
        return {
            (place.account, place.region, str(place.thing.data.get("logGroupName"))): place
            for place in self._posture.of("logs/group")
        }

    @cached_property
    def _alarms(self) -> dict[tuple[Any, ...], list[str]]:
        found: dict[tuple[Any, ...], list[str]] = defaultdict(list)
        for place in self._posture.of("cloudwatch/alarm"):
            data = place.thing.data
            if data.get("ActionsEnabled") is not False and texts(data.get("AlarmActions")):
                spot = (place.account, place.region, str(data.get("Namespace")), str(data.get("MetricName")))
                found[spot].append(str(data.get("AlarmName")))
        return found


def _group_of(data: Mapping[str, Any]) -> str:
    """The log group of a destination's ARN, where the name is not told besides."""
    return str(data.get("LogDestination")).partition(":log-group:")[2].removesuffix(":*")


def _where(log: Place) -> str:
    data = log.thing.data
    return str(data.get("LogGroupName") or data.get("LogDestination"))


def _remedy(log: Place) -> Remedy:
    name, group = log.thing.arn.rpartition("/")[2], log.thing.data.get("LogGroupName") or _group_of(log.thing.data)
    if log.thing.data.get("LogDestinationType") == "s3":
        make = ("aws", "ec2", "get-flow-logs-integration-template", "--flow-log-id", name)
        where = ("--config-delivery-s3-destination-arn", str(log.thing.data.get("LogDestination")))
        services = "AthenaIntegrations=[{IntegrationResultS3DestinationArn=RESULTS,PartitionLoadFrequency=daily}]"
        return Remedy(
            "Lay a table over the bucket (AWS writes the template for it) and ask it daily who sent how much; or let "
            "stanch read the bucket's files.",
            ((*make, *where, "--integrate-services", services, *in_region(log.region)),),
        )
    put = ("aws", "logs", "put-subscription-filter", "--log-group-name", str(group), "--filter-name", "watch")
    end = ("--filter-pattern", "", "--destination-arn", "the-arn-of-a-stream-or-function", *in_region(log.region))
    return Remedy(
        "Send the group to whatever watches, or count the bytes sent and alarm on them.",
        ((*put, *end),),
        _TEMPLATE.format(group=group),
    )
