"""A rule carries every event it matches to its targets, also to a bus of another account or to an address outside AWS.

Blind to: pipes, schedules of EventBridge Scheduler, archives, schemas.
"""

from collections.abc import Iterator, Mapping
from functools import partial
from typing import Any

from stanch.catalog.collectors._answers import document, items, paged
from stanch.catalog.collectors._place import account_in
from stanch.contracts.collector import Look, Scope, Thing, unseen
from stanch.domain.masking import masked_in

SCOPE = Scope.REGION
PERMISSIONS = (
    "events:ListApiDestinations",
    "events:ListEventBuses",
    "events:ListRules",
    "events:ListTargetsByRule",
)

_PAGES = ("NextToken", "NextToken")


def collect(look: Look) -> Iterator[Thing]:
    """Every bus with its policy, every rule with its targets, and the addresses outside AWS that rules may send to."""
    account = account_in(look, "events")
    buses = paged(look, "events", "ListEventBuses", "EventBuses", of=account, token=_PAGES)
    rules: list[Mapping[str, Any]] = []
    for bus, found in zip(items(buses), look.each(partial(_rules, look), items(buses)), strict=True):
        names = found if unseen(found) else [rule["Name"] for rule in found]
        yield Thing("events/bus", str(bus["Arn"]), {**bus, "Policy": document(bus), "Rules": names})
        rules += items(found)
    yield from look.each(partial(_rule, look), rules)
    outside = paged(look, "events", "ListApiDestinations", "ApiDestinations", of=account, token=_PAGES)
    for one in items(outside):
        yield Thing("events/api-destination", str(one["ApiDestinationArn"]), one)


def _rules(look: Look, bus: Mapping[str, Any]) -> Any:
    return look.list("events", "ListRules", "Rules", of=str(bus["Arn"]), EventBusName=bus["Name"])


def _rule(look: Look, listed: Mapping[str, Any]) -> Thing:
    arn = str(listed["Arn"])
    asked = {"Rule": listed["Name"], "EventBusName": listed.get("EventBusName") or "default"}
    targets = look.list("events", "ListTargetsByRule", "Targets", of=arn, **asked)
    told = targets if unseen(targets) else [_target(target) for target in targets]
    return Thing("events/rule", arn, {**listed, "EventPattern": document(listed, "EventPattern"), "Targets": told})


def _target(told: Mapping[str, Any]) -> Any:
    """A target with what is handed to it as a document, secrets in it masked."""
    given = {"Input": document(told, "Input")} if "Input" in told else {}
    return masked_in({**told, **given})
