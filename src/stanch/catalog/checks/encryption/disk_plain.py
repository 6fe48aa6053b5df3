"""A snapshot of an unencrypted disk is readable by every account that it is shared with, without anybody's key.

EBS User Guide, "Amazon EBS encryption". Reads: the volumes of hosts that hold a model, and the region's default.
"""

from collections.abc import Iterator

from stanch.catalog.checks._hosts import Host, blind_to_hosts
from stanch.catalog.checks._things import blind, evidence, in_region
from stanch.catalog.checks.encryption._disks import disks
from stanch.contracts.check import CIS, FSBP, GDPR, ISO, NIS2, NIST, About, Judged, Posture
from stanch.contracts.collector import Place
from stanch.domain.severity import Severity
from stanch.domain.verdict import Remedy, Row, Ruling

ABOUT = About(
    title="A disk of a host that holds a model is not encrypted",
    row=Row.ENCRYPTION,
    severity=Severity.MEDIUM,
    controls={
        CIS: ("2.2.1",),
        FSBP: ("EC2.3", "EC2.7"),
        NIST: ("SC-13", "SC-28", "SC-28(1)"),
        ISO: ("A.8.24",),
        GDPR: ("Art. 32(1)(a)",),
        NIS2: ("Art. 21(2)(h)",),
    },
)
_TEMPLATE = "Type: AWS::EC2::Volume\nProperties:\n  Encrypted: true\n  KmsKeyId: !GetAtt Key.Arn\n"


def judge(posture: Posture) -> Iterator[Judged]:
    """See `contracts.check.Check`."""
    yield from blind_to_hosts(posture)
    yield from blind(posture, "ec2/disks", "ebs", "ec2:DescribeVolumes")
    for place, host in disks(posture):
        yield _judged(place, host)


def _judged(place: Place, host: Host) -> Judged:
    told = place.thing.data.get("Encrypted")
    ruling, why = Ruling.UNKNOWN, "not seen: whether it is encrypted"
    if isinstance(told, bool):
        ruling = Ruling.PASS if told else Ruling.FAIL
        why = "it is encrypted" if told else f"it is attached to {host.name} and not encrypted"
    failed = ruling is Ruling.FAIL
    name = place.thing.arn.rpartition("/")[2]
    return Judged(
        place.thing.arn,
        place.account,
        place.region,
        ruling,
        why,
        host.assets,
        (evidence(place, "Encrypted"), evidence(host.place, "BlockDeviceMappings")),
        way=(
            "whoever may call ec2:CreateSnapshot and ec2:ModifySnapshotAttribute",
            f"snapshots {name} and shares it with an account of his own: no key stands in the way",
            f"mounts it there: {host.loot()}",
        )
        if failed
        else (),
        remedy=_remedy(name, place.region) if failed else None,
    )


def _remedy(name: str, region: str | None) -> Remedy:
    where = in_region(region)
    key = ("--kms-key-id", "the-arn-of-a-key")
    snapshot = ("aws", "ec2", "create-snapshot", "--volume-id", name, *where)
    source = ("--source-region", region or "the-region", "--source-snapshot-id", "the-snapshot")
    return Remedy(
        "Encrypt what is new by default, and replace the disk by an encrypted copy.",
        (
            ("aws", "ec2", "enable-ebs-encryption-by-default", *where),
            ("aws", "ec2", "modify-ebs-default-kms-key-id", *key, *where),
            snapshot,
            ("aws", "ec2", "copy-snapshot", *source, "--encrypted", *key, *where),
        ),
        _TEMPLATE,
    )
