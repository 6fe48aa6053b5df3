"""The ground of a company that has prepared: an evidence bucket with Object Lock, a key and an account for copies."""

from dataclasses import replace
from typing import Any

from stanch.contracts.action import Case
from stanch.domain.arn import Arn
from stanch.domain.estate import EvidencePlace, Response
from tests.ground import Ground

FORENSICS = "444455556666"


class Equipped(Ground):
    """The same ground; every case names the place for evidence."""

    def __init__(self, ground: Ground, place: EvidencePlace) -> None:
        self.__dict__.update(ground.__dict__)
        self.place = place

    def case(self, incident: str = "inc-20261122-ab12", **changes: Any) -> Case:
        return super().case(incident, **({"response": Response(evidence=self.place)} | changes))

    def at(self, **place: Any) -> "Equipped":
        """The same with another place for evidence."""
        return Equipped(self, replace(self.place, **place))


def equipped(ground: Ground) -> Equipped:
    """A new bucket with Object Lock, a key in the home region, a forensic account."""
    key = str(Arn(ground.admin.partition, "kms", ground.staged.region, FORENSICS, "key/1f0a"))
    return Equipped(ground, EvidencePlace(bucket=locked_bucket(ground), key=key, account=FORENSICS, lock_days=7))


def locked_bucket(ground: Ground) -> str:
    name = ground.name("acme-evidence")
    ground.admin.call(
        "s3",
        "CreateBucket",
        Bucket=name,
        CreateBucketConfiguration={"LocationConstraint": ground.staged.region},
        ObjectLockEnabledForBucket=True,
    )
    return name
