"""A shared database snapshot is restored by the other account with a master password of its own choice.

Blind to: databases that strangers restored from it and copies they made before the share is taken back.
"""

from collections.abc import Sequence
from typing import Any

from stanch.catalog.actions import _sharing
from stanch.catalog.actions._sharing import Shares
from stanch.contracts.action import Affects, Case, Plan, Wait, Witness
from stanch.contracts.aws import Aws
from stanch.domain.arn import Arn
from stanch.domain.step import Phase, Proof, State, Step

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


def plan(aws: Aws, resource: Arn, case: Case) -> Plan:
    """Take the snapshot back from everybody and from each account outside the perimeter."""
    return _sharing.plan(_SHARER, aws, resource, case)


def read(aws: Aws, step: Step) -> State:
    """`{"users": [account, ...], "groups": ["all"] or []}`, sorted."""
    return _shares(aws, Arn.parse(step.resource))


def apply(aws: Aws, step: Step, wait: Wait) -> Witness | None:
    """One call for all; whom somebody has let in since the plan is not touched, and the proof says so."""
    _sharing.apply(_SHARER, aws, step, wait)
    return None


def verify(aws: Aws, step: Step, wait: Wait, witness: Witness | None) -> Proof:
    """Read back: nobody's credentials but the other account's could try it."""
    return _sharing.verify(_SHARER, aws, step, wait)


def undo(aws: Aws, step: Step, wait: Wait) -> None:
    """Share it again with those it was taken from."""
    _sharing.undo(_SHARER, aws, step, wait)


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
