"""Of most events a search needs a dozen fields; to decode only these costs a third of decoding all.

A line is the projection of one CloudTrail record. A batch that holds anything of another type than AWS documents is not
projected at all: the slow way reads it record by record.
"""

import hashlib
import re
from collections.abc import Sequence
from datetime import UTC, datetime
from operator import attrgetter

import msgspec

_TIMES = re.compile(r"(?:20[0-9]{2}-[01][0-9]-[0-3][0-9]T(?:[01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9]Z)*")
_TIME = 20  # characters of 2026-11-01T00:00:00Z
HOUR_TEXT = 13
"""Characters of `2026-11-01T00`: what tells the hour of a time."""
_EARLIEST = 2006
_NOTHING = msgspec.Raw(b"null")


class Extra(msgspec.Struct, gc=False):
    """What S3 adds to a data event; an answer's size comes as an integer or as a float."""

    bytesTransferredOut: int | float | None = None  # noqa: N815 - CloudTrail's own name
    AuthenticationMethod: str | None = None


class Line(msgspec.Struct, gc=False):
    """The hot fields of one record, by CloudTrail's own names; what is absent is None."""

    eventTime: str  # noqa: N815
    eventID: str  # noqa: N815
    eventSource: str  # noqa: N815
    eventName: str  # noqa: N815
    userIdentity: msgspec.Raw = _NOTHING  # noqa: N815
    awsRegion: str | None = None  # noqa: N815
    sourceIPAddress: str | None = None  # noqa: N815
    userAgent: str | None = None  # noqa: N815
    errorCode: str | None = None  # noqa: N815
    errorMessage: str | None = None  # noqa: N815
    requestParameters: msgspec.Raw = _NOTHING  # noqa: N815
    additionalEventData: Extra | None = None  # noqa: N815
    resources: msgspec.Raw = _NOTHING
    recipientAccountId: str | None = None  # noqa: N815
    vpcEndpointId: str | None = None  # noqa: N815
    vpcEndpointAccountId: str | None = None  # noqa: N815
    readOnly: bool | None = None  # noqa: N815
    sessionCredentialFromConsole: str | bool | None = None  # noqa: N815
    eventType: str | None = None  # noqa: N815
    eventCategory: str | None = None  # noqa: N815


_LINES = msgspec.json.Decoder(list[Line])
_UUID = 36  # characters of 6f1e1d2c-0000-4000-8000-000000000001
_ALL = (1 << 64) - 1
_ODD = 0x9E3779B97F4A7C15
_HALF = 1 << 63  # signed, as an array holds them
_INSIGHTS = {"Insight", "AwsCloudTrailInsight"}  # a statistic over events, no event
_category_of = attrgetter("eventCategory")
_type_of = attrgetter("eventType")
_id_of = attrgetter("eventID")
_time_of = attrgetter("eventTime")


class Clock:
    """Hours as CloudTrail writes them, in seconds since the epoch; each distinct hour is worked out once."""

    def __init__(self) -> None:
        self._hours: dict[str, int | None] = {}

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
        return (self.hour(time) or 0) + 60 * int(time[14:16]) + int(time[17:19])

    def moment(self, time: str) -> datetime:
        """A whole time, aware."""
        return datetime.fromtimestamp(self.seconds(time), UTC)


def project(batch: bytes, clock: Clock) -> list[Line] | None:
    """The lines of a JSON list of records, or None when any of them must be read the slow way."""
    try:
        if not batch.isascii():
            batch.decode()  # what is passed over is not looked at, and may be no text
        lines = _LINES.decode(batch)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None
    return lines if _plain(lines, clock) else None


def ids(lines: Sequence[Line]) -> list[str]:
    """The event ids of lines."""
    return list(map(_id_of, lines))


def times(lines: Sequence[Line]) -> list[str]:
    """The times of lines; texts of one form, so that their order is the order of time."""
    return list(map(_time_of, lines))


def _plain(lines: Sequence[Line], clock: Clock) -> bool:
    """Whether every line has an id and a time that CloudTrail could have written, and is an event."""
    found = times(lines)
    text = "".join(found)
    if len(text) != _TIME * len(found) or _TIMES.fullmatch(text) is None or not all(map(_id_of, lines)):
        return False
    if _INSIGHTS & set(map(_category_of, lines)) or _INSIGHTS & set(map(_type_of, lines)):
        return False
    first, last = min(found, default=""), max(found, default="")
    one_hour = first[:HOUR_TEXT] == last[:HOUR_TEXT]
    hours = {first[:HOUR_TEXT]} if one_hour and first else {time[:HOUR_TEXT] for time in found}
    return all(clock.hour(hour) is not None and int(hour[:4]) >= _EARLIEST for hour in hours)


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


def numbers_of(lines: Sequence[Line]) -> list[int]:
    """The numbers of the ids of lines."""
    return list(map(number_of, map(_id_of, lines)))
