"""A shared EBS snapshot can be copied by the other account at any moment, and the copy is then theirs.

Blind to: copies that were made before the share is taken back.
"""

from typing import Any

from stanch.catalog.actions._settle import settled
from stanch.catalog.actions._sharing import Shares, common, less, named, strangers
from stanch.catalog.actions._strangers import Ours
from stanch.contracts.action import Affects, Case, Needless, Plan, Refused, Wait, Witness
from stanch.contracts.aws import Aws
from stanch.domain.arn import Arn
from stanch.domain.step import Method, Phase, Proof, State, Step

APPLIES_TO = ("snapshot",)
PHASE = Phase.DATA
AFFECTS = Affects.STRANGERS
PERMISSIONS = ("ec2:DescribeSnapshots", "ec2:DescribeSnapshotAttribute", "ec2:ModifySnapshotAttribute")

_ATTRIBUTE = "createVolumePermission"


def plan(aws: Aws, resource: Arn, case: Case) -> Plan:
    """Take the snapshot back from the public and from each account outside the perimeter."""
    name = resource.name
    key = _described(aws, name).get("KmsKeyId")
    before = _shares(aws, name)
    ours = Ours.of(case.perimeter, aws.account)
    taken = strangers(before, ours)
    told = named(taken)
    if not told:
        raise Needless(f"{name} is shared with nobody outside {', '.join(ours.accounts)}")
    return Plan(
        before=before,
        calls=(
            *(f"ec2:ModifySnapshotAttribute on {name}: no longer shared with {who}" for who in told),
            *((f"(not its key {key}: kms/close_key and kms/revoke_grants see who may use that)",) if key else ()),
        ),
        undo=f"ec2:ModifySnapshotAttribute on {name}: shared again with {', '.join(told)}",
        breaks=tuple(
            f"{who} can make no further volume or copy from {name}; volumes and copies made meanwhile are gone"
            for who in told
        ),
        settings={"taken": taken, "ours": ours.to_json()},
    )


def read(aws: Aws, step: Step) -> State:
    """`{"users": [account, ...], "groups": ["all"] or []}`, sorted."""
    return _shares(aws, _name(step))


def apply(aws: Aws, step: Step, wait: Wait) -> Witness | None:
    """One call for all; whom somebody has let in since the plan is not touched, and the proof says so."""
    _modify(aws, step, "remove", _standing(aws, step))
    settled(lambda: not any(_standing(aws, step).values()), wait)
    return None


def verify(aws: Aws, step: Step, wait: Wait, witness: Witness | None) -> Proof:
    """Read back: nobody's credentials but the other account's could try it."""
    ours = Ours.read(step.settings["ours"])
    holds = settled(lambda: not any(strangers(_shares(aws, _name(step)), ours).values()), wait)
    who = ", ".join(named(_shares(aws, _name(step)))) or "nobody"
    return Proof(holds, Method.STATE, (f"{_name(step)} is shared with {who}",))


def undo(aws: Aws, step: Step, wait: Wait) -> None:
    """Share it again with those it was taken from."""
    _modify(aws, step, "add", less(step.before or {}, _shares(aws, _name(step))))
    settled(lambda: _shares(aws, _name(step)) == step.before, wait)


def _described(aws: Aws, name: str) -> dict[str, Any]:
    """The snapshot; its ARN has no account, and only its owner may say with whom it is shared."""
    found: dict[str, Any] = aws.call("ec2", "DescribeSnapshots", SnapshotIds=[name])["Snapshots"][0]
    if found["OwnerId"] != aws.account:
        raise Refused(f"{name} belongs to account {found['OwnerId']}: only its owner can take it back, act there")
    return found


def _shares(aws: Aws, name: str) -> dict[str, list[str]]:
    answer = aws.call("ec2", "DescribeSnapshotAttribute", SnapshotId=name, Attribute=_ATTRIBUTE)
    permissions = answer.get("CreateVolumePermissions") or ()
    return {
        "users": sorted(str(each["UserId"]) for each in permissions if each.get("UserId")),
        "groups": sorted(str(each["Group"]) for each in permissions if each.get("Group")),
    }


def _standing(aws: Aws, step: Step) -> dict[str, list[str]]:
    return common(step.settings["taken"], _shares(aws, _name(step)))


def _modify(aws: Aws, step: Step, operation: str, whom: Shares) -> None:
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
