"""A shared snapshot or image is the whole disk in a stranger's hands; that he copied it, no log of ours says.

EC2 User Guide, "Share an Amazon EBS snapshot", "Block public access for snapshots"; RDS User Guide, "Sharing a DB
snapshot". What is under a key of AWS's own cannot be shared.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from stanch.catalog.checks._strangers import is_stranger, organizations
from stanch.catalog.checks._things import blind, evidence, mappings, texts
from stanch.contracts.check import FSBP, GDPR, ISO, NIS2, NIST, About, Judged, Posture
from stanch.contracts.collector import Place, unseen
from stanch.domain.arn import Arn, ArnError
from stanch.domain.estate import Asset
from stanch.domain.severity import Severity
from stanch.domain.verdict import Remedy, Row, Ruling

ABOUT = About(
    title="A copy of a disk or a database is shared with anybody, or with a stranger",
    row=Row.PUBLIC,
    severity=Severity.CRITICAL,
    controls={
        FSBP: ("EC2.1", "RDS.1"),
        NIST: ("AC-3", "AC-4", "SC-7"),
        ISO: ("A.5.15", "A.8.3", "A.8.12"),
        GDPR: ("Art. 32(1)(b)",),
        NIS2: ("Art. 21(2)(i)",),
    },
)
ALL = "all"


@dataclass(frozen=True, slots=True)
class _Kind:
    """Where a copy tells whom it is shared with, what it was made of, and the commands that take a share back."""

    shares: str
    switch: str = ""
    setting: str = ""
    whole: str = ""


_KINDS = {
    "ec2/snapshot": _Kind(
        "CreateVolumePermissions", "enable-snapshot-block-public-access", "SnapshotBlockPublicAccessState",
        "block-all-sharing",
    ),
    "ec2/image": _Kind("LaunchPermissions", "enable-image-block-public-access"),
    "rds/db-snapshot": _Kind("Attributes"),
    "rds/db-cluster-snapshot": _Kind("Attributes"),
}  # fmt: skip
_TAKES = {
    "ec2/snapshot": "ec2:CreateVolume",
    "ec2/image": "ec2:RunInstances",
    "rds/db-snapshot": "rds:RestoreDBInstanceFromDBSnapshot",
    "rds/db-cluster-snapshot": "rds:RestoreDBClusterFromSnapshot",
}


def judge(posture: Posture) -> Iterator[Judged]:
    """See `contracts.check.Check`."""
    settings = {(place.account, place.region): place for place in posture.of("ec2/settings")}
    sources = _Sources(posture)
    for kind, how in _KINDS.items():
        for place in posture.of(kind):
            here = settings.get((place.account, place.region))
            shut = bool(how.whole) and here is not None and here.thing.data.get(how.setting) == how.whole
            yield _judged(posture, place, how, sources.assets_of(place), shut=shut)
    yield from blind(posture, "ec2/disks", "ec2", "ec2:DescribeSnapshots", "ec2:DescribeImages")
    yield from blind(posture, "rds", "rds", "rds:DescribeDBSnapshots", "rds:DescribeDBClusterSnapshots")


def _judged(posture: Posture, place: Place, how: _Kind, assets: tuple[Asset, ...], *, shut: bool) -> Judged:
    data = place.thing.data
    told = data.get(how.shares, {"$unseen": how.shares})
    shares = _shares(told)
    public = ALL in shares and not shut
    named = [who for who in shares if who != ALL and _is_outside(posture, who)]
    ruling, severity = Ruling.PASS, None
    why = "a block of the account keeps its public share from working" if ALL in shares else "shared with nobody else"
    if public:
        ruling, why = Ruling.FAIL, "anybody with an account of AWS may copy it"
    elif named:
        ruling, why, severity = Ruling.FAIL, f"{', '.join(named)} may copy it", Severity.HIGH
    elif hidden := unseen(told):
        ruling, why = Ruling.UNKNOWN, f"not seen: {hidden}"
    elif shares and ALL not in shares:
        why = "shared with accounts of the estate alone"
    failed = ruling is Ruling.FAIL
    return Judged(
        place.thing.arn,
        place.account,
        place.region,
        ruling,
        why,
        assets=assets,
        evidence=(evidence(place, how.shares),),
        way=_way(place, ["any account of AWS"] if public else named) if failed else (),
        remedy=_remedy(place, how, [ALL] if public else named) if failed else None,
        severity=severity,
    )


def _shares(told: object) -> list[str]:
    """Whom a copy is shared with: `all`, accounts, organisations' ARNs; in the three spellings of EC2 and RDS."""
    found: list[str] = []
    for one in mappings(told):
        if one.get("AttributeName") == "restore":
            found += texts(one.get("AttributeValues"))
        keys = ("Group", "UserId", "OrganizationArn", "OrganizationalUnitArn")
        found += [str(one[key]) for key in keys if one.get(key)]
    return list(dict.fromkeys(found))


def _is_outside(posture: Posture, who: str) -> bool:
    """An organisation's ARN carries the account that manages it, which is ours or not, and its own id."""
    parts = who.rpartition(":")[2].split("/")
    if len(parts) > 1 and parts[0] in ("organization", "ou"):
        return parts[1] not in organizations(posture) and is_stranger(posture, who)
    return is_stranger(posture, who)


class _Sources:
    """What copies were made of: the assets of a volume's instance, or of a database, are its copy's as well."""

    def __init__(self, posture: Posture) -> None:
        self._posture = posture
        self._instances = {str(one.thing.data.get("InstanceId")): one.thing.arn for one in posture.of("ec2/instance")}
        self._volumes = {str(one.thing.data.get("VolumeId")): one for one in posture.of("ec2/volume")}
        self._snapshots = {str(one.thing.data.get("SnapshotId")): one for one in posture.of("ec2/snapshot")}
        databases = posture.of("rds/db-instance", "rds/db-cluster")
        keys = ("DBInstanceIdentifier", "DBClusterIdentifier")
        self._databases = {(one.account, one.region, one.thing.data.get(key)): one for one in databases for key in keys}

    def assets_of(self, copy: Place) -> tuple[Asset, ...]:
        arns = dict.fromkeys(self._arns(copy))
        return tuple({asset.name: asset for arn in arns for asset in self._posture.assets_of(arn)}.values())

    def _arns(self, copy: Place) -> Iterator[str]:
        data = copy.thing.data
        yield copy.thing.arn
        for mapping in mappings(data.get("BlockDeviceMappings")):
            snapshot = self._snapshots.get(str((mapping.get("Ebs") or {}).get("SnapshotId")))
            if snapshot is not None:
                yield from self._arns(snapshot)
        volume = self._volumes.get(str(data.get("VolumeId")))
        if volume is not None:
            yield volume.thing.arn
            for one in mappings(volume.thing.data.get("Attachments")):
                yield from (arn for arn in [self._instances.get(str(one.get("InstanceId")))] if arn)
        for key in ("DBInstanceIdentifier", "DBClusterIdentifier"):
            database = self._databases.get((copy.account, copy.region, data.get(key) or ""))
            if database is not None:
                yield database.thing.arn


def _way(place: Place, who: list[str]) -> tuple[str, ...]:
    return (
        ", ".join(who),
        f"{_TAKES[place.thing.kind]} from {_name(place)}, in his own account",
        "every file and row of it, at leisure",
    )


def _remedy(place: Place, how: _Kind, who: list[str]) -> Remedy:
    name, region = _name(place), ("--region", place.region or "")
    if place.thing.kind.startswith("rds/"):
        cluster = "cluster-" if "cluster" in place.thing.kind else ""
        what = ("modify-db-cluster-snapshot-attribute" if cluster else "modify-db-snapshot-attribute",)
        command = (
            *("aws", "rds", *what, f"--db-{cluster}snapshot-identifier", name),
            *("--attribute-name", "restore", "--values-to-remove", *who, *region),
        )
        return Remedy("Take the share back; treat what was shared as copied.", (command,))
    verb, which, attribute = (
        ("modify-image-attribute", "--image-id", "--launch-permission")
        if place.thing.kind == "ec2/image"
        else ("modify-snapshot-attribute", "--snapshot-id", "--create-volume-permission")
    )
    state = "block-new-sharing" if place.thing.kind == "ec2/image" else "block-all-sharing"
    block = ("--image-block-public-access-state" if place.thing.kind == "ec2/image" else "--state", state)
    commands: list[tuple[str, ...]] = [
        ("aws", "ec2", verb, which, name, attribute, f"Remove=[{_removed(who)}]", *region)
    ]
    if ALL in who:
        commands.append(("aws", "ec2", how.switch, *block, *region))
    return Remedy("Take the share back, and let the account block public ones; treat it as copied.", tuple(commands))


def _removed(who: list[str]) -> str:
    def one(name: str) -> str:
        key = "Group" if name == ALL else "UserId"
        if name.startswith("arn:"):
            key = "OrganizationalUnitArn" if ":ou/" in name else "OrganizationArn"
        return f"{{{key}={name}}}"

    return ",".join(map(one, who))


def _name(place: Place) -> str:
    try:
        resource = Arn.parse(place.thing.arn).resource
    except ArnError:
        return place.thing.arn
    return resource.partition("/")[2] or resource.partition(":")[2]
