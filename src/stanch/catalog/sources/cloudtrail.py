"""CloudTrail writes one record for each AWS API call, delivered about five minutes later as gzipped JSON.

Reads: `{"Records": [...]}`, a JSON list of records, JSON Lines, EventBridge envelopes (`detail` holds the record), and
what carries records as text: `aws cloudtrail lookup-events`, CloudWatch Logs, its exports and its Insights.
Blind to: digest files and Insights events, which say something about records but are none; both are told as skipped.
"""

import hashlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, BinaryIO

import msgspec

from stanch.catalog.sources import _batches, _carried, _stamped
from stanch.catalog.sources._json import Opened, decoded, documents, opened, starts, texts, whole
from stanch.catalog.sources._kind import CLOUDTRAIL, json_log
from stanch.catalog.sources._times import iso_time
from stanch.catalog.sources._unreadable import GIVEN_UP, Faults, Unreadable
from stanch.domain.event import Event, Skipped

LOG = CLOUDTRAIL

_NOT_UTF8 = Unreadable("a record with bytes that are not UTF-8 text, which read as U+FFFD")


def recognises(path: str, head: bytes) -> bool:
    """JSON that speaks CloudTrail's field names, or lies where CloudTrail delivers."""
    return json_log(path, head) == LOG


def read(path: str, stream: BinaryIO) -> Iterator[Event | Skipped]:
    """Yield each record as an Event. What is wrong with many records of a file is told once, with a count."""
    faults = Faults()
    for number, record in enumerate(_records(stream), start=1):
        try:
            yield _read(path, record, faults, number)
        except Unreadable as fault:
            faults.note(fault, number)
            if faults.hopeless:
                faults.note(GIVEN_UP)
                break
    yield from faults.told(path)


def splittable(head: bytes) -> bool:
    """Whether it is a delivered file, `{"Records": [...]}`, or a bare list of records."""
    return _batches.delivered(head) or (_batches.splittable(head) and not _carried.carried(head))


def batches(path: str, stream: BinaryIO, head: bytes) -> Iterator["Batch | Skipped"]:
    """Yield the records of a delivered file by the quarter megabyte, and last what is wrong with some of them."""
    faults, rest = Faults(), _batches.Rest()
    for item in _batches.batches(path, stream, head, rest):
        if isinstance(item, Unreadable):
            faults.note(item)
        else:
            yield Batch(path, item, faults, rest)
        if faults.hopeless:
            faults.note(GIVEN_UP)
            break
    yield from faults.told(path)


@dataclass(frozen=True, slots=True)
class Batch:
    """Some records of one delivered file; implements `contracts.source.Batch`."""

    path: str
    text: bytes
    faults: Faults
    rest: _batches.Rest

    def event(self, record: bytes) -> Event | None:
        """One record of the list."""
        return self._read(_decoded(record))

    def slowly(self) -> Iterator[Event]:
        """Each event of the list; where it does not decode as a whole, of its pieces."""
        whole = opened(self.text)
        records = map(bytes, whole) if isinstance(whole, list) else _batches.pieces(self.text, self.rest)
        for record in records:
            if (event := self._read(_decoded(record))) is not None:
                yield event

    def _read(self, record: object) -> Event | None:
        try:
            return _read(self.path, record, self.faults)
        except Unreadable as fault:
            self.faults.note(fault)
            return None


def _read(path: str, record: object, faults: Faults, number: int = 0) -> Event:
    if isinstance(record, Unreadable):
        raise record
    if not isinstance(record, _Mended):
        return _event(path, record)
    event = _event(path, dict(record))
    faults.note(_NOT_UTF8, number)
    return event


class _Mended(dict[str, Any]):
    """A record of which some bytes are no text: what else it says is worth more than the record's absence."""


def _decoded(text: bytes) -> object:
    """One record, mended where its bytes are not UTF-8; that is looked at only where it cannot be read."""
    value = decoded(text)
    if not isinstance(value, Unreadable) or _is_utf8(text):
        return value
    mended = decoded(_as_utf8(text))
    return _Mended(mended) if isinstance(mended, dict) else value


def _whole(document: dict[str, msgspec.Raw]) -> object:
    """The same of a record whose parts are still closed."""
    value = whole(document)
    if not isinstance(value, Unreadable) or all(_is_utf8(bytes(part)) for part in document.values()):
        return value
    mended = whole({key: msgspec.Raw(_as_utf8(bytes(part))) for key, part in document.items()})
    return _Mended(mended) if isinstance(mended, dict) else value


def _is_utf8(text: bytes) -> bool:
    try:
        text.decode()
    except UnicodeDecodeError:
        return False
    return True


def _as_utf8(text: bytes) -> bytes:
    return text.decode("utf-8", "replace").encode()


def _records(stream: BinaryIO) -> Iterator[object]:
    head = _carried.head_of(stream)
    for document in _opener(head)(stream):
        yield from _unwrapped(document)


def _opener(head: bytes) -> Callable[[BinaryIO], Iterator[Opened]]:
    if _carried.carried(head) or _carried.run_together(head):
        return _carried.records
    return _stamped.records if _stamped.stamped(head) else documents


def _unwrapped(document: object) -> Iterator[object]:
    """The records inside one opened document: a delivery file, a list, an envelope, or the record itself."""
    if isinstance(document, list):
        for item in document:
            yield from _unwrapped(opened(bytes(item))) if starts(item, b"{") else [_decoded(bytes(item))]
    elif not isinstance(document, dict):
        yield document
    elif starts(document.get("Records"), b"["):
        yield from map(_decoded, texts(document["Records"]))
    elif "digestStartTime" in document:
        yield Unreadable("a CloudTrail digest: hashes of log files, no events", fault=False)
    elif "detail-type" in document and starts(document.get("detail"), b"{"):
        yield _decoded(bytes(document["detail"]))
    else:
        yield _whole(document)


def _event(path: str, record: object) -> Event:
    if not isinstance(record, dict):
        raise Unreadable("a record that is no JSON object")
    if record.get("eventCategory") == "Insight" or record.get("eventType") == "AwsCloudTrailInsight":
        raise Unreadable("a CloudTrail Insights event: a statistic over events, no event", fault=False)
    when = record.get("eventTime")
    if when is None:
        raise Unreadable("a record without eventTime")
    time = iso_time(when, "a record whose eventTime")
    return Event(id=_id(record), time=time, log=LOG, file=path, record=record)


def _id(record: dict[str, Any]) -> str:
    given = record.get("eventID")
    if isinstance(given, str) and given:
        return given
    # Without an id of its own a record is still told apart, and counted once, by what it says.
    return "sha256:" + hashlib.sha256(msgspec.json.encode(record, order="sorted")).hexdigest()[:32]
