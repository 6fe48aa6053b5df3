"""Whoever may launch a machine image can read every file in it, by starting it.

Blind to: instances that strangers launched from it and copies they made; and the image's own snapshots, which are
shared apart from it and which `unshare_snapshot` takes back.
"""

from dataclasses import replace
from typing import Any

from stanch.catalog.actions import _sharing
from stanch.catalog.actions._sharing import Shares
from stanch.contracts.action import Affects, Case, Plan, Refused
from stanch.contracts.aws import Aws, AwsAbsent
from stanch.domain.arn import Arn
from stanch.domain.step import Phase

APPLIES_TO = ("image",)
PHASE = Phase.DATA
AFFECTS = Affects.STRANGERS
PERMISSIONS = ("ec2:DescribeImages", "ec2:DescribeImageAttribute", "ec2:ModifyImageAttribute")

_WORDS = {"users": "UserId", "groups": "Group", "organizations": "OrganizationArn", "units": "OrganizationalUnitArn"}


def plan(aws: Aws, resource: Arn, case: Case) -> Plan:
    """Take the image back from strangers; its snapshots, which are shared apart from it, are told."""
    image = _described(aws, resource.name)
    planned = _SHARER.plan(aws, resource, case)
    apart = (f"(not its {one}: shared or not, ec2/unshare_snapshot sees to that)" for one in _snapshots(image))
    return replace(planned, calls=(*planned.calls, *apart))


def _described(aws: Aws, name: str) -> dict[str, Any]:
    """The image; an image's ARN has no account, and only its owner may say who launches it."""
    found = aws.call("ec2", "DescribeImages", ImageIds=[name])["Images"]
    if not found:
        raise AwsAbsent("ec2:DescribeImages", "InvalidAMIID.NotFound", f"no image {name}")
    image: dict[str, Any] = found[0]
    if image["OwnerId"] != aws.account:
        raise Refused(f"{name} belongs to account {image['OwnerId']}: only its owner can take it back, act there")
    return image


def _snapshots(image: dict[str, Any]) -> list[str]:
    disks = (mapping.get("Ebs") or {} for mapping in image.get("BlockDeviceMappings") or ())
    return sorted(str(disk["SnapshotId"]) for disk in disks if disk.get("SnapshotId"))


def _shares(aws: Aws, image: Arn) -> dict[str, list[str]]:
    answer = aws.call("ec2", "DescribeImageAttribute", ImageId=image.name, Attribute="launchPermission")
    listed = answer.get("LaunchPermissions") or ()
    return {kind: sorted(str(each[word]) for each in listed if each.get(word)) for kind, word in _WORDS.items()}


def _take(aws: Aws, image: Arn, whom: Shares) -> None:
    _modify(aws, image, "Remove", whom)


def _give(aws: Aws, image: Arn, whom: Shares) -> None:
    _modify(aws, image, "Add", whom)


def _modify(aws: Aws, image: Arn, operation: str, whom: Shares) -> None:
    entries = [{_WORDS[kind]: name} for kind, names in whom.items() for name in names]
    aws.call("ec2", "ModifyImageAttribute", ImageId=image.name, LaunchPermission={operation: entries})


_SHARER = _sharing.Sharer(_shares, _take, _give, "ec2:ModifyImageAttribute", "launched by", "start an instance from")
read, apply, verify, undo = _SHARER.read, _SHARER.apply, _SHARER.verify, _SHARER.undo
