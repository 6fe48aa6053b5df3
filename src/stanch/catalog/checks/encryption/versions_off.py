"""Without versions an overwritten object is gone, and with it the proof of what it was.

S3 User Guide, "Retaining multiple versions of objects". Reads: versioning, and whether deleting needs a second factor.
"""

from collections.abc import Iterator

from stanch.catalog.checks._declared import undeclared
from stanch.catalog.checks._things import evidence, mapped
from stanch.catalog.checks.encryption._stores import Held, blind_to_buckets, bucket_name, buckets
from stanch.contracts.check import CIS, GDPR, ISO, NIS2, NIST, About, Judged, Posture
from stanch.contracts.collector import unseen
from stanch.domain.severity import Severity
from stanch.domain.verdict import Remedy, Row, Ruling

ABOUT = About(
    title="What happens to an asset cannot be reconstructed: it has no versions",
    row=Row.ENCRYPTION,
    severity=Severity.HIGH,
    controls={
        CIS: ("2.1.2",),
        NIST: ("AU-10", "CP-9", "SI-7"),
        ISO: ("A.5.28", "A.8.13"),
        GDPR: ("Art. 32(1)(c)",),
        NIS2: ("Art. 21(2)(c)",),
    },
)
_TEMPLATE = "Type: AWS::S3::Bucket\nProperties:\n  VersioningConfiguration:\n    Status: Enabled\n"


def judge(posture: Posture) -> Iterator[Judged]:
    """See `contracts.check.Check`."""
    yield from blind_to_buckets(posture)
    if not posture.estate.assets:
        yield from undeclared(posture, "no asset is declared that must be reconstructed")
        return
    for held in buckets(posture):
        yield _judged(held)


def _judged(held: Held) -> Judged:
    place, assets = held
    told = place.thing.data.get("Versioning", {"$unseen": "its versioning"})
    status, second = mapped(told).get("Status"), mapped(told).get("MFADelete") == "Enabled"
    ruling, why = Ruling.FAIL, "versions were never switched on" if status is None else "versions are suspended"
    if hidden := unseen(told):
        ruling, why = Ruling.UNKNOWN, f"not seen: {hidden}"
    elif status == "Enabled":
        factor = "with" if second else "without"
        ruling, why = Ruling.PASS, f"it keeps versions, and deleting one works {factor} a second factor"
    failed = ruling is Ruling.FAIL
    name = bucket_name(place)
    put = ("aws", "s3api", "put-bucket-versioning", "--bucket", name, "--versioning-configuration", "Status=Enabled")
    return Judged(
        place.thing.arn,
        place.account,
        place.region,
        ruling,
        why,
        assets,
        (evidence(place, "Versioning"),),
        way=(
            "whoever holds s3:PutObject on it",
            f"overwrites {', '.join(one.where for one in assets)} with weights or samples of his own",
            "nobody can say from when on the model was his, nor bring back what it was",
        )
        if failed
        else (),
        remedy=Remedy("Keep versions.", (put,), _TEMPLATE) if failed else None,
    )
