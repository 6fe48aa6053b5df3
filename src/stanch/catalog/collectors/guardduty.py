"""GuardDuty is one detector a region: without one, or with a filter that archives what it finds, nobody hears of it.

Blind to: findings, member accounts of an administrator, the organisation's settings.
"""

from collections.abc import Iterator
from functools import partial
from typing import Any

from stanch.catalog.collectors._answers import items, paged, part
from stanch.catalog.collectors._place import account_in
from stanch.contracts.collector import Look, Scope, Thing, unseen

SCOPE = Scope.REGION
PERMISSIONS = (
    "guardduty:DescribePublishingDestination",
    "guardduty:GetAdministratorAccount",
    "guardduty:GetDetector",
    "guardduty:GetFilter",
    "guardduty:GetIPSet",
    "guardduty:ListDetectors",
    "guardduty:ListFilters",
    "guardduty:ListIPSets",
    "guardduty:ListPublishingDestinations",
)

_PAGES = ("NextToken", "NextToken")


def collect(look: Look) -> Iterator[Thing]:
    """Whether there is a detector; its features, filters, trusted addresses, exports and administrator."""
    account = account_in(look, "guardduty")
    detectors = look.list("guardduty", "ListDetectors", "DetectorIds", of=account)
    yield Thing("guardduty/account", account, {"DetectorIds": detectors})
    yield from look.each(partial(_detector, look), items(detectors))


def _detector(look: Look, name: str) -> Thing:
    arn = f"arn:{look.partition}:guardduty:{look.region}:{look.account}:detector/{name}"
    ask = partial(look.ask, "guardduty", DetectorId=name)
    told = ask("GetDetector", of=arn)
    filters = look.list("guardduty", "ListFilters", "FilterNames", of=arn, DetectorId=name)
    trusted = look.list("guardduty", "ListIPSets", "IpSetIds", of=arn, DetectorId=name)
    operation, key = "ListPublishingDestinations", "Destinations"
    exports = paged(look, "guardduty", operation, key, of=arn, token=_PAGES, DetectorId=name)
    administrator = part(ask("GetAdministratorAccount", of=arn), "Administrator")
    rest = {
        "Filters": _all(filters, lambda one: ask("GetFilter", of=f"{arn}/filter/{one}", FilterName=one)),
        "IPSets": _all(trusted, lambda one: ask("GetIPSet", of=f"{arn}/ipset/{one}", IpSetId=one)),
        "PublishingDestinations": _all(exports, partial(_export, ask, arn)),
        "Administrator": administrator or None,
    }
    return Thing("guardduty/detector", arn, told if unseen(told) else {**told, **rest})


def _export(ask: Any, detector: str, listed: Any) -> Any:
    name = str(listed["DestinationId"])
    of = f"{detector}/publishingDestination/{name}"
    return ask("DescribePublishingDestination", of=of, DestinationId=name)


def _all(listed: Any, describe: Any) -> Any:
    """What is told of each of a list, or the marker of the list."""
    return listed if unseen(listed) else [describe(one) for one in listed]
