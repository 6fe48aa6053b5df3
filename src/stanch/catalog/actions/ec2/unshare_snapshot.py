"""A shared EBS snapshot can be copied by the other account at any moment, and the copy is then theirs.

Blind to: copies that were made before the share is taken back.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from stanch.catalog.actions._settle import settled
from stanch.contracts.action import Affects, Case, Plan, Wait, Witness
from stanch.contracts.aws import Aws
from stanch.domain.arn import Arn
from stanch.domain.step import Method, Phase, Proof, State, Step

APPLIES_TO = ("snapshot",)
PHASE = Phase.DATA
AFFECTS = Affects.STRANGERS
PERMISSIONS = ("ec2:DescribeSnapshotAttribute", "ec2:ModifySnapshotAttribute")

_ATTRIBUTE = "createVolumePermission"


def plan(aws: Aws, resource: Arn, case: Case) -> Plan:
    """Take the snapshot back from the public and from each account outside the perimeter."""
    name = resource.name
    before = _shares(aws, name)
    ours = {aws.account, *case.perimeter.accounts}
    taken = {"users": [user for user in before["users"] if user not in ours], "groups": before["groups"]}
    told = [*(f"account {user}" for user in taken["users"]), *(f"everybody ({group})" for group in taken["groups"])]
    return Plan(
        before=before,
        calls=tuple(f"ec2:ModifySnapshotAttribute on {name}: no longer shared with {who}" for who in told),
        undo=f"ec2:ModifySnapshotAttribute on {name}: shared again with {', '.join(told) or 'nobody'}",
        breaks=tuple(f"{who} can make no further volume or copy from {name}" for who in told),
        settings=taken,
    )


def read(aws: Aws, step: Step) -> State:
    """`{"users": [account, ...], "groups": ["all"] or []}`, sorted."""
    return _shares(aws, _name(step))


def apply(aws: Aws, step: Step, wait: Wait) -> Witness | None:
    """One call for all; taking back what is not shared changes nothing."""
    _modify(aws, step, "remove", step.settings)
    settled(lambda: not _standing(aws, step), wait)
    return None


def verify(aws: Aws, step: Step, wait: Wait, witness: Witness | None) -> Proof:
    """Read back: nobody's credentials but the other account's could try it."""
    holds = settled(lambda: not _standing(aws, step), wait)
    shares = _shares(aws, _name(step))
    who = ", ".join([*shares["users"], *shares["groups"]]) or "nobody"
    return Proof(holds, Method.STATE, (f"{_name(step)} is shared with {who}",))


def undo(aws: Aws, step: Step, wait: Wait) -> None:
    """Share it again with those it was taken from."""
    _modify(aws, step, "add", step.settings)
    settled(lambda: _shares(aws, _name(step)) == step.before, wait)


def _shares(aws: Aws, name: str) -> dict[str, list[str]]:
    answer = aws.call("ec2", "DescribeSnapshotAttribute", SnapshotId=name, Attribute=_ATTRIBUTE)
    permissions = answer.get("CreateVolumePermissions") or ()
    return {
        "users": sorted(str(each["UserId"]) for each in permissions if each.get("UserId")),
        "groups": sorted(str(each["Group"]) for each in permissions if each.get("Group")),
    }


def _standing(aws: Aws, step: Step) -> bool:
    shares = _shares(aws, _name(step))
    return any(set(shares[kind]) & set(step.settings[kind]) for kind in ("users", "groups"))


def _modify(aws: Aws, step: Step, operation: str, whom: Mapping[str, Sequence[str]]) -> None:
    changes: dict[str, Any] = {}
    if whom["users"]:
        changes["UserIds"] = list(whom["users"])
    if whom["groups"]:
        changes["GroupNames"] = list(whom["groups"])
    if changes:
        aws.call(
            "ec2",
            "ModifySnapshotAttribute",
            SnapshotId=_name(step),
            Attribute=_ATTRIBUTE,
            OperationType=operation,
            **changes,
        )


def _name(step: Step) -> str:
    return Arn.parse(step.resource).name
