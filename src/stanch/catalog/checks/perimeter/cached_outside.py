"""A distribution keeps what it serves at the edge, in more than a hundred cities; no setting names one country.

CloudFront Developer Guide, "Choose the price class for a CloudFront distribution": the smallest is two continents.
"""

from collections.abc import Iterator

from stanch.catalog.checks._declared import undeclared
from stanch.catalog.checks._things import evidence, mapped, mappings, unlisted
from stanch.contracts.check import GDPR, ISO, NIS2, NIST, About, Judged, Posture
from stanch.contracts.collector import Place, unseen
from stanch.domain.estate import Asset
from stanch.domain.severity import Severity
from stanch.domain.verdict import Remedy, Row, Ruling

ABOUT = About(
    title="An asset is kept at the edge, all over the world",
    row=Row.PERIMETER,
    severity=Severity.HIGH,
    controls={
        NIST: ("AC-4", "SA-9(5)", "SC-7"),
        ISO: ("A.5.14", "A.5.23"),
        GDPR: ("Art. 44",),
        NIS2: ("Art. 21(2)(d)",),
    },
)


def judge(posture: Posture) -> Iterator[Judged]:
    """See `contracts.check.Check`."""
    if not posture.estate.assets or not posture.estate.perimeter.regions:
        yield from undeclared(posture, "no asset is declared, or no region where data may be")
        return
    yield from unlisted(posture, "cloudfront", "cloudfront:ListDistributions")
    for place in posture.of("cloudfront/distribution"):
        yield _judged(posture, place)


def _judged(posture: Posture, place: Place) -> Judged:
    data = place.thing.data
    told = data.get("Origins", {"$unseen": "its origins"})
    assets = _behind(posture, place)
    ruling, why = Ruling.PASS, "no asset is behind it"
    if assets and data.get("Enabled") is False:
        why = "it is switched off"
    elif assets:
        edge = data.get("PriceClass") or "every edge"
        ruling = Ruling.FAIL
        why = f"it keeps {', '.join(asset.where for asset in assets)} at the edge ({edge})"
    elif hidden := unseen(data) or unseen(told):
        ruling, why = Ruling.UNKNOWN, f"not seen: {hidden}"
    failed = ruling is Ruling.FAIL
    name = str(data.get("Id") or place.thing.arn.rpartition("/")[2])
    return Judged(
        place.thing.arn,
        place.account,
        place.region,
        ruling,
        why,
        assets,
        (evidence(place, "Origins"), evidence(place, "PriceClass")),
        way=(
            "nobody does anything: whoever asks for an object",
            f"has a copy of it made at the edge next to him, by {data.get('DomainName') or name}",
            "the copy is under the law of that place until it expires",
        )
        if failed
        else (),
        remedy=Remedy(
            "Serve it from the region itself, or cache nothing of it.",
            (
                ("aws", "cloudfront", "get-distribution-config", "--id", name),
                ("aws", "cloudfront", "create-invalidation", "--distribution-id", name, "--paths", "/*"),
                ("aws", "cloudfront", "delete-distribution", "--id", name),
            ),
            "Type: AWS::CloudFront::Distribution\nProperties:\n  DistributionConfig:\n    Enabled: false\n",
        )
        if failed
        else None,
    )


def _behind(posture: Posture, place: Place) -> tuple[Asset, ...]:
    """The assets in the buckets that a distribution takes its objects from, `models-eu.s3.eu-west-1.amazonaws.com`."""
    found: dict[Asset, None] = {}
    for origin in mappings(mapped(place.thing.data.get("Origins")).get("Items")):
        host = str(origin.get("DomainName"))
        path = str(origin.get("OriginPath") or "").strip("/")
        for asset in posture.estate.assets:
            ours = asset.bucket and host.startswith((f"{asset.bucket}.s3.", f"{asset.bucket}.s3-"))
            if ours and not asset.decoy and (asset.prefix.startswith(path) or path.startswith(asset.prefix)):
                found[asset] = None
    return tuple(found)
