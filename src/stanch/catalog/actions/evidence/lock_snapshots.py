"""A snapshot can be locked while it is still being taken; from then on no permission but one deletes it.

Blind to: governance mode's own way out: whoever holds ec2:UnlockSnapshot opens the lock again.
"""

from typing import Any

from stanch.catalog.actions._settle import settled
from stanch.catalog.actions.evidence import _snapshots
from stanch.contracts.action import Affects, Case, Needless, Plan, Wait, Witness
from stanch.contracts.aws import Aws
from stanch.domain.arn import Arn
from stanch.domain.step import Method, Phase, Proof, State, Step, StepState

APPLIES_TO = ("instance", "snapshot")
PHASE = Phase.SEAL
AFFECTS = Affects.NOBODY
PERMISSIONS = (
    "ec2:DescribeSnapshots",
    "ec2:DescribeLockedSnapshots",
    "ec2:LockSnapshot",
    "ec2:UnlockSnapshot",
)

_HOLDING = ("governance", "compliance", "compliance-cooloff")


def plan(aws: Aws, resource: Arn, case: Case) -> Plan:
    """For an instance the snapshots may be yet to come; Needless where a snapshot is locked already."""
    days = case.response.evidence.lock_days
    what = resource.name
    if resource.kind == "snapshot":
        _snapshots.refuse_what_is_not_ours(aws, resource.name)
    else:
        what = f"each snapshot that {case.incident} took of {resource.name}"
    before = _locks(aws, _bare(resource, case))
    if resource.name in before["locked"]:
        raise Needless(f"{resource.name} is locked already ({before['locked'][resource.name]})")
    return Plan(
        before=before,
        calls=(f"ec2:LockSnapshot on {what}: governance mode, {days} days",),
        undo=f"ec2:UnlockSnapshot on {what}, unless it was locked before",
        breaks=(f"nobody deletes {what} for {days} days without unlocking it first; it costs storage until then",),
        settings={"days": days},
    )


def read(aws: Aws, step: Step) -> State:
    """`{"locked": {snapshot: mode}}` of the snapshots that this step is about."""
    return _locks(aws, step)


def apply(aws: Aws, step: Step, wait: Wait) -> Witness | None:
    """Lock whatever is not locked; a lock that somebody else set stays as it is."""
    for snapshot in _unlocked(aws, step):
        aws.call("ec2", "LockSnapshot", SnapshotId=snapshot, LockMode="governance", LockDuration=step.settings["days"])
    settled(lambda: not _unlocked(aws, step), wait)
    return None


def verify(aws: Aws, step: Step, wait: Wait, witness: Witness | None) -> Proof:
    """Read back: to try the lock would be to delete the evidence if it failed."""
    settled(lambda: not _unlocked(aws, step), wait)
    locked = _locks(aws, step)["locked"]
    meant = sorted(_snapshots.meant(aws, step))
    told = tuple(f"{snapshot}: {locked.get(snapshot, 'not locked')}" for snapshot in meant)
    return Proof(bool(meant) and set(meant) <= set(locked), Method.STATE, told or ("there is no snapshot to lock",))


def undo(aws: Aws, step: Step, wait: Wait) -> None:
    """Open the locks that were not there before; one in compliance mode stays, and says so."""
    before: Any = (step.before or {}).get("locked", {})
    for snapshot in _locks(aws, step)["locked"]:
        if snapshot not in before:
            aws.call("ec2", "UnlockSnapshot", SnapshotId=snapshot)
    settled(lambda: _locks(aws, step)["locked"] == before, wait)


def _locks(aws: Aws, step: Step) -> dict[str, dict[str, str]]:
    meant = sorted(_snapshots.meant(aws, step))
    if not meant:
        return {"locked": {}}
    found = aws.pages("ec2", "DescribeLockedSnapshots", "Snapshots", SnapshotIds=meant)
    states = {str(one["SnapshotId"]): str(one.get("LockState")) for one in found}
    return {"locked": {name: state for name, state in sorted(states.items()) if state in _HOLDING}}


def _unlocked(aws: Aws, step: Step) -> list[str]:
    locked = _locks(aws, step)["locked"]
    return [snapshot for snapshot in sorted(_snapshots.meant(aws, step)) if snapshot not in locked]


def _bare(resource: Arn, case: Case) -> Step:
    return Step(case.incident, "", str(resource), None, StepState.PLANNED, "")
