"""A bucket is open when any one of its policy, its list, or an access point's policy lets a stranger in.

S3 User Guide, "The meaning of public"; AWS blocks what is public, but never another account that is named.
"""

from collections.abc import Iterator

from stanch.catalog.checks._strangers import lets_in, opens_reading, ruled, strangers, whom
from stanch.catalog.checks._things import unlisted
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
_LOAD_BALANCERS = frozenset(
    (
        *("009996457667", "027434742980", "033677994240", "037604701340", "048591011584", "054676820928"),
        *("076674570225", "098369216593", "114774131450", "127311923021", "156460612806", "190560391635"),
        *("383597477331", "507241528517", "582318560864", "589379963580", "600734575887", "635631232127"),
        *("638102146993", "652711504416", "718504428378", "754344448648", "783225319266", "797873946194"),
        *("897822967062", "985666609251"),
    )
)
"""Accounts of AWS that deliver load balancers' logs. Elastic Load Balancing User Guide, "Attach a policy"."""
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
        ruling, why = _ruling(place, found)
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
    yield from unlisted(posture, "s3", "s3:ListBuckets")


def _ruling(place: Place, found: Open) -> tuple[Ruling, str]:
    """A bucket whose policy names a load balancer's own account, to take its logs, is read by nobody from there."""
    delivering = set(strangers(found)) <= _LOAD_BALANCERS and not found.exposure.public
    if lets_in(found) and delivering and not opens_reading(place, found, "s3:GetObject"):
        return Ruling.PASS, "only load balancers get in, which AWS runs, and only to deliver logs"
    return ruled(found)


def _evidence(place: Place, found: Open) -> Iterator[Evidence]:
    """The documents that say it; where nothing is open, the policy that was read."""
    data = place.thing.data
    said = " ".join(found.exposure.statements)
    for key in ("Policy", "Acl", "PublicAccessBlock"):
        if key == "Policy" or (key in data and (key != "Acl" or "acl" in said.lower())):
            yield Evidence(place.file, place.thing.arn, key, data.get(key))


def _way(place: Place, found: Open) -> tuple[str, ...]:
    bucket = place.thing.arn.rpartition(":")[2]
    who = "anybody on the internet" if found.exposure.public else whom(found)
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
