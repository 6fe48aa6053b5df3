"""A distribution reads its bucket for whoever asks it, and asks nobody for a credential unless it is told to.

CloudFront Developer Guide, "Restrict access to an Amazon S3 origin", "Serve private content with signed URLs".
"""

from collections.abc import Iterator, Mapping
from typing import Any

from stanch.catalog.checks._things import evidence, mapped, mappings, unlisted
from stanch.contracts.check import GDPR, ISO, NIS2, NIST, About, Judged, Posture
from stanch.contracts.collector import Place
from stanch.domain.estate import Asset
from stanch.domain.severity import Severity
from stanch.domain.verdict import Remedy, Row, Ruling

ABOUT = About(
    title="A distribution hands out the objects of an asset's bucket to everybody",
    row=Row.PUBLIC,
    severity=Severity.CRITICAL,
    controls={
        NIST: ("AC-3", "AC-4", "SC-7"),
        ISO: ("A.5.15", "A.8.3"),
        GDPR: ("Art. 32(1)(b)",),
        NIS2: ("Art. 21(2)(i)",),
    },
)


def judge(posture: Posture) -> Iterator[Judged]:
    """See `contracts.check.Check`."""
    for place in posture.of("cloudfront/distribution"):
        origins = {name: found for name, found in _origins(posture, place).items() if found}
        ruling, why = _ruling(place.thing.data, origins)
        failed = ruling is Ruling.FAIL
        domain = str(place.thing.data.get("DomainName"))
        yield Judged(
            place.thing.arn,
            place.account,
            place.region,
            ruling,
            why,
            assets=tuple({asset.name: asset for found in origins.values() for asset in found}.values()),
            evidence=(evidence(place, "Origins"), evidence(place, "DefaultCacheBehavior")),
            way=("anybody", f"GET https://{domain}/ and a key", "the object, read from the bucket by the distribution")
            if failed
            else (),
            remedy=_remedy(place) if failed else None,
        )
    yield from unlisted(posture, "cloudfront", "cloudfront:ListDistributions")


def _origins(posture: Posture, place: Place) -> dict[str, tuple[Asset, ...]]:
    """The assets of each origin that is a bucket, by the origin's id."""
    partition = place.thing.arn.split(":")[1]
    found = {}
    for origin in mappings(mapped(place.thing.data.get("Origins")).get("Items")):
        domain = str(origin.get("DomainName"))
        bucket = domain.partition(".s3.")[0] if ".s3." in domain else domain.partition(".s3-")[0]
        if bucket != domain:
            found[str(origin.get("Id"))] = tuple(posture.assets_of(f"arn:{partition}:s3:::{bucket}"))
    return found


def _ruling(data: Mapping[str, Any], origins: Mapping[str, Any]) -> tuple[Ruling, str]:
    if not origins:
        return Ruling.PASS, "no origin of it is a bucket that holds an asset"
    if data.get("Enabled") is False:
        return Ruling.PASS, "it is switched off"
    behaviors = [mapped(data.get("DefaultCacheBehavior")), *mappings(mapped(data.get("CacheBehaviors")).get("Items"))]
    about = [one for one in behaviors if str(one.get("TargetOriginId")) in origins]
    loose = [one for one in about if not _asks_for_signature(one)]
    if not loose:
        return Ruling.PASS, "it asks for a signature wherever it reads an asset's bucket"
    paths = ", ".join(str(one.get("PathPattern", "every other path")) for one in loose)
    if data.get("WebACLId") or all(_runs_code(one) for one in loose):
        return Ruling.UNKNOWN, f"not seen: what the firewall or the code at its edge asks for, for {paths}"
    return Ruling.FAIL, f"it asks nobody for a signature, for {paths}"


def _asks_for_signature(behavior: Mapping[str, Any]) -> bool:
    return any(mapped(behavior.get(key)).get("Enabled") is True for key in ("TrustedKeyGroups", "TrustedSigners"))


def _runs_code(behavior: Mapping[str, Any]) -> bool:
    """Whether code sees each request before it is answered, and may refuse it."""
    keys = ("FunctionAssociations", "LambdaFunctionAssociations")
    items = [one for key in keys for one in mappings(mapped(behavior.get(key)).get("Items"))]
    return any(one.get("EventType") == "viewer-request" for one in items)


def _remedy(place: Place) -> Remedy:
    name = str(place.thing.data.get("Id"))
    return Remedy(
        "Let the behaviour trust a group of keys, so that only signed requests are answered.",
        (("aws", "cloudfront", "get-distribution-config", "--id", name),),
        "DefaultCacheBehavior:\n  TargetOriginId: models\n  ViewerProtocolPolicy: https-only\n"
        "  TrustedKeyGroups: [!Ref KeyGroup]\n",
    )
