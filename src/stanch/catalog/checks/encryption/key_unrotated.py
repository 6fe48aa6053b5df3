"""A key that never changes makes one leak of its material the loss of all that it ever encrypted.

AWS KMS Developer Guide, "Rotate AWS KMS keys": symmetric keys whose material AWS made can rotate by themselves.
"""

from collections.abc import Iterator, Mapping

from stanch.catalog.checks._things import blind, evidence, in_region, mapped
from stanch.catalog.checks.encryption._keys import KEY, encrypting, of_aws
from stanch.contracts.check import CIS, ISO, NIS2, NIST, About, Judged, Posture
from stanch.contracts.collector import Place, unseen
from stanch.domain.estate import Asset
from stanch.domain.severity import Severity
from stanch.domain.verdict import Remedy, Row, Ruling

ABOUT = About(
    title="A key that encrypts an asset is never rotated",
    row=Row.ENCRYPTION,
    severity=Severity.LOW,
    controls={CIS: ("3.6",), NIST: ("SC-12", "SC-28(3)"), ISO: ("A.8.24",), NIS2: ("Art. 21(2)(h)",)},
)
_TEMPLATE = "Type: AWS::KMS::Key\nProperties:\n  EnableKeyRotation: true\n"


def judge(posture: Posture) -> Iterator[Judged]:
    """See `contracts.check.Check`."""
    yield from blind(posture, "kms", "kms", "kms:ListKeys")
    encrypted = encrypting(posture)
    for place in posture.of(KEY):
        if place.thing.arn in encrypted and not of_aws(place):
            yield _judged(place, encrypted[place.thing.arn])


def _judged(place: Place, encrypted: Mapping[Asset, None]) -> Judged:
    told = place.thing.data.get("Rotation", {"$unseen": "its rotation"})
    rotates = mapped(told).get("KeyRotationEnabled")
    ruling, why = Ruling.UNKNOWN, f"not seen: {unseen(told) or 'its rotation'}"
    if told is None:
        ruling, why = Ruling.PASS, "AWS cannot rotate such a key: its material is not AWS's own, or it signs"
    elif rotates is True:
        ruling, why = Ruling.PASS, "it is rotated"
    elif rotates is False:
        what = ", ".join(asset.where for asset in encrypted)
        ruling, why = Ruling.FAIL, f"it encrypts {what} and is never rotated"
    failed = ruling is Ruling.FAIL
    rotate = ("aws", "kms", "enable-key-rotation", "--key-id", place.thing.arn, *in_region(place.region))
    return Judged(
        place.thing.arn,
        place.account,
        place.region,
        ruling,
        why,
        tuple(encrypted),
        (evidence(place, "Rotation"),),
        way=("whoever once got at the key's material", "reads what was written with it, years before and after")
        if failed
        else (),
        remedy=Remedy("Let AWS rotate it every year; what is there stays readable.", (rotate,), _TEMPLATE)
        if failed
        else None,
    )
