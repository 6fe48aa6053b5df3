"""A trail records what its selectors say, and only while it logs: the data events of a bucket are off unless asked for.

Blind to: what is kept in the trail's bucket, channels, queries and dashboards of CloudTrail Lake.
"""

from collections.abc import Iterator, Mapping
from functools import partial
from typing import Any

from stanch.catalog.collectors._answers import items, paged, part
from stanch.catalog.collectors._place import account_in
from stanch.contracts.collector import Look, Scope, Thing, unseen

SCOPE = Scope.REGION
PERMISSIONS = (
    "cloudtrail:DescribeTrails",
    "cloudtrail:GetEventDataStore",
    "cloudtrail:GetEventSelectors",
    "cloudtrail:GetInsightSelectors",
    "cloudtrail:GetTrailStatus",
    "cloudtrail:ListEventDataStores",
)

_NO_INSIGHT = ("InsightNotEnabledException",)
_PAGES = ("NextToken", "NextToken")


def collect(look: Look) -> Iterator[Thing]:
    """Every trail in force in the region, wherever its home, and the region's event data stores."""
    account = account_in(look, "cloudtrail")
    # Shadows too: a trail of all regions, or of the organisation, is in force here and at home elsewhere.
    trails = look.list("cloudtrail", "DescribeTrails", "trailList", of=account, includeShadowTrails=True)
    names = trails if unseen(trails) else sorted(str(trail["TrailARN"]) for trail in trails)
    stores = paged(look, "cloudtrail", "ListEventDataStores", "EventDataStores", of=account, token=_PAGES)
    arns = stores if unseen(stores) else sorted(str(store["EventDataStoreArn"]) for store in stores)
    yield Thing("cloudtrail/account", account, {"Trails": names, "EventDataStores": arns})
    yield from look.each(partial(_trail, look), items(trails))
    yield from look.each(partial(_store, look), items(arns))


def _trail(look: Look, told: Mapping[str, Any]) -> Thing:
    """A trail with its status and selectors, which its home region alone tells."""
    arn = str(told["TrailARN"])
    asked = {"of": arn, "region": told.get("HomeRegion") or look.region}
    selectors = look.ask("cloudtrail", "GetEventSelectors", TrailName=arn, **asked)
    insight = None
    if told.get("HasInsightSelectors", True):
        answer = look.ask("cloudtrail", "GetInsightSelectors", none=_NO_INSIGHT, TrailName=arn, **asked)
        insight = part(answer, "InsightSelectors")
    data = {
        **told,
        "Status": look.ask("cloudtrail", "GetTrailStatus", Name=arn, **asked),
        "EventSelectors": part(selectors, "EventSelectors"),
        "AdvancedEventSelectors": part(selectors, "AdvancedEventSelectors"),
        "InsightSelectors": insight,
    }
    return Thing("cloudtrail/trail", arn, data)


def _store(look: Look, arn: str) -> Thing:
    return Thing(
        "cloudtrail/event-data-store", arn, look.ask("cloudtrail", "GetEventDataStore", of=arn, EventDataStore=arn)
    )
