"""A flow log says of each connection whether it was let through; AWS writes it up to some minutes later.

Reads: flow logs in CloudWatch Logs, in any format. Blind to: those in S3 and Firehose, whose place is told instead.
"""

import ipaddress
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from stanch.contracts.aws import Aws, AwsError

PERMISSIONS = ("ec2:DescribeFlowLogs", "logs:FilterLogEvents")
PAGES = 5
"""How many answers are read of one log group; what lies beyond is for a person to query."""

_DEFAULT = "version account-id interface-id srcaddr dstaddr srcport dstport protocol packets bytes start end action"
_NEEDED = {"interface-id", "srcaddr", "dstaddr", "start", "action"}


@dataclass(frozen=True, slots=True)
class Seen:
    """What the flow logs say of a host since a moment; `where` names each log, and what kept us from reading it."""

    accepted: tuple[str, ...] = ()
    refused: int = 0
    where: tuple[str, ...] = ()


def since(
    aws: Aws, start: datetime, addresses: Sequence[str], interfaces: Iterable[str], places: Iterable[str]
) -> Seen:
    """Flows of these networks over these interfaces that began after `start`.

    `places` are the ids that a flow log may be attached to: of the interfaces, their subnets and VPCs.
    """
    asked = [{"Name": "resource-id", "Values": sorted({*interfaces, *places})}]
    try:
        logs = aws.pages("ec2", "DescribeFlowLogs", "FlowLogs", Filter=asked)
    except AwsError as error:
        return Seen(where=(f"the flow logs could not be looked for: {error.code}",))
    accepted: list[str] = []
    refused, where = 0, []
    for log in logs:
        rows, told = _rows(aws, log, start, addresses)
        where.append(told)
        for row in rows:
            if row["interface-id"] not in interfaces or not _concerns(row, start, addresses):
                continue
            if row["action"] == "ACCEPT":
                accepted.append(f"{row['interface-id']} let {_told(row['srcaddr'])} -> {_told(row['dstaddr'])} through")
            refused += row["action"] == "REJECT"
    return Seen(tuple(dict.fromkeys(accepted)), refused, tuple(where))


def _rows(
    aws: Aws, log: Mapping[str, Any], start: datetime, addresses: Sequence[str]
) -> tuple[list[dict[str, str]], str]:
    """The records of one flow log and, in words, where it is."""
    name = str(log.get("FlowLogId"))
    if log.get("LogDestinationType", "cloud-watch-logs") != "cloud-watch-logs":
        return [], f"flow log {name} writes to {log.get('LogDestination')}"
    group = str(log.get("LogGroupName"))
    fields = re.findall(r"\$\{([a-z0-9-]+)\}", str(log.get("LogFormat") or "")) or _DEFAULT.split()
    lacking = _NEEDED - set(fields)
    if lacking:
        return [], f"flow log {name} in {group} does not record {', '.join(sorted(lacking))}"
    try:
        lines = list(_lines(aws, group, start, addresses))
    except AwsError as error:
        return [], f"flow log {name} in {group} could not be read: {error.code}"
    # A line that has too few fields is none of ours to understand; zip leaves what it lacks out.
    rows = [dict(zip(fields, line.split(), strict=False)) for line in lines]
    return [row for row in rows if row.keys() >= _NEEDED], f"flow log {name} in log group {group}"


def _lines(aws: Aws, group: str, start: datetime, addresses: Sequence[str]) -> Iterator[str]:
    asked: dict[str, Any] = {"logGroupName": group, "startTime": int(start.timestamp() * 1000)}
    single = [text.partition("/")[0] for text in addresses if ipaddress.ip_network(text).num_addresses == 1]
    if len(single) == len(addresses) == 1:
        asked["filterPattern"] = f'"{single[0]}"'
    for _ in range(PAGES):
        answer = aws.call("logs", "FilterLogEvents", **asked)
        yield from (str(event.get("message")) for event in answer.get("events") or ())
        if not answer.get("nextToken"):
            return
        asked["nextToken"] = answer["nextToken"]


def _concerns(row: Mapping[str, str], start: datetime, addresses: Sequence[str]) -> bool:
    """Whether a record is of these networks and its window began after the change; others mix before and after."""
    if not row["start"].isdecimal() or int(row["start"]) <= start.timestamp():
        return False
    ends = [_address(row[end]) for end in ("srcaddr", "dstaddr")]
    wanted = [ipaddress.ip_network(text) for text in addresses]
    return any(end in network for end in ends if end is not None for network in wanted)


def _address(text: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        return ipaddress.ip_address(text)
    except ValueError:  # "-": a record of no traffic
        return None


def _told(text: str) -> str:
    """An end of a flow, for a report: whatever else stands in a log line is not repeated."""
    return str(_address(text) or "?")
