"""S3 Access Grants hand out credentials for a prefix by a list of their own, which no bucket policy shows.

S3 User Guide, "Managing access with S3 Access Grants": a grantee may be any IAM principal, of any account.
"""

from collections.abc import Iterator

from stanch.catalog.checks._strangers import is_stranger, lets_in, whom
from stanch.catalog.checks._things import evidence, mapped, mappings, unlisted
from stanch.contracts.check import GDPR, ISO, NIS2, NIST, About, Judged, Posture
from stanch.contracts.collector import Place, unseen
from stanch.domain.estate import Asset
from stanch.domain.severity import Severity
from stanch.domain.verdict import Remedy, Row, Ruling

ABOUT = About(
    title="An access grant of S3 gives objects to a stranger",
    row=Row.PUBLIC,
    severity=Severity.HIGH,
    controls={
        NIST: ("AC-3", "AC-6", "AC-20"),
        ISO: ("A.5.15", "A.8.3"),
        GDPR: ("Art. 32(1)(b)",),
        NIS2: ("Art. 21(2)(i)",),
    },
)

_POLICY = ("put-access-grants-instance-resource-policy", "--policy", "file://policy.json")


def judge(posture: Posture) -> Iterator[Judged]:
    """See `contracts.check.Check`."""
    for place in posture.of("s3/access-grants-instance"):
        yield _judged(posture, place)
    yield from unlisted(posture, "s3", "s3:ListAccessGrantsInstances")


def _judged(posture: Posture, place: Place) -> Judged:
    data, found = place.thing.data, posture.open(place)
    strange = {str(grant.get("AccessGrantId")): who for grant in mappings(data.get("Grants")) if (who := _who(grant))}
    strange = {grant: who for grant, who in strange.items() if is_stranger(posture, who)}
    hidden = [*found.unseen, *(why for key in ("Grants", "Policy") if (why := unseen(data.get(key, {"$unseen": key}))))]
    ruling, why = Ruling.PASS, "neither its grants nor its policy name a stranger"
    if strange or lets_in(found):
        ruling = Ruling.FAIL
        told = [f"{who} by grant {grant}" for grant, who in strange.items()]
        why = f"{'; '.join([*told, *found.exposure.why])}"
    elif hidden:
        ruling, why = Ruling.UNKNOWN, f"not seen: {'; '.join(dict.fromkeys(hidden))}"
    failed = ruling is Ruling.FAIL
    return Judged(
        place.thing.arn,
        place.account,
        place.region,
        ruling,
        why,
        assets=_assets(posture, place, strange),
        evidence=(evidence(place, "Grants" if strange else "Policy"),),
        way=(", ".join(strange.values()) or whom(found), "s3:GetDataAccess", "the objects below the granted prefix")
        if failed
        else (),
        remedy=_remedy(place, list(strange)) if failed else None,
    )


def _who(grant: object) -> str:
    grantee = mapped(mapped(grant).get("Grantee"))
    return str(grantee.get("GranteeIdentifier") or "") if grantee.get("GranteeType") == "IAM" else ""


def _assets(posture: Posture, place: Place, strange: dict[str, str]) -> tuple[Asset, ...]:
    """Those of the buckets that the strangers' grants are about, `s3://bucket/prefix*`."""
    partition = place.thing.arn.split(":")[1]
    scopes = [str(one.get("GrantScope")) for one in mappings(place.thing.data.get("Grants"))
              if str(one.get("AccessGrantId")) in strange]  # fmt: skip
    buckets = dict.fromkeys(scope[5:].partition("/")[0] for scope in scopes if scope.startswith("s3://"))
    found = (asset for bucket in buckets for asset in posture.assets_of(f"arn:{partition}:s3:::{bucket}"))
    return tuple({asset.name: asset for asset in found}.values())


def _remedy(place: Place, grants: list[str]) -> Remedy:
    where = ("--account-id", place.account, "--region", place.thing.arn.split(":")[3])
    commands = [("aws", "s3control", "delete-access-grant", "--access-grant-id", one, *where) for one in grants]
    return Remedy(
        "Delete the grant, or take the stranger out of the policy; credentials that it gave live on for hours.",
        tuple(commands) or (("aws", "s3control", *_POLICY, *where),),
    )
