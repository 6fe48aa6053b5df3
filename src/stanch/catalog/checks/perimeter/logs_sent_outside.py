"""A subscription hands on every line of a log as it is written: prompts, customers' data, and what a responder needs.

CloudWatch Logs User Guide, "Cross-account cross-Region log data sharing with subscriptions".
"""

import json
from collections.abc import Iterator
from typing import Any

from stanch.catalog.checks._things import blind, evidence, in_region, mapped, mappings
from stanch.catalog.checks.perimeter._beyond import Target, judged, target_of
from stanch.contracts.check import GDPR, ISO, NIS2, NIST, About, Judged, Posture
from stanch.contracts.collector import Place, unseen
from stanch.domain.severity import Severity
from stanch.domain.verdict import Remedy, Row

ABOUT = About(
    title="Logs are sent out of the perimeter",
    row=Row.PERIMETER,
    severity=Severity.HIGH,
    controls={
        NIST: ("AC-4", "AU-9", "SA-9(5)"),
        ISO: ("A.5.14", "A.5.34", "A.8.15"),
        GDPR: ("Art. 44",),
        NIS2: ("Art. 21(2)(d)",),
    },
)


def judge(posture: Posture) -> Iterator[Judged]:
    """See `contracts.check.Check`."""
    found = {one.resource: one for one in blind(posture, "cloudwatch", "logs", "logs:DescribeLogGroups")}
    for place in posture.of("logs/group"):
        told = place.thing.data.get("SubscriptionFilters", {"$unseen": "its subscriptions"})
        yield _judged(posture, place, "SubscriptionFilters", told, _filters(told))
    for place in posture.of("logs/destination"):
        told = place.thing.data.get("targetArn")
        yield _judged(posture, place, "targetArn", told, [target_of(told)] if isinstance(told, str) else [])
    for place in posture.of("logs/account"):
        told = place.thing.data.get("SubscriptionPolicies", {"$unseen": "its subscriptions"})
        found.setdefault(place.thing.arn, _judged(posture, place, "SubscriptionPolicies", told, _policies(told)))
    yield from found.values()


def _filters(told: Any) -> list[Target]:
    arns = (str(one.get("destinationArn")) for one in mappings(told))
    return [target_of(arn) for arn in dict.fromkeys(arns)]


def _policies(told: Any) -> list[Target]:
    """An account's policy is a document in a text, with the ARN that every log group is sent to."""
    found = []
    for one in mappings(told):
        try:
            document = json.loads(str(one.get("policyDocument")))
        except (ValueError, RecursionError):
            continue
        arn = mapped(document).get("DestinationArn")
        if isinstance(arn, str):
            found.append(target_of(arn))
    return found


def _judged(posture: Posture, place: Place, at: str, told: Any, targets: list[Target]) -> Judged:
    return judged(
        posture,
        place,
        targets,
        (evidence(place, at),),
        does="sends its lines to",
        way=(
            "whoever reads at the other end, which is not ours to say",
            f"gets every line of {place.thing.arn.rpartition(':')[2]} as it is written",
            "prompts and personal data in it leave with it, and so does what the responder would look at",
        ),
        remedy=_remedy(place),
        hidden=unseen(told),
    )


def _remedy(place: Place) -> Remedy:
    where = in_region(place.region)
    group = str(place.thing.data.get("logGroupName") or "the-group")
    listing = ("aws", "logs", "describe-subscription-filters", "--log-group-name", group, *where)
    ends = ("aws", "logs", "delete-subscription-filter", "--log-group-name", group, "--filter-name", "the-name", *where)
    policies = ("aws", "logs", "describe-account-policies", "--policy-type", "SUBSCRIPTION_FILTER_POLICY", *where)
    return Remedy(
        "Delete the subscription, or let it end inside; name the account that collects your logs in the perimeter.",
        (listing, ends) if place.thing.kind == "logs/group" else (policies,),
    )
