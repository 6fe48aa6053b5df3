"""CloudTrail writes one record for each AWS API call, delivered about five minutes later as gzipped JSON.

Reads: `{"Records": [...]}`, a JSON list of records, JSON Lines, and EventBridge envelopes (`detail` holds the record).
Blind to: digest files and Insights events, which say something about records but are none; both are told as skipped.
"""

import hashlib
import json
import math
import re
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any, BinaryIO

import msgspec

from stanch.domain.event import Event, Skipped

LOG = "cloudtrail"

_LIST = msgspec.json.Decoder(list[msgspec.Raw])
_OBJECT = msgspec.json.Decoder(dict[str, msgspec.Raw])
_DIGITS = 300
_HIGH, _LOW = rb"\\u[dD][89abAB][0-9a-fA-F]{2}", rb"\\u[dD][c-fC-F][0-9a-fA-F]{2}"
_LONE_SURROGATE = re.compile(_HIGH + rb"(?!" + _LOW + rb")|(?<!" + _HIGH + rb")" + _LOW)
_MARKS = (b'"Records"', b'"eventSource"', b'"eventVersion"', b'"eventName"', b'"digestStartTime"', b'"detail-type"')
_BOM = b"\xef\xbb\xbf"
_YEARS = (2006, 2100)  # AWS opened in 2006; a clock beyond these cannot be reckoned with


class _NotARecordError(Exception):
    """Why one record, or one whole document, is not an event."""

    def __init__(self, why: str, *, fault: bool = True) -> None:
        super().__init__(why)
        self.why = why
        self.fault = fault


def recognises(path: str, head: bytes) -> bool:
    """JSON that speaks CloudTrail's field names, or lies where CloudTrail delivers."""
    start = head.removeprefix(_BOM).lstrip()[:1]
    return start in (b"{", b"[") and (any(mark in head for mark in _MARKS) or "/CloudTrail" in path)


def read(path: str, stream: BinaryIO) -> Iterator[Event | Skipped]:
    """Yield each record as an Event. What is wrong with many records of a file is told once, with a count."""
    faults: Counter[tuple[str, bool]] = Counter()
    first_at: dict[tuple[str, bool], int] = {}
    for number, record in enumerate(_records(stream), start=1):
        try:
            if isinstance(record, _NotARecordError):
                raise record
            yield _event(path, record)
        except _NotARecordError as fault:
            key = (fault.why, fault.fault)
            faults[key] += 1
            first_at.setdefault(key, number)
    for (why, fault_), count in faults.items():
        more = f" ({count} records, the first is number {first_at[why, fault_]})" if count > 1 else ""
        yield Skipped(path, why + more, fault=fault_)


def _records(stream: BinaryIO) -> Iterator[object]:
    """Each raw record. A first line that is whole JSON makes it JSON Lines; anything else is one document."""
    line = stream.readline().removeprefix(_BOM)
    first = _opened(line)
    if isinstance(first, _NotARecordError):
        yield from _unwrapped(_opened(line + stream.read()))
        return
    yield from _unwrapped(first)
    for line in stream:
        if line.strip():
            yield from _unwrapped(_opened(line))


def _opened(text: bytes) -> object:
    """One JSON document with its parts still closed, so that one bad record does not cost the others.

    An object comes as {key: Raw}, a list as [Raw].
    """
    decoder = _LIST if text.lstrip()[:1] == b"[" else _OBJECT
    try:
        return decoder.decode(text)
    except RecursionError:
        return _NotARecordError("JSON nested too deeply")
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        try:
            # JSON allows half of a surrogate pair, msgspec does not; one planted in a record must not hide the file.
            return decoder.decode(_LONE_SURROGATE.sub(rb"\\ufffd", text))
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            return _NotARecordError(f"broken JSON: {_why_not_json(text, error)}")


def _decoded(text: bytes) -> object:
    """One record. What msgspec refuses and JSON allows (an enormous number) Python's own reader takes."""
    try:
        return msgspec.json.decode(text)
    except RecursionError:
        return _NotARecordError("JSON nested too deeply")
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        try:
            return json.loads(text.decode("utf-8"), parse_int=_number)
        except (ValueError, RecursionError):
            return _NotARecordError(f"broken JSON: {_why_not_json(text, error)}")


def _number(digits: str) -> int | float:
    return int(digits) if len(digits) < _DIGITS else math.inf


def _why_not_json(text: bytes, error: Exception) -> str:
    try:
        text.decode("utf-8")
    except UnicodeDecodeError as bad:
        return f"not UTF-8 text (byte {bad.start})"
    return str(error)


def _unwrapped(document: object) -> Iterator[object]:
    """The records inside one opened document: a delivery file, a list, an envelope, or the record itself."""
    if isinstance(document, list):
        for item in document:
            yield from _unwrapped(_opened(bytes(item))) if _starts(item, b"{") else [_decoded(bytes(item))]
    elif not isinstance(document, dict):
        yield document
    elif _starts(document.get("Records"), b"["):
        for item in _LIST.decode(document["Records"]):
            yield _decoded(bytes(item))
    elif "digestStartTime" in document:
        yield _NotARecordError("a CloudTrail digest: hashes of log files, no events", fault=False)
    elif "detail-type" in document and _starts(document.get("detail"), b"{"):
        yield _decoded(bytes(document["detail"]))
    else:
        yield _whole(document)


def _starts(value: msgspec.Raw | None, sign: bytes) -> bool:
    return value is not None and bytes(value).startswith(sign)


def _whole(document: dict[str, msgspec.Raw]) -> object:
    """A record whose parts were opened one by one; the first that cannot be read is why it is none."""
    parts = {key: _decoded(bytes(value)) for key, value in document.items()}
    return next((part for part in parts.values() if isinstance(part, _NotARecordError)), parts)


def _event(path: str, record: object) -> Event:
    if not isinstance(record, dict):
        raise _NotARecordError("a record that is no JSON object")
    if record.get("eventCategory") == "Insight" or record.get("eventType") == "AwsCloudTrailInsight":
        raise _NotARecordError("a CloudTrail Insights event: a statistic over events, no event", fault=False)
    when = record.get("eventTime")
    if when is None:
        raise _NotARecordError("a record without eventTime")
    return Event(id=_id(record), time=_time(when), log=LOG, file=path, record=record)


def _time(value: object) -> datetime:
    try:
        when = datetime.fromisoformat(value)  # type: ignore[arg-type]  # a wrong type is a wrong time
        when = when.replace(tzinfo=UTC) if when.tzinfo is None else when.astimezone(UTC)
    except (TypeError, ValueError, OverflowError):
        raise _NotARecordError("a record whose eventTime is not a time") from None
    if not _YEARS[0] <= when.year <= _YEARS[1]:
        raise _NotARecordError(f"a record whose eventTime is not between {_YEARS[0]} and {_YEARS[1]}")
    return when


def _id(record: dict[str, Any]) -> str:
    given = record.get("eventID")
    if isinstance(given, str) and given:
        return given
    # Without an id of its own a record is still told apart, and counted once, by what it says.
    return "sha256:" + hashlib.sha256(msgspec.json.encode(record, order="sorted")).hexdigest()[:32]
