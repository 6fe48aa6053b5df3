"""A snapshot may have been edited by hand: what should be a list may be none, and what was not seen is not empty."""

from collections.abc import Iterator, Mapping
from typing import Any

from stanch.contracts.check import Judged, Posture
from stanch.contracts.collector import Place, unseen
from stanch.domain.arn import Arn, ArnError
from stanch.domain.verdict import Evidence, Ruling

_OF_EVERY_ACCOUNT = ("iam/account", "sts/caller", "s3/account", "cloudtrail/account", "guardduty/account", "iam/role")
"""Kinds whose ARN tells the partition; one of them is nearly always seen."""


def listed(value: object) -> list[Any]:
    """The list that a value is, or an empty one; a marker is no list: ask `unseen` before."""
    return value if isinstance(value, list) else list(value) if isinstance(value, tuple) else []


def texts(value: object) -> list[str]:
    """The texts of a list, or the one text."""
    return [value] if isinstance(value, str) else [one for one in listed(value) if isinstance(one, str)]


def mapped(value: object) -> Mapping[str, Any]:
    """The object that a value is, or an empty one; a marker counts as empty."""
    return value if isinstance(value, Mapping) and not unseen(value) else {}


def mappings(value: object) -> list[Mapping[str, Any]]:
    """The objects of a list."""
    return [one for one in listed(value) if isinstance(one, Mapping)]


def tags(place: Place) -> dict[str, str]:
    """A thing's own tags, in either of the two forms that AWS gives them."""
    data = place.thing.data
    told = data.get("Tags") or data.get("TagSet") or data.get("tags")
    if isinstance(told, Mapping):
        return {} if unseen(told) else {str(key): str(value) for key, value in told.items()}
    return {str(one.get("Key", one.get("key"))): str(one.get("Value", one.get("value"))) for one in mappings(told)}


def partition_of(posture: Posture, account: str) -> str:
    """The partition of an account, as the ARN of something in it tells; where nothing does, the estate's, or `aws`."""
    for place in posture.of(*_OF_EVERY_ACCOUNT):
        if place.account == account:
            try:
                return Arn.parse(place.thing.arn).partition
            except ArnError:
                continue
    return next(iter(posture.estate.perimeter.partitions), "aws")


def account_arn(posture: Posture, account: str) -> str:
    """The account itself, for what is asked of it as a whole."""
    return str(Arn(partition_of(posture, account), "iam", "", account, "root"))


def region_arn(posture: Posture, service: str, account: str, region: str) -> str:
    """A service in an account's region, for what is asked of it as a whole; as collectors name it."""
    return str(Arn(partition_of(posture, account), service, region, account, "account"))


def evidence(place: Place, at: str = "") -> Evidence:
    """Where a fact of a thing stands, with what it says there; None where the path leads nowhere. `Rules.0.Action`."""
    seen: Any = place.thing.data if at else None
    for part in at.split(".") if at else ():
        if isinstance(seen, Mapping):
            seen = seen.get(part)
        else:
            items = listed(seen)
            seen = items[int(part)] if part.isdecimal() and int(part) < len(items) else None
    return Evidence(place.file, place.thing.arn, at, seen)


def gap(posture: Posture, collector: str, account: str, region: str | None, *operations: str) -> str | None:
    """Why a collector's listings of an account's region are not whole, with the permission, or None where they are."""
    failed = posture.gaps(*operations, account=account, region=region) if operations else ()
    if failed:
        one = failed[0]
        return f"not seen: {one.operation} failed with {one.code}" + (f", {one.permission}" if one.permission else "")
    if not posture.looked(collector, account, region):
        return f"not looked at: the collector {collector} did not run there"
    return None


def blind(posture: Posture, collector: str, service: str, *operations: str) -> Iterator[Judged]:
    """An unknown for each region of each account where the things that a check is about were not listed."""
    for account in posture.accounts:
        for region in posture.regions:
            why = gap(posture, collector, account, region, *operations)
            if why:
                arn = region_arn(posture, service, account, region)
                yield Judged(arn, account, region, Ruling.UNKNOWN, why)


def unlisted(posture: Posture, collector: str, *operations: str) -> Iterator[Judged]:
    """An unknown for each account where the things that a check is about, kept once an account, were not listed."""
    for account in posture.accounts:
        why = gap(posture, collector, account, None, *operations)
        if why:
            yield Judged(account_arn(posture, account), account, None, Ruling.UNKNOWN, why)


def in_region(region: str | None) -> tuple[str, ...]:
    """The arguments of a command that name a region; none for what has none."""
    return ("--region", region) if region else ()
