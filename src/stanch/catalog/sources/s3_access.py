"""S3 server access logs name every request on a bucket: who, from where, which key, how many bytes, how it was signed.

Reads: the text lines S3 delivers, of any age (fields were added at the end over the years, more may follow). Each
becomes a record with CloudTrail's names, so that every rule over S3 calls holds for it; `raw` keeps the line.
Blind to: request bodies (a policy that was put is not in the log), access keys (but those of pre-signed URLs), and
what S3 did not deliver: delivery is best effort.
"""

import hashlib
import re
from collections.abc import Iterator, Sequence
from typing import Any, BinaryIO
from urllib.parse import unquote, unquote_plus

from stanch.catalog.sources._identity import NOBODY, from_arn, partition_of
from stanch.catalog.sources._json import BOM
from stanch.catalog.sources._lines import lines
from stanch.catalog.sources._operations import api_name, only_reads, reads_copy_source
from stanch.catalog.sources._secrets import without_secrets
from stanch.catalog.sources._times import access_log_time, iso_text
from stanch.catalog.sources._unreadable import Faults, Unreadable
from stanch.domain.event import Event, Skipped

LOG = "s3_access"

_START = re.compile(rb"[0-9A-Za-z-]{1,128} [^ \r\n]{1,128} \[\d{2}/[A-Z][a-z]{2}/\d{4}:\d{2}:\d{2}:\d{2} [+-]\d{4}\] ")
_LINE = re.compile(
    r"(?P<owner>[^ ]+) (?P<bucket>[^ ]+) \[(?P<time>[^\]]{1,40})\] (?P<address>[^ ]+) (?P<requester>[^ ]+)"
    r" (?P<request>[^ ]+) (?P<operation>[^ ]+) (?P<key>[^ ]+)"
    # The first place where the numbers fit ends the request: what follows (referer, agent) is the caller's to invent.
    r' (?:"(?P<uri>.*?)"|-) (?P<status>\d{3}|-) (?P<error>[^ ]+) (?P<sent>\d+|-) (?P<size>\d+|-) (?:\d+|-) (?:\d+|-)'
    r"(?: (?P<rest>.*))?",
    re.ASCII,
)
_TAIL = ("version", "host_id", "signature", "cipher", "authentication", "host", "tls", "access_point", "acl_required")
_DELIVERED = re.compile(r"(?:^|/)(\d{12})/([a-z]{2,4}(?:-[a-z]+)+-\d)/[^/]+/\d{4}/\d{2}/\d{2}/[^/]+$")
_HOST_REGION = re.compile(r"\.([a-z]{2,4}(?:-[a-z]+){1,3}-\d)\.amazonaws\.")
_SIGNED_BY = re.compile(
    r"[?&]X-Amz-Credential=([A-Z0-9]{16,128})(?:%2F|/)\d{8}(?:%2F|/)([a-z0-9-]{4,32})(?:%2F|/)s3", re.IGNORECASE
)
_SIGNED_BY_V2 = re.compile(r"[?&]AWSAccessKeyId=([A-Z0-9]{16,128})", re.IGNORECASE)
_CANONICAL = re.compile(r"[0-9a-f]{64}")
_HEADER = re.compile(r"(?i)\W*bucket[ _]?owner\W")


def recognises(path: str, head: bytes) -> bool:
    """Lines that begin with an owner, a bucket and a time in brackets; a header line may stand before them."""
    return any(_START.match(line) for line in head.removeprefix(BOM).split(b"\n", 3)[:3])


def read(path: str, stream: BinaryIO) -> Iterator[Event | Skipped]:
    """Yield each line as an Event with CloudTrail's names; lines that are none are told once, with a count."""
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


def _event(path: str, line: str, account: str | None, region: str | None) -> Event:
    found = _LINE.fullmatch(line)
    if found is None:
        if _HEADER.match(line):
            raise Unreadable("a header line, no request", fault=False)
        raise Unreadable("a line that is cut short or no S3 access log line")
    field = {name: value for name, value in found.groupdict().items() if value is not None and value != "-"}
    when = access_log_time(field.get("time", ""), "a line whose time")
    tail = _tail(field.get("rest", ""))
    # The same line delivered twice is one event; two lines of one request (the keys of a batch) are two.
    id_ = "s3:" + hashlib.sha256(line.encode()).hexdigest()[:32]
    record = _record(field, tail, account, region)
    record |= {"eventID": id_, "eventTime": iso_text(when), "raw": without_secrets(line)}
    return Event(id=id_, time=when, log=LOG, file=path, record=record)


def _tail(rest: str) -> dict[str, Any]:
    """Referer, user agent, and what follows them. S3 does not escape the quotes in either: the last one ends both."""
    last = rest.rfind('"')
    quoted, words = rest[: last + 1], rest[last + 1 :].split()
    end = 1 if quoted.startswith("-") else quoted.find('" ', 1) + 1
    if not quoted:
        agent, words = "-", words[2:]
    elif end and len(quoted) > end:
        agent = quoted[end + 1 :].removeprefix('"').removesuffix('"')
    else:  # the referer alone is quoted
        agent, words = (words[0] if words else "-"), words[1:]
    found: dict[str, Any] = {name: word for name, word in zip(_TAIL, words, strict=False) if word != "-"}
    if agent != "-":
        found["agent"] = agent
    if len(words) > len(_TAIL):
        found["more"] = words[len(_TAIL) :]
    return found


def _record(field: dict[str, str], tail: dict[str, Any], account: str | None, region: str | None) -> dict[str, Any]:
    uri = field.get("uri", "")
    access_key, scope = _signer(uri)
    host = _HOST_REGION.search(tail.get("host", "")[:255])
    region = region or scope or (host[1] if host else None)
    key = _key(field["key"], uri) if "key" in field else None
    operation, requester = field.get("operation", "-"), field.get("requester")
    bucket = field.get("bucket", "-")
    record: dict[str, Any] = {
        "eventSource": "s3.amazonaws.com",
        "eventName": api_name(operation, has_key=key is not None),
        "eventType": "AwsApiCall",
        "readOnly": only_reads(operation),
        "managementEvent": key is None,
        "userIdentity": _identity(requester, access_key),
        "sourceIPAddress": field.get("address"),
        "userAgent": tail.get("agent"),
        "awsRegion": region,
        "recipientAccountId": account,
        "requestID": field.get("request"),
        "requestParameters": _parameters(operation, bucket, key, tail),
        "additionalEventData": _additional(field, tail),
        "resources": _resources(partition_of(requester, region), bucket, key, account),
        "errorCode": _error(field),
    }
    return {name: value for name, value in record.items() if value is not None}


def _signer(uri: str) -> tuple[str | None, str | None]:
    """Access key and region of a pre-signed URL, from its credential scope."""
    if "?" not in uri:
        return None, None
    if found := _SIGNED_BY.search(uri):
        return found[1], found[2].lower()
    found = _SIGNED_BY_V2.search(uri)
    return (found[1] if found else None), None


def _key(logged: str, uri: str) -> str:
    """The object's key. S3 writes it encoded once or twice, and spaces as plus signs; the request's path decides."""
    if "%" not in logged and "+" not in logged:
        return logged
    once = unquote(logged)
    parts = uri.split(" ")
    path = unquote(parts[1].partition("?")[0]) if len(parts) > 1 else ""
    candidates = (once, unquote(once), unquote_plus(logged), unquote_plus(once))
    return next((key for key in candidates if path.endswith("/" + key)), once)


def _identity(requester: str | None, access_key: str | None) -> dict[str, Any]:
    if requester is None:
        return dict(NOBODY)
    if requester.startswith("arn:"):
        identity = from_arn(requester)
    elif requester.startswith("svc:") or requester == "AmazonS3":
        identity = {
            "type": "AWSService",
            "invokedBy": requester.removeprefix("svc:").replace("AmazonS3", "s3.amazonaws.com"),
        }
    else:
        kind = "AWSAccount" if _CANONICAL.fullmatch(requester) else "Unknown"
        identity = {"type": kind, "principalId": requester}
    return identity | ({"accessKeyId": access_key} if access_key else {})


def _parameters(operation: str, bucket: str, key: str | None, tail: dict[str, Any]) -> dict[str, Any]:
    if reads_copy_source(operation):
        # This line is of the source; the destination is another bucket, and the line does not say which.
        return {"x-amz-copy-source": f"{bucket}/{key or ''}"}
    named = {"bucketName": bucket, "key": key, "Host": tail.get("host"), "versionId": tail.get("version")}
    return {name: value for name, value in named.items() if value is not None}


def _additional(field: dict[str, str], tail: dict[str, Any]) -> dict[str, Any]:
    size = _number(field.get("size"))
    data = {
        "SignatureVersion": tail.get("signature"),
        "CipherSuite": tail.get("cipher"),
        "AuthenticationMethod": tail.get("authentication"),
        "TlsVersion": tail.get("tls"),
        "bytesTransferredOut": _number(field.get("sent")) or 0,
        "bytesTransferredIn": size if field.get("operation", "").startswith(("REST.PUT.", "REST.POST.")) else None,
        "objectSize": size,
        "httpStatus": _number(field.get("status")),
        "accessPointArn": tail.get("access_point"),
        "aclRequired": tail.get("acl_required"),
        "x-amz-id-2": tail.get("host_id"),
        "more": tail.get("more"),
    }
    return {name: value for name, value in data.items() if value is not None}


def _resources(partition: str, bucket: str, key: str | None, account: str | None) -> Sequence[dict[str, str]]:
    arn = f"arn:{partition}:s3:::{bucket}"
    owner = {"accountId": account} if account else {}
    of_bucket = {"type": "AWS::S3::Bucket", "ARN": arn} | owner
    return [{"type": "AWS::S3::Object", "ARN": f"{arn}/{key}"}, of_bucket] if key else [of_bucket]


def _error(field: dict[str, str]) -> str | None:
    """S3's error code; a refusal without one (an answer to HEAD has no body) is told by its status."""
    status = field.get("status", "")
    return field.get("error") or (f"Http{status}" if status >= "400" else None)


def _number(digits: str | None) -> int | None:
    return int(digits[:18]) if digits else None
