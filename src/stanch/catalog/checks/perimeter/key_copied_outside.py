"""A replica of a multi-Region key has the same material: what is encrypted here is readable there.

AWS KMS Developer Guide, "Multi-Region keys in AWS KMS".
"""

from collections.abc import Iterator

from stanch.catalog.checks._things import blind, evidence, mapped, mappings
from stanch.catalog.checks.perimeter._beyond import judged, target_of
from stanch.contracts.check import GDPR, ISO, NIS2, NIST, About, Judged, Posture
from stanch.contracts.collector import Place, unseen
from stanch.domain.severity import Severity
from stanch.domain.verdict import Remedy, Row

ABOUT = About(
    title="A key has a copy outside the perimeter",
    row=Row.PERIMETER,
    severity=Severity.HIGH,
    controls={
        NIST: ("SA-9(5)", "SA-9(6)", "SC-12"),
        ISO: ("A.5.23", "A.8.24"),
        GDPR: ("Art. 44",),
        NIS2: ("Art. 21(2)(h)",),
    },
)
_AT = "KeyMetadata.MultiRegionConfiguration"
_TEMPLATE = "Type: AWS::KMS::Key\nProperties:\n  MultiRegion: false\n"


def judge(posture: Posture) -> Iterator[Judged]:
    """See `contracts.check.Check`."""
    yield from blind(posture, "kms", "kms", "kms:ListKeys")
    for place in posture.of("kms/key"):
        yield _judged(posture, place)


def _judged(posture: Posture, place: Place) -> Judged:
    told = place.thing.data.get("KeyMetadata", {"$unseen": "the key's description"})
    many = mapped(mapped(told).get("MultiRegionConfiguration"))
    copies = [mapped(many.get("PrimaryKey")), *mappings(many.get("ReplicaKeys"))]
    arns = [str(one.get("Arn")) for one in copies if one.get("Arn") not in (None, place.thing.arn)]
    region = str(target_of(arns[0]).region) if arns else "the-region-outside"
    return judged(
        posture,
        place,
        [target_of(arn) for arn in arns],
        (evidence(place, _AT),),
        does="is copied to",
        way=(
            f"whoever may use, or may be made to use, the replica in {region}",
            "kms:Decrypt there, by a policy of its own",
            "what is encrypted here with this key is plain there",
        ),
        remedy=Remedy(
            "Delete the replica, or use a key of one region for what must not leave.",
            (("aws", "kms", "schedule-key-deletion", "--key-id", arns[0] if arns else "", "--region", region),),
            _TEMPLATE,
        ),
        hidden=unseen(told),
    )
