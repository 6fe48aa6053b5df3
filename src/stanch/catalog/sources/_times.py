"""A log's own time is read as UTC; AWS opened in 2006, and a clock beyond 2100 cannot be reckoned with."""

import re
from datetime import UTC, datetime, timedelta, timezone

from stanch.catalog.sources._unreadable import Unreadable

FIRST, LAST = 2006, 2100
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_APACHE = re.compile(r"(\d{2})/([A-Z][a-z]{2})/(\d{4}):(\d{2}):(\d{2}):(\d{2}) ([+-])(\d{2})(\d{2})", re.ASCII)


def iso_time(value: object, what: str) -> datetime:
    """A time as ISO 8601 writes it, without a zone UTC; raises Unreadable, which calls it `what`."""
    try:
        when = datetime.fromisoformat(value)  # type: ignore[arg-type]  # a wrong type is a wrong time
        when = when.replace(tzinfo=UTC) if when.tzinfo is None else when.astimezone(UTC)
    except (TypeError, ValueError, OverflowError):
        raise Unreadable(f"{what} is not a time") from None
    return _reckonable(when, what)


def access_log_time(value: str, what: str) -> datetime:
    """A time as web servers write it, 06/Feb/2019:00:00:38 +0000, months in English whatever the locale."""
    found = _APACHE.fullmatch(value)
    if found is None:
        raise Unreadable(f"{what} is not a time")
    day, month, year, hour, minute, second, sign, hours, minutes = found.groups()
    zone = timedelta(hours=int(hours), minutes=int(minutes)) * (-1 if sign == "-" else 1)
    try:
        when = datetime(
            int(year), _MONTHS.index(month) + 1, int(day), int(hour), int(minute), int(second), tzinfo=timezone(zone)
        ).astimezone(UTC)
    except (ValueError, OverflowError):
        raise Unreadable(f"{what} is not a time") from None
    return _reckonable(when, what)


def epoch_time(milliseconds: object, what: str) -> datetime:
    """A time in milliseconds since 1970."""
    if isinstance(milliseconds, bool) or not isinstance(milliseconds, int | float):
        raise Unreadable(f"{what} is not a time")
    try:
        when = datetime.fromtimestamp(milliseconds / 1000, UTC)
    except (ValueError, OverflowError, OSError):
        raise Unreadable(f"{what} is not a time") from None
    return _reckonable(when, what)


def iso_text(when: datetime) -> str:
    """As CloudTrail writes times: UTC, whole seconds, `Z`."""
    return when.isoformat(timespec="seconds").replace("+00:00", "Z")


def _reckonable(when: datetime, what: str) -> datetime:
    if not FIRST <= when.year <= LAST:
        raise Unreadable(f"{what} is not between {FIRST} and {LAST}")
    return when
