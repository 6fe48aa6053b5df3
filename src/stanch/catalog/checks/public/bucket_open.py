"""A bucket is open when any one of its policy, its list, or an access point's policy lets a stranger in.

S3 User Guide, "The meaning of public"; AWS blocks what is public, but never another account that is named.
"""

from collections.abc import Iterator

from stanch.contracts.check import CIS, FSBP, GDPR, ISO, NIS2, NIST, About, Judged, Open, Posture
from stanch.contracts.collector import Place
from stanch.domain.severity import Severity
from stanch.domain.verdict import Evidence, Remedy, Row, Ruling

ABOUT = About(
    title="A bucket lets in anybody, or a stranger",
    row=Row.PUBLIC,
    severity=Severity.CRITICAL,
    controls={
        CIS: ("2.1.4",),
        FSBP: ("S3.2", "S3.6", "S3.19"),
        NIST: ("AC-3", "AC-6", "SC-7"),
        ISO: ("A.5.15", "A.8.3"),
        GDPR: ("Art. 32(1)(b)",),
        NIS2: ("Art. 21(2)(i)",),
    },
)
_BLOCK = "BlockPublicAcls=true,IgnorePublicAcls=true,BlockPublicPolicy=true,RestrictPublicBuckets=true"
_TEMPLATE = """\
PublicAccessBlockConfiguration:
  BlockPublicAcls: true
  IgnorePublicAcls: true
  BlockPublicPolicy: true
  RestrictPublicBuckets: true
"""


def judge(posture: Posture) -> Iterator[Judged]:
    """See `contracts.check.Check`."""
    for place in posture.of("s3/bucket"):
        found = posture.open(place)
        ruling, why = _ruling(found)
        yield Judged(
            place.thing.arn,
            place.account,
            place.region,
            ruling,
            why,
            assets=tuple(posture.assets_of(place.thing.arn)),
            evidence=tuple(_evidence(place, found)),
            way=_way(place, found) if ruling is Ruling.FAIL else (),
            remedy=_remedy(place, found) if ruling is Ruling.FAIL else None,
            severity=None if found.exposure.public else Severity.HIGH,
        )


def _ruling(found: Open) -> tuple[Ruling, str]:
    exposure = found.exposure
    if exposure.public:
        return Ruling.FAIL, f"anybody gets in: {'; '.join(exposure.why)}"
    if exposure.outside:
        return Ruling.FAIL, f"{', '.join(exposure.outside)} gets in: {'; '.join(exposure.why)}"
    if found.unseen:
        return Ruling.UNKNOWN, f"not seen: {'; '.join(found.unseen)}"
    return Ruling.PASS, "no policy, list or access point lets in anyone from outside"


def _evidence(place: Place, found: Open) -> Iterator[Evidence]:
    """The documents that say it; where nothing is open, the policy that was read."""
    data = place.thing.data
    said = " ".join(found.exposure.statements)
    for key in ("Policy", "Acl", "PublicAccessBlock"):
        if key == "Policy" or (key in data and (key != "Acl" or "acl" in said.lower())):
            yield Evidence(place.file, place.thing.arn, key, data.get(key))


def _way(place: Place, found: Open) -> tuple[str, ...]:
    bucket = place.thing.arn.rpartition(":")[2]
    who = "anybody on the internet" if found.exposure.public else ", ".join(found.exposure.outside)
    return (who, f"s3:GetObject, allowed by {', '.join(found.exposure.statements)}", f"every object of {bucket}")


def _remedy(place: Place, found: Open) -> Remedy:
    bucket = place.thing.arn.rpartition(":")[2]
    if found.exposure.public:
        block = ("aws", "s3api", "put-public-access-block", "--bucket", bucket)
        return Remedy(
            "Block public access on the bucket, then remove the statement.",
            ((*block, "--public-access-block-configuration", _BLOCK),),
            _TEMPLATE,
        )
    return Remedy(
        "Remove the statement, or name the principal and its condition (aws:PrincipalOrgID) that is meant.",
        (("aws", "s3api", "get-bucket-policy", "--bucket", bucket, "--query", "Policy", "--output", "text"),),
    )
