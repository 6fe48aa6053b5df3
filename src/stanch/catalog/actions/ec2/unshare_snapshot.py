"""A shared EBS snapshot can be copied by the other account at any moment, and the copy is then theirs.

Blind to: copies that were made before the share is taken back.
"""

from dataclasses import replace
from typing import Any

from stanch.catalog.actions import _sharing
from stanch.catalog.actions._sharing import Shares
from stanch.contracts.action import Affects, Case, Plan, Refused
from stanch.contracts.aws import Aws
from stanch.domain.arn import Arn
from stanch.domain.step import Phase

APPLIES_TO = ("snapshot",)
PHASE = Phase.DATA
AFFECTS = Affects.STRANGERS
PERMISSIONS = ("ec2:DescribeSnapshots", "ec2:DescribeSnapshotAttribute", "ec2:ModifySnapshotAttribute")

_ATTRIBUTE = "createVolumePermission"


def plan(aws: Aws, resource: Arn, case: Case) -> Plan:
    """Take the snapshot back from everybody and from each account outside the perimeter; its key is told."""
    key = _described(aws, resource.name).get("KmsKeyId")
    planned = _SHARER.plan(aws, resource, case)
    apart = (f"(not its key {key}: kms/close_key and kms/revoke_grants see who may use that)",) if key else ()
    return replace(planned, calls=(*planned.calls, *apart))


def _described(aws: Aws, name: str) -> dict[str, Any]:
    """The snapshot; its ARN has no account, and only its owner may say with whom it is shared."""
    found: dict[str, Any] = aws.call("ec2", "DescribeSnapshots", SnapshotIds=[name])["Snapshots"][0]
    if found["OwnerId"] != aws.account:
        raise Refused(f"{name} belongs to account {found['OwnerId']}: only its owner can take it back, act there")
    return found


def _shares(aws: Aws, snapshot: Arn) -> dict[str, list[str]]:
    answer = aws.call("ec2", "DescribeSnapshotAttribute", SnapshotId=snapshot.name, Attribute=_ATTRIBUTE)
    permissions = answer.get("CreateVolumePermissions") or ()
    return {
        "users": sorted(str(each["UserId"]) for each in permissions if each.get("UserId")),
        "groups": sorted(str(each["Group"]) for each in permissions if each.get("Group")),
    }


def _take(aws: Aws, snapshot: Arn, whom: Shares) -> None:
    _modify(aws, snapshot, "remove", whom)


def _give(aws: Aws, snapshot: Arn, whom: Shares) -> None:
    _modify(aws, snapshot, "add", whom)


def _modify(aws: Aws, snapshot: Arn, operation: str, whom: Shares) -> None:
    lists = {"UserIds": list(whom["users"]), "GroupNames": list(whom["groups"])}
    changes: dict[str, Any] = {word: names for word, names in lists.items() if names}  # EC2 wants no empty list
    asked = {"SnapshotId": snapshot.name, "Attribute": _ATTRIBUTE, "OperationType": operation}
    aws.call("ec2", "ModifySnapshotAttribute", **asked, **changes)


_SHARER = _sharing.Sharer(_shares, _take, _give, "ec2:ModifySnapshotAttribute", "shared with", "copy or mount")
read, apply, verify, undo = _SHARER.read, _SHARER.apply, _SHARER.verify, _SHARER.undo
