"""A resource share gives subnets, catalogues or model groups to another account, with no word in any of their policies.

RAM User Guide, "Sharing your AWS resources": a principal may be an account, an organisation, a unit, or one identity.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from stanch.catalog.checks._strangers import is_stranger, organizations
from stanch.catalog.checks._things import blind, evidence, mappings
from stanch.contracts.check import ISO, NIS2, NIST, About, Judged, Posture
from stanch.contracts.collector import Place, unseen
from stanch.domain.severity import Severity
from stanch.domain.verdict import Remedy, Row, Ruling

ABOUT = About(
    title="A resource share gives something to a stranger",
    row=Row.PUBLIC,
    severity=Severity.HIGH,
    controls={
        NIST: ("AC-3", "AC-20", "SC-7"),
        ISO: ("A.5.15", "A.5.23", "A.8.3"),
        NIS2: ("Art. 21(2)(i)",),
    },
)
_OVER = ("DISASSOCIATED", "DISASSOCIATING", "FAILED")


def judge(posture: Posture) -> Iterator[Judged]:
    """See `contracts.check.Check`."""
    for place in posture.of("ram/resource-share"):
        if place.thing.data.get("resourceOwner", "SELF") == "SELF":
            yield _judged(posture, place)
    yield from blind(posture, "ram", "ram", "ram:GetResourceShares")


def _judged(posture: Posture, place: Place) -> Judged:
    data = place.thing.data
    outside = [who for one in _standing(data.get("Principals")) if (who := _stranger(posture, one))]
    given = [str(one.get("associatedEntity")) for one in _standing(data.get("Resources"))]
    hidden = [why for key in ("Principals", "Resources") if (why := unseen(data.get(key, {"$unseen": key})))]
    ruling, why = Ruling.PASS, "no stranger is among its principals"
    if outside and (given or hidden):
        ruling, why = Ruling.FAIL, f"{', '.join(outside)} may use {', '.join(given[:3]) or 'what it gives'}"
    elif hidden:
        ruling, why = Ruling.UNKNOWN, f"not seen: {'; '.join(dict.fromkeys(hidden))}"
    elif outside:
        why = "it names a stranger, but gives nothing"
    failed = ruling is Ruling.FAIL
    return Judged(
        place.thing.arn,
        place.account,
        place.region,
        ruling,
        why,
        assets=tuple({asset.name: asset for arn in given for asset in posture.assets_of(arn)}.values()),
        evidence=(evidence(place, "Principals"), evidence(place, "Resources")),
        way=(", ".join(outside), "accepts the share", f"uses {', '.join(given[:3]) or 'it'} as his own")
        if failed
        else (),
        remedy=_remedy(place, outside) if failed else None,
    )


def _standing(told: object) -> list[Mapping[str, Any]]:
    return [one for one in mappings(told) if one.get("status") not in _OVER]


def _stranger(posture: Posture, one: Mapping[str, Any]) -> str | None:
    """The principal, if it is outside; RAM tells by `external` who is of the owner's own organisation."""
    who = str(one.get("associatedEntity"))
    if one.get("external") is False:
        return None
    parts = who.rpartition(":")[2].split("/")
    if len(parts) > 1 and parts[0] in ("organization", "ou") and parts[1] in organizations(posture):
        return None
    return who if is_stranger(posture, who) else None


def _remedy(place: Place, outside: list[str]) -> Remedy:
    share = ("--resource-share-arn", place.thing.arn)
    region = ("--region", place.region or "")
    return Remedy(
        "Take the principals out of the share, and let it refuse those outside the organisation.",
        (
            ("aws", "ram", "disassociate-resource-share", *share, "--principals", *outside, *region),
            ("aws", "ram", "update-resource-share", *share, "--no-allow-external-principals", *region),
        ),
        "Type: AWS::RAM::ResourceShare\nProperties:\n  Name: models\n  AllowExternalPrincipals: false\n",
    )
