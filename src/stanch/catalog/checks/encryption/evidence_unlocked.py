"""Evidence that an administrator can delete is no evidence against an administrator.

S3 User Guide, "Locking objects with Object Lock": in compliance mode nobody deletes before the time, root included.
"""

from collections.abc import Iterator

from stanch.catalog.checks._declared import holding, undeclared
from stanch.catalog.checks._things import evidence, mapped
from stanch.catalog.checks.encryption._stores import Held, blind_to_buckets, bucket_name
from stanch.contracts.check import GDPR, ISO, NIS2, NIST, About, Judged, Posture
from stanch.contracts.collector import unseen
from stanch.domain.estate import AssetKind
from stanch.domain.severity import Severity
from stanch.domain.verdict import Remedy, Row, Ruling

ABOUT = About(
    title="Evidence can be deleted by whoever it is against",
    row=Row.ENCRYPTION,
    severity=Severity.HIGH,
    controls={
        NIST: ("AU-9", "AU-9(2)", "AU-10"),
        ISO: ("A.5.28", "A.5.33"),
        GDPR: ("Art. 33(5)",),
        NIS2: ("Art. 21(2)(b)", "Art. 23(4)"),
    },
)
_TEMPLATE = """\
Type: AWS::S3::Bucket
Properties:
  ObjectLockEnabled: true
  ObjectLockConfiguration:
    ObjectLockEnabled: Enabled
    Rule:
      DefaultRetention:
        Mode: COMPLIANCE
        Days: 90
"""


def judge(posture: Posture) -> Iterator[Judged]:
    """See `contracts.check.Check`."""
    yield from blind_to_buckets(posture)
    found = {place.thing.arn: (place, assets) for place, assets in holding(posture, (AssetKind.EVIDENCE,), "s3/bucket")}
    for place in posture.of("s3/bucket"):
        if bucket_name(place) == posture.estate.response.evidence.bucket:
            found.setdefault(place.thing.arn, (place, ()))
    if not posture.estate.declared:
        yield from undeclared(posture, "no bucket for evidence is declared")
    for held in found.values():
        yield _judged(held)


def _judged(held: Held) -> Judged:
    place, assets = held
    told = place.thing.data.get("ObjectLock", {"$unseen": "its lock"})
    lock = mapped(told)
    retention = mapped(mapped(lock.get("Rule")).get("DefaultRetention"))
    kept = f"{retention.get('Days') or retention.get('Years')} {'days' if retention.get('Days') else 'years'}"
    ruling, why, severity = Ruling.FAIL, "it has no Object Lock", None
    if hidden := unseen(told):
        ruling, why = Ruling.UNKNOWN, f"not seen: {hidden}"
    elif lock.get("ObjectLockEnabled") == "Enabled" and retention.get("Mode") == "COMPLIANCE":
        ruling, why = Ruling.PASS, f"what is written is locked for {kept}, for everybody"
    elif lock.get("ObjectLockEnabled") == "Enabled" and retention:
        who = "whoever holds s3:BypassGovernanceRetention may still delete"
        why, severity = f"what is written is locked for {kept}, but {who}", Severity.MEDIUM
    elif lock.get("ObjectLockEnabled") == "Enabled":
        why = "it can lock, but locks nothing unless each writer asks for it"
        severity = Severity.MEDIUM
    failed = ruling is Ruling.FAIL
    return Judged(
        place.thing.arn,
        place.account,
        place.region,
        ruling,
        why,
        assets,
        (evidence(place, "ObjectLock"), evidence(place, "Versioning")),
        way=(
            "an intruder who has become administrator of its account",
            f"s3:DeleteObjectVersion on {bucket_name(place)}",
            "what he did cannot be proven, to no court and no authority",
        )
        if failed
        else (),
        remedy=_remedy(bucket_name(place)) if failed else None,
        severity=severity,
    )


def _remedy(name: str) -> Remedy:
    rule = '{"ObjectLockEnabled":"Enabled","Rule":{"DefaultRetention":{"Mode":"COMPLIANCE","Days":90}}}'
    put = ("aws", "s3api", "put-object-lock-configuration", "--bucket", name, "--object-lock-configuration", rule)
    versions = ("aws", "s3api", "put-bucket-versioning", "--bucket", name)
    return Remedy(
        "Keep versions and lock each new one in compliance mode for as long as a case may last.",
        ((*versions, "--versioning-configuration", "Status=Enabled"), put),
        _TEMPLATE,
    )
