"""A load balancer writes a line for each request that reaches an inference API: client, target, status, bytes, agent.

Reads: access logs of Application Load Balancers (http, https, h2, grpcs, ws, wss), of any age: fields are only added.
A line becomes a record whose eventSource is `alb.request`; its fields stand under `alb`. The page lists them.
Blind to: Classic and Network Load Balancers and connection logs, which are other formats; who the caller is beyond his
address; and lines that were never delivered: delivery is best effort.
"""

import hashlib
import re
from collections.abc import Iterator
from typing import Any, BinaryIO

from stanch.catalog.sources._identity import partition_of
from stanch.catalog.sources._json import BOM
from stanch.catalog.sources._lines import lines
from stanch.catalog.sources._paths import operation_of
from stanch.catalog.sources._secrets import without_secrets
from stanch.catalog.sources._times import iso_text, iso_time
from stanch.catalog.sources._told import address, milliseconds, request_id
from stanch.catalog.sources._unreadable import Faults, Unreadable
from stanch.domain.event import Event, Skipped
from stanch.domain.inference import NOT_TOLD, Inference

LOG = "alb"
SOURCE = "alb.request"
"""The eventSource of its records: no API of AWS has this name."""

_START = re.compile(rb"(?:https?|h2|grpcs|wss?) \d{4}-\d{2}-\d{2}T[0-9:.]{8,20}Z [^ \r\n]+ [^ \r\n]+:\d+ ")
_LINE = re.compile(
    r"(?P<type>https?|h2|grpcs|wss?) (?P<time>[^ ]+) (?P<loadBalancer>[^ ]+) (?P<client>[^ ]+) (?P<target>[^ ]+)"
    r" (?P<requestTime>-?[\d.]+|-) (?P<targetTime>-?[\d.]+|-) (?P<responseTime>-?[\d.]+|-)"
    r" (?P<status>\d{3}|-) (?P<targetStatus>\d{3}|-) (?P<receivedBytes>\d+|-) (?P<sentBytes>\d+|-)"
    r' "(?P<rest>.*)',
    re.ASCII,
)
# The load balancer escapes quotes, so the first one with three words after it ends the agent.
_AFTER_AGENT = re.compile(r'"((?: [^ "]+){3})(?= |$)')
_WORD = re.compile(r'"([^"]*)"|([^ "]+)')
_WORDS = (
    "tlsCipher", "tlsProtocol", "targetGroupArn",
    "traceId", "domainName", "certificateArn", "rulePriority", "creationTime", "actions", "redirectUrl", "errorReason",
    "targets", "targetStatuses", "classification", "classificationReason", "connectionTraceId", "transformedHost",
    "transformedUri", "transformStatus",
)  # fmt: skip
_NO_LINE = "a line that is cut short or no ALB access log line"
_FLOATS = ("requestTime", "targetTime", "responseTime")
_COUNTS = ("status", "targetStatus", "receivedBytes", "sentBytes")
_DELIVERED = re.compile(r"(?:^|/)(\d{12})/elasticloadbalancing/([a-z0-9-]{5,24})/")
_ESCAPED = re.compile(r"\\x([2-6][0-9A-Fa-f]|7[0-9A-Ea-e])|\\([\"\\])")


def recognises(path: str, head: bytes) -> bool:
    """Lines that begin with a kind of connection, a time, a load balancer and a client's address and port."""
    return any(_START.match(line) for line in head.removeprefix(BOM).split(b"\n", 3)[:3])


def read(path: str, stream: BinaryIO) -> Iterator[Event | Skipped]:
    """Yield each line as an Event; lines that are none are told once, with a count."""
    faults = Faults("lines")
    delivered = _DELIVERED.search(path)
    account, region = delivered.groups() if delivered else (None, None)
    for number, line in lines(stream):
        try:
            if isinstance(line, Unreadable):
                raise line
            yield _event(path, line, account, region)
        except Unreadable as fault:
            faults.note(fault, number)
    yield from faults.told(path)


def call_of(event: Event) -> Inference | None:
    """The call of a model that a request is, to be joined with what gateway and server say of it; None for another.

    Its `request` is the root of the trace: a gateway or nginx must log `X-Amzn-Trace-Id` to share it.
    """
    fields = event.record["alb"]
    operation = operation_of(fields.get("url", ""))
    if not operation:
        return None
    parts = [fields.get(name, NOT_TOLD) for name in _FLOATS]
    return Inference(
        time=event.time.timestamp(),
        log=LOG,
        file=event.file,
        request=request_id(event.record.get("requestID")),
        address=address(event.record.get("sourceIPAddress", "")),
        agent=event.record.get("userAgent", ""),
        operation=operation,
        embeddings=operation == "embedding",
        status=fields.get("status", NOT_TOLD),
        bytes_in=fields.get("receivedBytes", NOT_TOLD),
        bytes_out=fields.get("sentBytes", NOT_TOLD),
        first_ms=milliseconds(fields.get("targetTime")),
        total_ms=milliseconds(sum(parts)) if min(parts) >= 0 else NOT_TOLD,
        account=event.record.get("recipientAccountId", ""),
        region=event.record.get("awsRegion", ""),
    )


def _event(path: str, line: str, account: str | None, region: str | None) -> Event:
    found = _LINE.fullmatch(line)
    if found is None:
        if line.startswith(("type time ", "type,time,", "#")):
            raise Unreadable("a header line, no request", fault=False)
        raise Unreadable(_NO_LINE)
    when = iso_time(found["time"], "a line whose time")
    id_ = "alb:" + hashlib.sha256(line.encode()).hexdigest()[:32]
    record = _record(_fields(found), account, region)
    record |= {"eventID": id_, "eventTime": iso_text(when), "raw": without_secrets(line)}
    return Event(id=id_, time=when, log=LOG, file=path, record=record)


def _fields(found: re.Match[str]) -> dict[str, Any]:
    fields: dict[str, Any] = {name: value for name, value in found.groupdict().items() if value not in ("-", "")}
    request, agent, words = _quoted(fields.pop("rest", ""))
    fields |= {name: word for name, word in zip(_WORDS, words, strict=False) if word not in ("-", "")}
    if len(words) > len(_WORDS):
        fields["more"] = words[len(_WORDS) :]
    for name in _FLOATS:
        fields[name] = _seconds(fields.get(name))
    for name in _COUNTS:
        fields[name] = int(fields[name][:18]) if name in fields else None
    fields["clientAddress"], fields["clientPort"] = _address(fields.pop("client", None))
    fields["targetAddress"], fields["targetPort"] = _address(fields.pop("target", None))
    fields["method"], fields["url"], fields["protocol"] = _request(request)
    fields["agent"] = _plain(agent) or None
    fields.pop("time", None)
    return {name: value for name, value in fields.items() if value not in (None, "-")}


def _record(fields: dict[str, Any], account: str | None, region: str | None) -> dict[str, Any]:
    group = str(fields.get("targetGroupArn", "")).split(":")
    if len(group) == 6:
        region, account = region or group[3] or None, account or group[4] or None
    client, status = fields.get("clientAddress"), fields.get("status", 0)
    record: dict[str, Any] = {
        "eventSource": SOURCE,
        "eventName": fields.get("method", "-"),
        "readOnly": fields.get("method") in ("GET", "HEAD", "OPTIONS"),
        "userIdentity": {"type": "Client", "principalId": client or "unknown"},
        "sourceIPAddress": client,
        "userAgent": fields.pop("agent", None),
        "awsRegion": region,
        "recipientAccountId": account,
        "requestID": fields.get("traceId"),
        "errorCode": f"Http{status}" if status >= 400 else None,
        "alb": fields,
    }
    balancer = fields.get("loadBalancer")
    if account and region and balancer:
        partition = partition_of(fields.get("targetGroupArn"), region)
        arn = f"arn:{partition}:elasticloadbalancing:{region}:{account}:loadbalancer/{balancer}"
        kind = "AWS::ElasticLoadBalancingV2::LoadBalancer"
        record["resources"] = [{"type": kind, "ARN": arn, "accountId": account}]
    return {name: value for name, value in record.items() if value is not None}


def _quoted(rest: str) -> tuple[str, str, list[str]]:
    """The request, the user agent, and the words after them; raises Unreadable where the line ends within."""
    request, between, rest = rest.partition('" "')
    end = _AFTER_AGENT.search(rest)
    if not between or end is None:
        raise Unreadable(_NO_LINE)
    return (
        request,
        rest[: end.start()],
        [_plain(quoted or bare) for quoted, bare in _WORD.findall(rest[end.start(1) :])],
    )


def _request(line: str) -> tuple[str, str, str]:
    """Method, URL and protocol of a request line; a URL may hold spaces, and a broken request has dashes."""
    method, _, rest = _plain(line).strip().partition(" ")
    url, _, protocol = rest.rstrip().rpartition(" ")
    return method or "-", without_secrets(url or rest), protocol or "-"


def _address(given: str | None) -> tuple[str | None, int | None]:
    """Address and port; an IPv6 address may stand in brackets."""
    address, colon, port = (given or "").rpartition(":")
    if not colon or not port.isdecimal():
        return given, None
    return address.strip("[]") or None, int(port[:5])


def _seconds(given: str | None) -> float | None:
    try:
        return float(given) if given is not None else None
    except ValueError:
        return None


def _plain(text: str) -> str:
    r"""Without the load balancer's escapes: \x22 for a quote, and others of printable signs."""
    return _ESCAPED.sub(lambda found: chr(int(found[1], 16)) if found[1] else found[2], text)
