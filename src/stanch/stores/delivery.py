"""AWS files a log under account, region and day of delivery: its key tells what a file can hold before it is opened.

Reads: CloudTrail, VPC flow logs (also hive-compatible), load balancer logs and GuardDuty exports under `AWSLogs/`,
Security Lake, and S3 server access logs, partitioned or flat; CloudTrail, flow and load balancer files also where
somebody put them, by their names.
Blind to: what lies between the region and its days and is no day (no service writes there), and, of flat S3 access
logs, one whose prefix is another's in the same folder followed by a year's first two digits.
Source: the "log file" pages of each service's user guide.
"""

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import Enum, StrEnum
from functools import lru_cache
from typing import NamedTuple

EARLY = timedelta(hours=1)
"""How much later than its file's name says an event may be: a name may tell the start of an interval."""
LATE = timedelta(hours=6)
"""How long after an event its file may be delivered, for logs that are published every few minutes."""
LATE_AT_BEST = timedelta(hours=24)
"""The same for logs that AWS delivers as well as it can, and for exports that are renewed every six hours."""

_EARLIEST = datetime(1000, 1, 2, tzinfo=UTC)
_LATEST = datetime(9999, 12, 31, tzinfo=UTC)
_REGION = r"[a-z]{2,4}(?:-[a-z]+)+-\d{1,2}"


class Reason(StrEnum):
    """Why a part of a delivery was left out."""

    ACCOUNT = "of accounts that were not asked for"
    REGION = "of regions that were not asked for"
    DAY = "delivered on days outside what was asked for"
    DIGEST = "CloudTrail digests: hashes of log files, no events"
    INSIGHT = "CloudTrail Insights: statistics over events, no events"
    HIDDEN = "hidden folders; name one by itself to have it read"
    COPYING = "hidden copies that are not finished, by their names"


@dataclass(frozen=True, slots=True)
class Window:
    """What is asked for: events from `since` to `until`, both included and aware; empty sets are all there is.

    `late` replaces each log's own margin for files that are delivered after their events.
    """

    since: datetime | None = None
    until: datetime | None = None
    accounts: frozenset[str] = frozenset()
    regions: frozenset[str] = frozenset()
    late: timedelta | None = None

    @property
    def bounded(self) -> bool:
        """Whether anything at all is not asked for."""
        return bool(self.since or self.until or self.accounts or self.regions)


class Leap(NamedTuple):
    """Nothing is wanted from here up to `to`, the first text in the order of keys that could be wanted again."""

    to: str
    why: Reason


class _Layout(NamedTuple):
    """Where a service files; `place` may name account, service and region, and ends where the days begin."""

    place: re.Pattern[str]
    days: str
    late: timedelta


class _Timing(NamedTuple):
    """The first and the last delivery, as they are written in names or folders, that can hold what is asked for."""

    first: str
    last: str


_LATE_OF = {
    "CloudTrail": LATE,
    "vpcflowlogs": LATE,
    "elasticloadbalancing": LATE,
    "GuardDuty": LATE_AT_BEST,
}
_NO_EVENTS = {"CloudTrail-Digest": Reason.DIGEST, "CloudTrail-Insight": Reason.INSIGHT}

_LAYOUTS = (
    _Layout(
        re.compile(
            r"(?:^|/)AWSLogs/(?:o-[a-z0-9]{10,32}/)?(?P<account>\d{12})/"
            rf"(?:(?P<service>[^/]+)/(?:(?P<region>{_REGION})/)?)?"
        ),
        "%Y/%m/%d",
        LATE,
    ),
    _Layout(
        re.compile(
            r"(?:^|/)AWSLogs/aws-account-id=(?P<account>\d{12})/"
            rf"(?:aws-service=(?P<service>[^/]+)/(?:aws-region=(?P<region>{_REGION})/)?)?"
        ),
        "year=%Y/month=%m/day=%d",
        LATE,
    ),
    _Layout(
        re.compile(
            r"(?:^|/)(?:aws|ext)/(?:[^/]+/){1,3}"
            rf"region=(?P<region>{_REGION})/(?:accountId=(?P<account>[^/]+)/(?P<service>))?"
        ),
        "eventDay=%Y%m%d",
        LATE_AT_BEST,
    ),
    _Layout(
        re.compile(
            rf"(?:^|/)[^/]*?(?P<account>\d{{12}})/(?P<region>{_REGION})/"
            r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]/(?P<service>)(?=\d{4}/)"
        ),
        "%Y/%m/%d",
        LATE_AT_BEST,
    ),
)

_NAMED = re.compile(
    rf"(?P<before>(?P<account>\d{{12}})_(?P<service>CloudTrail|vpcflowlogs|elasticloadbalancing)_(?P<region>{_REGION})_"
    r"(?:.*_)?)(?P<stamp>\d{8}T\d{4}Z)_"
)
_NO_EVENTS_NAMED = re.compile(r"\d{12}_(CloudTrail-Digest|CloudTrail-Insight)_")
_FLAT = re.compile(r"(?P<before>.*?)(?P<stamp>\d{4}-\d\d-\d\d-\d\d-\d\d-\d\d)-[0-9A-F]{16}")


def leap(key: str, window: Window) -> Leap | None:
    """None for a key that may hold what is asked for; else how far to leap in the order of keys.

    A prefix that ends in `/` is wanted in part when the leap ends inside it. `to` may lie before the key itself: then
    only this key is unwanted. Folders are written with `/`.
    """
    folder, slash, name = key.rpartition("/")
    outside = _of_folder(folder + slash, window)
    if outside or not name:
        return outside
    return _of_name(folder + slash, name, window)


class Standing(Enum):
    """Where a folder stands in what AWS delivers."""

    UNKNOWN = "in no known layout, or above one"
    ABOVE = "in one, above the folder from which keys are in the order of days"
    DATED = "in one, where keys are in the order of days"
    OTHER = "of a service that writes days in a way of its own"


@lru_cache(maxsize=4096)
def standing(folder: str) -> Standing:
    """Where a folder, ending in `/`, stands."""
    match = next(filter(None, (layout.place.search(folder) for layout in _LAYOUTS)), None)
    if match is None:
        return Standing.UNKNOWN
    if _tells_days(match):
        return Standing.DATED
    return Standing.ABOVE if not match["service"] or match["service"] in _LATE_OF else Standing.OTHER


def tells_day(key: str) -> bool:
    """Whether the folder or the name of a file tells its day."""
    folder, slash, name = key.rpartition("/")
    return standing(folder + slash) is Standing.DATED or bool(
        _NAMED.match(name) or _FLAT.fullmatch(name) or _NO_EVENTS_NAMED.match(name)
    )


@lru_cache(maxsize=4096)
def _of_folder(folder: str, window: Window) -> Leap | None:
    for layout in _LAYOUTS:
        match = layout.place.search(folder)
        if match:
            return _unwanted(match, window) or (_of_days(folder, match, layout, window))
    return None


def _unwanted(match: re.Match[str], window: Window) -> Leap | None:
    """By account, service or region, whichever the folder names so far."""
    for group, wanted, why in (
        ("account", window.accounts, Reason.ACCOUNT),
        ("region", window.regions, Reason.REGION),
    ):
        if match[group] and wanted and match[group] not in wanted:
            return Leap(_past(match.string[: match.end(group) + 1]), why)
    idle = _NO_EVENTS.get(match["service"] or "")
    return Leap(_past(match.string[: match.end("service") + 1]), idle) if idle else None


def _tells_days(match: re.Match[str]) -> bool:
    # Other services under AWSLogs write days in ways of their own (Config: 2026/1/5), which no comparison of text fits.
    return match["service"] == "" or (bool(match["region"]) and match["service"] in _LATE_OF)


def _of_days(folder: str, match: re.Match[str], layout: _Layout, window: Window) -> Leap | None:
    if not _tells_days(match):
        return None
    stem, rest = folder[: match.end()], folder[match.end() :]
    days = _timing(window, layout.days, _LATE_OF.get(match["service"], layout.late))
    if rest < days.first:
        return Leap(stem + days.first, Reason.DAY)
    if days.last and rest[: len(days.last)] > days.last:
        return Leap(_past(stem), Reason.DAY)
    return None


def _of_name(folder: str, name: str, window: Window) -> Leap | None:
    if idle := _NO_EVENTS_NAMED.match(name):
        return Leap(folder + name, _NO_EVENTS[idle[1]])
    if match := _NAMED.match(name):
        if window.accounts and match["account"] not in window.accounts:
            return Leap(folder + name, Reason.ACCOUNT)
        if window.regions and match["region"] not in window.regions:
            return Leap(folder + name, Reason.REGION)
        timing = _timing(window, "%Y%m%dT%H%MZ", _LATE_OF[match["service"]])
    elif (match := _FLAT.fullmatch(name)) and standing(folder) is not Standing.DATED:
        timing = _timing(window, "%Y-%m-%d-%H-%M-%S", LATE_AT_BEST)
    else:
        return None
    stamp = match["stamp"]
    if stamp < timing.first:
        return Leap(folder + match["before"] + timing.first, Reason.DAY)
    if timing.last and stamp > timing.last:
        return Leap(f"{folder}{match['before']}{int(stamp[:2]) + 1}", Reason.DAY)
    return None


@lru_cache(maxsize=64)
def _timing(window: Window, written: str, late: timedelta) -> _Timing:
    """Empty text where there is no bound: every other text comes after it."""
    first = _moved(window.since, -EARLY).strftime(written) if window.since else ""
    last = _moved(window.until, late if window.late is None else window.late).strftime(written) if window.until else ""
    return _Timing(first, last)


def _moved(time: datetime, by: timedelta) -> datetime:
    """Kept within years of four digits, which is what names have."""
    kept = min(max(time.astimezone(UTC), _EARLIEST), _LATEST)
    return kept + min(by, _LATEST - kept)


def _past(prefix: str) -> str:
    """The first text after all that begin with this prefix, which ends in `/`."""
    return prefix[:-1] + chr(ord("/") + 1)
