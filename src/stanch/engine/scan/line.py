"""Of most events a search needs a dozen fields; to decode only these costs a third of decoding all.

A line is the projection of one CloudTrail record. A batch that holds anything of another type than AWS documents is not
projected at all: the slow way reads it record by record.
"""

import hashlib
import re
import sys
from array import array
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from datetime import UTC, datetime
from functools import lru_cache
from operator import attrgetter, itemgetter
from typing import Any, NamedTuple

import msgspec
from msgspec.structs import FieldInfo, astuple, fields

MOST_TIMES = 100_000
"""Times that are remembered: a day has fewer seconds."""
_MINUTE = re.compile(r"20[0-9]{2}-[01][0-9]-[0-3][0-9]T(?:[01][0-9]|2[0-3]):[0-5][0-9]:")
_SECONDS = frozenset(f"{second:02}Z" for second in range(60))
MINUTE_TEXT = 17
"""Characters of `2026-11-01T00:00:`, after which only the seconds come."""
HOUR_TEXT = 13
"""Characters of `2026-11-01T00`: what tells the hour of a time."""
_EARLIEST = 2006
_NOTHING = msgspec.Raw(b"null")


class Extra(msgspec.Struct, gc=False):
    """What S3 adds to a data event; an answer's size comes as an integer or as a float."""

    bytesTransferredOut: int | float | None = None  # noqa: N815 - CloudTrail's own name
    AuthenticationMethod: str | None = None


class Line(msgspec.Struct, gc=False, kw_only=True):
    """The hot fields of one record, by CloudTrail's own names; what is absent is None.

    They stand about as CloudTrail writes them, as they are found soonest then, and those of `TELLING` side by side.
    """

    userIdentity: msgspec.Raw = _NOTHING  # noqa: N815
    eventTime: str  # noqa: N815
    eventSource: str  # noqa: N815
    eventName: str  # noqa: N815
    awsRegion: str | None = None  # noqa: N815
    sourceIPAddress: str | None = None  # noqa: N815
    userAgent: str | None = None  # noqa: N815
    errorCode: str | None = None  # noqa: N815
    errorMessage: str | None = None  # noqa: N815
    readOnly: bool | None = None  # noqa: N815
    eventType: str | None = None  # noqa: N815
    recipientAccountId: str | None = None  # noqa: N815
    vpcEndpointId: str | None = None  # noqa: N815
    vpcEndpointAccountId: str | None = None  # noqa: N815
    sessionCredentialFromConsole: str | bool | None = None  # noqa: N815
    eventCategory: str | None = None  # noqa: N815
    requestParameters: msgspec.Raw = _NOTHING  # noqa: N815
    additionalEventData: Extra | None = None  # noqa: N815
    eventID: str  # noqa: N815
    resources: msgspec.Raw = _NOTHING


ABOUT_CALLER = ("awsRegion", "sourceIPAddress", "userAgent", "recipientAccountId", "vpcEndpointId",
                "vpcEndpointAccountId")  # fmt: skip
"""What tells callers apart beside their identity."""
ABOUT_DEED = ("eventSource", "eventName", "errorCode", "errorMessage", "readOnly", "eventType",
              "sessionCredentialFromConsole")  # fmt: skip
"""What tells the calls of one caller apart, but for what they ask for."""
TELLING = frozenset({*ABOUT_CALLER, *ABOUT_DEED})
_NEEDED = {"eventTime", "eventID", "eventSource", "eventName", "errorCode", "errorMessage", "eventType",
           "eventCategory"}  # fmt: skip
_UUID = 36  # characters of 6f1e1d2c-0000-4000-8000-000000000001
_DASHES = (8, 13, 18, 23)
_LANE = 16
"""Bytes of one UUID."""
_WORD = 64
_ALL = (1 << 64) - 1
_ODD = 0x9E3779B97F4A7C15
_HALF = 1 << 63  # signed, as an array holds them
_INSIGHTS = {"Insight", "AwsCloudTrailInsight"}  # a statistic over events, no event
_category_of = attrgetter("eventCategory")
_type_of = attrgetter("eventType")
_id_of = attrgetter("eventID")
_time_of = attrgetter("eventTime")


Facts = tuple[object, ...]
"""The values of some fields of a line."""
OF_ITS_OWN = frozenset({"resources", "additionalEventData"})
"""Fields that differ from event to event, and tell no rule by themselves: they are decoded for what is summed of them.
"""
_ALL_LINES = msgspec.json.Decoder(list[Line])


class Form:
    """Which of the hot fields are decoded; the others are None in every line."""

    def __init__(self, asked: Collection[str] | None = None) -> None:
        """`asked` are names of fields; None for all."""
        hot = fields(Line)
        kept = [field for field in hot if asked is None or field.name in asked or field.name in _NEEDED]
        self.fields = frozenset(field.name for field in kept)
        places = [at for at, field in enumerate(kept) if field.name in TELLING]
        self._telling: Callable[[tuple[Any, ...]], Facts] = itemgetter(slice(places[0], places[-1] + 1))
        self._lines = _ALL_LINES if asked is None else _decoder(kept)

    def decode(self, batch: bytes) -> list[Line]:
        """The lines of a JSON list of records. Raises what msgspec raises."""
        return self._lines.decode(batch)

    def facts(self, lines: Iterable[Line]) -> "Iterator[Facts]":
        """What tells the deed of each line: whatever of `TELLING` is decoded."""
        return map(self._telling, map(astuple, lines))


def _decoder(kept: Sequence[FieldInfo]) -> "msgspec.json.Decoder[list[Line]]":
    """Decodes structs that look like lines and hold these fields only."""
    given = [(field.name, field.type) if field.required else (field.name, field.type, field.default) for field in kept]
    absent: dict[str, Any] = {field.name: None for field in fields(Line) if field not in kept}
    if "userIdentity" in absent:
        absent["userIdentity"] = _NOTHING
    some: Any = msgspec.defstruct("Line", given, namespace=absent, gc=False, kw_only=True)
    return msgspec.json.Decoder(list[some])


WHOLE = Form()
"""All hot fields."""


class Clock:
    """Times as CloudTrail writes them, in seconds since the epoch; each distinct time is worked out once."""

    def __init__(self) -> None:
        self._hours: dict[str, int | None] = {}
        self._minutes: dict[str, int] = {}
        self._known: set[str] = set()

    def knows(self, times: set[str]) -> bool:
        """Whether all of these are times that CloudTrail could have written."""
        if times <= self._known:
            return True
        if len(self._known) > MOST_TIMES:
            self._known.clear()
            self._minutes.clear()
        return all(map(self._learned, times))

    def hour(self, time: str) -> int | None:
        """The start of the hour of `2026-11-01T00:00:00Z`; None when there is no such day."""
        key = time[:HOUR_TEXT]
        if key not in self._hours:
            try:
                self._hours[key] = int(datetime.fromisoformat(key).replace(tzinfo=UTC).timestamp())
            except ValueError:
                self._hours[key] = None
        return self._hours[key]

    def seconds(self, time: str) -> int:
        """A whole time, seconds since the epoch."""
        return (self._minute(time[:MINUTE_TEXT]) or 0) + int(time[MINUTE_TEXT:-1])

    def moment(self, time: str) -> datetime:
        """A whole time, aware."""
        return datetime.fromtimestamp(self.seconds(time), UTC)

    def _learned(self, time: str) -> bool:
        if self._minute(time[:MINUTE_TEXT]) is None or time[MINUTE_TEXT:] not in _SECONDS:
            return False
        self._known.add(time)
        return True

    def _minute(self, begin: str) -> int | None:
        """The minute of `2026-11-01T00:00:`, seconds since the epoch; None when there is no such minute."""
        minute = self._minutes.get(begin)
        if minute is None and _MINUTE.fullmatch(begin) and int(begin[:4]) >= _EARLIEST:
            hour = self.hour(begin)
            if hour is not None:
                minute = self._minutes[begin] = hour + 60 * int(begin[14:16])
        return minute


class Page(NamedTuple):
    """The lines of one batch, in its order, and the earliest and the latest of their times."""

    lines: list[Line]
    first: str
    last: str


def project(batch: bytes, clock: Clock) -> list[Line] | None:
    """The lines of a JSON list of records, or None when any of them must be read the slow way."""
    found = page(batch, clock)
    return None if found is None else found.lines


def page(batch: bytes, clock: Clock, form: Form = WHOLE) -> Page | None:
    """The lines of a JSON list of records with their span, or None when any must be read the slow way."""
    try:
        if not batch.isascii():
            batch.decode()  # what is passed over is not looked at, and may be no text
        lines = form.decode(batch)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None
    found = set(map(_time_of, lines))
    if not clock.knows(found) or not all(map(_id_of, lines)):
        return None
    if not _INSIGHTS.isdisjoint(map(_category_of, lines)) or not _INSIGHTS.isdisjoint(map(_type_of, lines)):
        return None
    # Times are texts of one form, so that their order is the order of time.
    return Page(lines, min(found, default=""), max(found, default=""))


def ids(lines: Iterable[Line]) -> list[str]:
    """The event ids of lines."""
    return list(map(_id_of, lines))


def times(lines: Iterable[Line]) -> list[str]:
    """The times of lines."""
    return list(map(_time_of, lines))


def number_of(id: str) -> int:  # noqa: A002 - the log's word
    """A 64-bit number for an event's id, the same in every run, so that a search can be taken up again.

    CloudTrail's ids are UUIDs: both halves are mixed, for in a made log the one or the other may only count up.
    """
    if len(id) == _UUID:
        try:
            digits = int(id.replace("-", ""), 16)
        except ValueError:
            pass
        else:
            return (((digits >> 64) * _ODD + digits) & _ALL) - _HALF
    return int.from_bytes(hashlib.blake2b(id.encode("utf-8", "surrogatepass"), digest_size=8).digest()) - _HALF


def numbers_of(lines: Sequence[Line]) -> "array[int]":
    """The numbers of the ids of lines; all at once where they are the UUIDs that CloudTrail writes."""
    found = ids(lines)
    text, count = "".join(found), len(found)
    alike = set(map(len, found)) == {_UUID} and text.count("-") == len(_DASHES) * count
    if alike and all(text[at::_UUID].count("-") == count for at in _DASHES):
        try:
            return _mixed(bytes.fromhex(text.replace("-", "")), count)
        except ValueError:
            pass
    return array("q", map(number_of, found))


def _mixed(digits: bytes, count: int) -> "array[int]":
    """`number_of` for all at once: each id is a lane of one large integer, which a product of 64 bits never leaves."""
    if len(digits) != _LANE * count:  # fromhex passes over blanks
        raise ValueError
    low, half = _lanes(count)
    both = int.from_bytes(digits, "big")
    mixed = (((both >> _WORD & low) * _ODD & low) + (both & low) & low) ^ half
    numbers = array("q", mixed.to_bytes(_LANE * count, "big"))
    if sys.byteorder == "little":
        numbers.byteswap()
    return numbers[1::2]


@lru_cache(maxsize=1024)
def _lanes(count: int) -> tuple[int, int]:
    """The lower half of each lane, and the highest bit of each lower half."""
    ones = int.from_bytes(bytes([0] * (_LANE - 1) + [1]) * count, "big")
    return ones * _ALL, ones * _HALF
