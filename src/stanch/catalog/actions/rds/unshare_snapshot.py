"""A shared database snapshot is restored by the other account with a master password of its own choice.

Blind to: databases that strangers restored from it and copies they made before the share is taken back.
"""

from collections.abc import Sequence
from typing import Any

from stanch.catalog.actions import _sharing
from stanch.catalog.actions._sharing import Shares
from stanch.contracts.action import Affects
from stanch.contracts.aws import Aws
from stanch.domain.arn import Arn
from stanch.domain.step import Phase

APPLIES_TO = ("db-snapshot", "cluster-snapshot")
PHASE = Phase.DATA
AFFECTS = Affects.STRANGERS
PERMISSIONS = (
    "rds:DescribeDBSnapshotAttributes",
    "rds:ModifyDBSnapshotAttribute",
    "rds:DescribeDBClusterSnapshotAttributes",
    "rds:ModifyDBClusterSnapshotAttribute",
)

_ATTRIBUTE = "restore"
_EVERYBODY = "all"


def _shares(aws: Aws, resource: Arn) -> dict[str, list[str]]:
    word = _word(resource)
    answer = aws.call("rds", f"Describe{word}Attributes", **{f"{word}Identifier": _name(resource)})
    attributes = answer[f"{word}AttributesResult"].get(f"{word}Attributes") or ()
    values = [str(v) for each in attributes if each["AttributeName"] == _ATTRIBUTE for v in each["AttributeValues"]]
    return {
        "users": sorted(value for value in values if value != _EVERYBODY),
        "groups": [value for value in values if value == _EVERYBODY],
    }


def _take(aws: Aws, snapshot: Arn, whom: Shares) -> None:
    _modify(aws, snapshot, "ValuesToRemove", whom)


def _give(aws: Aws, snapshot: Arn, whom: Shares) -> None:
    _modify(aws, snapshot, "ValuesToAdd", whom)


def _modify(aws: Aws, snapshot: Arn, how: str, whom: Shares) -> None:
    values: Sequence[str] = [*whom["users"], *whom["groups"]]
    word = _word(snapshot)
    asked: dict[str, Any] = {f"{word}Identifier": _name(snapshot), how: values}
    aws.call("rds", f"Modify{word}Attribute", AttributeName=_ATTRIBUTE, **asked)


def _word(resource: Arn) -> str:
    return "DBClusterSnapshot" if resource.kind == "cluster-snapshot" else "DBSnapshot"


def _name(resource: Arn) -> str:
    """`nightly`, or `rds:nightly-2026-11-22` for one that RDS made itself."""
    return resource.resource.partition(":")[2]


_SHARER = _sharing.Sharer(
    _shares, _take, _give, "rds:ModifyDBSnapshotAttribute, or the cluster's,", "restored by", "copy or restore"
)
plan, read, apply, verify, undo = _SHARER.plan, _SHARER.read, _SHARER.apply, _SHARER.verify, _SHARER.undo
