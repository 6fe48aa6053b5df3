"""A snapshot or an image that is shared is a copy of the disk in a stranger's hands, without a trace of its reading.

Reads: volumes, the account's own snapshots and images, and whom each is shared with.
Blind to: what others share with the account, and copies that were made before a share was taken back.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from stanch.catalog.collectors._answers import items, part
from stanch.catalog.collectors.ec2._listing import Kind, arn, listed, things
from stanch.contracts.collector import Look, Scope, Thing

SCOPE = Scope.REGION
PERMISSIONS = (
    "ec2:DescribeImageAttribute",
    "ec2:DescribeImages",
    "ec2:DescribeSnapshotAttribute",
    "ec2:DescribeSnapshots",
    "ec2:DescribeVolumes",
    "kms:ListAliases",
)
_SNAPSHOT = Kind("snapshot", "DescribeSnapshots", "Snapshots", "SnapshotId")
_IMAGE = Kind("image", "DescribeImages", "Images", "ImageId")
_VOLUME = Kind("volume", "DescribeVolumes", "Volumes", "VolumeId")
_AWS_KEY = "alias/aws/ebs"


def collect(look: Look) -> Iterator[Thing]:
    """Every volume, snapshot and image that the account owns in the region."""
    yield from things(look, [_VOLUME])
    snapshots = items(listed(look, _SNAPSHOT, OwnerIds=["self"]))
    unshareable = _aws_key(look) if any(snapshot.get("Encrypted") for snapshot in snapshots) else None
    yield from look.each(lambda snapshot: _snapshot(look, snapshot, unshareable), snapshots)
    yield from look.each(lambda image: _image(look, image), items(listed(look, _IMAGE, Owners=["self"])))


def _aws_key(look: Look) -> str | None:
    """The id of the key that AWS keeps for EBS here, None where there is none or it could not be seen.

    Its alias is looked up in the list: to describe a key of AWS by its alias makes the key where there is none.
    """
    for alias in items(look.list("kms", "ListAliases", "Aliases", of="kms")):
        if alias["AliasName"] == _AWS_KEY:
            return str(alias.get("TargetKeyId"))
    return None


def _snapshot(look: Look, snapshot: Mapping[str, Any], unshareable: str | None) -> Thing:
    """AWS refuses every share of a snapshot under its own key, and a snapshot's key never changes: no need to ask."""
    name = arn(look, _SNAPSHOT, snapshot)
    shares: Any = []
    if not unshareable or not str(snapshot.get("KmsKeyId")).endswith(f":key/{unshareable}"):
        asked = {"SnapshotId": snapshot["SnapshotId"], "Attribute": "createVolumePermission"}
        answer = look.ask("ec2", "DescribeSnapshotAttribute", of=name, **asked)
        shares = part(answer, "CreateVolumePermissions")
    return Thing("ec2/snapshot", name, {**snapshot, "CreateVolumePermissions": shares})


def _image(look: Look, image: Mapping[str, Any]) -> Thing:
    name = arn(look, _IMAGE, image)
    asked = {"ImageId": image["ImageId"], "Attribute": "launchPermission"}
    answer = look.ask("ec2", "DescribeImageAttribute", of=name, **asked)
    return Thing("ec2/image", name, {**image, "LaunchPermissions": part(answer, "LaunchPermissions")})
