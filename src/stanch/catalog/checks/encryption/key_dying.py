"""A key that is deleted takes everything with it that it encrypts, after seven days at the least and for ever.

AWS KMS Developer Guide, "Deleting an AWS KMS key", "Key states of AWS KMS keys": a disabled key reads nothing either.
"""

from collections.abc import Iterator, Mapping

from stanch.catalog.checks._things import blind, evidence, in_region, mapped
from stanch.catalog.checks.encryption._keys import KEY, encrypting, of_aws
from stanch.contracts.check import FSBP, GDPR, ISO, NIS2, NIST, About, Judged, Posture
from stanch.contracts.collector import Place, unseen
from stanch.domain.estate import Asset
from stanch.domain.severity import Severity
from stanch.domain.verdict import Remedy, Row, Ruling

ABOUT = About(
    title="A key is about to be deleted, or reads nothing any more",
    row=Row.ENCRYPTION,
    severity=Severity.CRITICAL,
    controls={
        FSBP: ("KMS.3",),
        NIST: ("CP-9", "SC-12", "SC-12(1)"),
        ISO: ("A.8.13", "A.8.24"),
        GDPR: ("Art. 32(1)(b)", "Art. 32(1)(c)"),
        NIS2: ("Art. 21(2)(c)", "Art. 21(2)(h)"),
    },
)
_DYING = {
    "PendingDeletion": "waits for its deletion",
    "PendingReplicaDeletion": "is deleted as soon as its replicas are",
    "Disabled": "is disabled",
    "Unavailable": "cannot be reached in its own store",
    "PendingImport": "has lost the material that was imported",
}
_TEMPLATE = "Type: AWS::KMS::Key\nDeletionPolicy: Retain\nProperties:\n  Enabled: true\n  PendingWindowInDays: 30\n"


def judge(posture: Posture) -> Iterator[Judged]:
    """See `contracts.check.Check`."""
    yield from blind(posture, "kms", "kms", "kms:ListKeys")
    encrypted = encrypting(posture)
    for place in posture.of(KEY):
        if not of_aws(place):
            yield _judged(place, encrypted.get(place.thing.arn, {}))


def _judged(place: Place, encrypted: Mapping[Asset, None]) -> Judged:
    told = place.thing.data.get("KeyMetadata", {"$unseen": "its state"})
    state = mapped(told).get("KeyState")
    what = ", ".join(asset.where for asset in encrypted)
    ruling, why = Ruling.PASS, f"it is {str(state).lower()}"
    if unseen(told) or not isinstance(state, str):
        ruling, why = Ruling.UNKNOWN, f"not seen: {unseen(told) or 'its state'}"
    elif state in _DYING and encrypted:
        when = mapped(told).get("DeletionDate")
        ruling, why = Ruling.FAIL, f"it {_DYING[state]}{f' ({when})' if when else ''}, and encrypts {what}"
    elif state in _DYING:
        why = f"it {_DYING[state]}, and encrypts nothing that was declared"
    failed = ruling is Ruling.FAIL
    return Judged(
        place.thing.arn,
        place.account,
        place.region,
        ruling,
        why,
        tuple(encrypted),
        (evidence(place, "KeyMetadata.KeyState"),),
        way=(
            "whoever holds kms:ScheduleKeyDeletion or kms:DisableKey on it",
            f"the key {_DYING.get(str(state), '')}",
            f"{what} cannot be read by anybody: a ransom without moving a byte",
        )
        if failed
        else (),
        remedy=_remedy(place) if failed else None,
    )


def _remedy(place: Place) -> Remedy:
    at = ("--key-id", place.thing.arn, *in_region(place.region))
    return Remedy(
        "Cancel the deletion, switch the key on again, and look who did it.",
        (
            ("aws", "kms", "cancel-key-deletion", *at),
            ("aws", "kms", "enable-key", *at),
            (
                *("aws", "cloudtrail", "lookup-events", "--lookup-attributes"),
                f"AttributeKey=ResourceName,AttributeValue={place.thing.arn}",
                *in_region(place.region),
            ),
        ),
        _TEMPLATE,
    )
