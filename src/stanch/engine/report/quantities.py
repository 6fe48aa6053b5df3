"""Sizes, counts, spans and instants, as a person reads them."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

_UNITS = ("bytes", "kB", "MB", "GB", "TB", "PB", "EB")


def size(count: int) -> str:
    """Bytes in thousands, three digits: `141 GB`."""
    scaled, unit = float(count), 0
    while scaled >= 999.5 and unit < len(_UNITS) - 1:
        scaled, unit = scaled / 1000, unit + 1
    if unit == 0:
        return f"{count} byte" + ("s" if count != 1 else "")
    return f"{scaled:.{0 if scaled >= 100 else 1}f} {_UNITS[unit]}"


def count(number: int, noun: str) -> str:
    """`1 object`, `1,204 objects`."""
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def span(length: timedelta) -> str:
    """A length of time in its two largest units, rounded down: `2 d 4 h`, `14 min 3 s`."""
    seconds = int(abs(length).total_seconds())
    parts: list[str] = []
    for unit, weight in (("d", 86400), ("h", 3600), ("min", 60), ("s", 1)):
        amount, seconds = divmod(seconds, weight)
        if amount or parts or unit == "s":
            parts.append(f"{amount} {unit}" if amount or not parts else "")
    return " ".join(part for part in parts[:2] if part)


def utc(instant: datetime) -> str:
    """`2026-11-22 09:14:05 UTC`."""
    return instant.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S UTC")


def local(instant: datetime, zone: ZoneInfo, *, end_of_day: bool = False) -> str:
    """`Sun 2026-11-22 10:14 CET`, rounded down to the minute; the end of a day is its own 24:00."""
    here = instant.astimezone(zone)
    if end_of_day and (here.hour, here.minute) == (0, 0):
        day = here - timedelta(days=1)
        return f"{day:%a %Y-%m-%d} 24:00 {(here - timedelta(minutes=1)):%Z}"
    return f"{here:%a %Y-%m-%d %H:%M %Z}"
