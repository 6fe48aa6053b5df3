"""A rule hands each event that it matches to its targets, also to a bus of another account or region.

EventBridge User Guide, "Sending and receiving events between AWS accounts" and "between AWS Regions".
Blind to: addresses outside AWS, which an API destination calls; where they lie nobody can see.
"""

from collections.abc import Iterator

from stanch.catalog.checks._things import blind, evidence, in_region, mappings
from stanch.catalog.checks.perimeter._beyond import judged, target_of
from stanch.contracts.check import GDPR, ISO, NIS2, NIST, About, Judged, Posture
from stanch.contracts.collector import Place, unseen
from stanch.domain.severity import Severity
from stanch.domain.verdict import Remedy, Row

ABOUT = About(
    title="Events are sent out of the perimeter",
    row=Row.PERIMETER,
    severity=Severity.MEDIUM,
    controls={
        NIST: ("AC-4", "SA-9(5)"),
        ISO: ("A.5.14", "A.5.23"),
        GDPR: ("Art. 44",),
        NIS2: ("Art. 21(2)(d)",),
    },
)
_TEMPLATE = "Type: AWS::Events::Rule\nProperties:\n  State: DISABLED\n"


def judge(posture: Posture) -> Iterator[Judged]:
    """See `contracts.check.Check`."""
    yield from blind(posture, "events", "events", "events:ListEventBuses", "events:ListRules")
    for place in posture.of("events/rule"):
        yield _judged(posture, place)


def _judged(posture: Posture, place: Place) -> Judged:
    data = place.thing.data
    told = data.get("Targets", {"$unseen": "its targets"})
    on = data.get("State") != "DISABLED"
    arns = [str(one.get("Arn")) for one in mappings(told) if ":api-destination/" not in str(one.get("Arn"))]
    name = str(data.get("Name") or place.thing.arn.rpartition("/")[2])
    bus = ("--event-bus-name", str(data.get("EventBusName") or "default"), *in_region(place.region))
    return judged(
        posture,
        place,
        [target_of(arn) for arn in dict.fromkeys(arns)] if on else [],
        (evidence(place, "Targets"), evidence(place, "State")),
        does="sends events to",
        way=(
            "whoever may call events:PutTargets, once; or whoever wrote the rule",
            f"every event that {name} matches goes to {arns[0] if arns else ''}",
            "object names, findings and calls are read there, as they happen",
        ),
        remedy=Remedy(
            "Take the target out of the rule, or name its account and region in the perimeter.",
            (
                ("aws", "events", "list-targets-by-rule", "--rule", name, *bus),
                ("aws", "events", "remove-targets", "--rule", name, "--ids", "the-id-of-the-target", *bus),
            ),
            _TEMPLATE,
        ),
        hidden=unseen(told) if on else None,
    )
