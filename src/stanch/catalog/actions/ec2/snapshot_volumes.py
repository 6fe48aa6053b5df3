"""CreateSnapshots takes all volumes of an instance at one moment; one call a volume gives a picture that never was.

Blind to: memory, and instance-store disks, which no snapshot reaches.
"""

from typing import Any

from stanch.catalog.actions._names import name_of
from stanch.catalog.actions._settle import settled
from stanch.catalog.actions.ec2 import _instance
from stanch.contracts.action import Affects, Case, Plan, Refused, Wait, Witness
from stanch.contracts.aws import Aws
from stanch.domain.arn import Arn
from stanch.domain.step import Method, Phase, Proof, State, Step

APPLIES_TO = ("instance",)
PHASE = Phase.EVIDENCE
AFFECTS = Affects.NOBODY
PERMISSIONS = (
    "ec2:DescribeInstances",
    "ec2:DescribeSnapshots",
    "ec2:CreateSnapshots",
    "ec2:CreateSnapshot",
    "ec2:CreateTags",
)

_GOOD = ("pending", "completed")


def plan(aws: Aws, resource: Arn, case: Case) -> Plan:
    """Refuses an instance without EBS volumes."""
    name = resource.name
    instance = _instance.described(aws, name)
    attached = _instance.volumes(instance)
    if not attached:
        raise Refused(f"{name} has no EBS volume to snapshot: copy its instance store and memory by hand")
    number = "1 volume" if len(attached) == 1 else f"{len(attached)} volumes"
    taken = f"{number} ({', '.join(sorted(attached.values()))}), tagged stanch:incident={case.incident}"
    return Plan(
        before={},
        calls=(f"ec2:CreateSnapshots of {name}: {taken}",),
        undo="nothing to put back: the snapshots are evidence and are kept",
        breaks=("the snapshots cost storage until somebody deletes them",),
        settings={"volumes": sorted(attached.values())},
    )


def read(aws: Aws, step: Step) -> State:
    """`{}`: nothing of the instance is changed, and the snapshots stay."""
    return {}


def apply(aws: Aws, step: Step, wait: Wait) -> Witness | None:
    """All that are attached in one call; one taken off since the plan, or where some are done already, by itself."""
    attached = set(_instance.volumes(_instance.described(aws, name_of(step))).values())
    taken = _taken(aws, step)
    missing = {volume for volume in _wanted(step, attached) if volume not in taken}
    if attached and attached <= missing:
        _snapshot_all(aws, step)
        missing -= attached
    for volume in sorted(missing):
        _snapshot_one(aws, step, volume)
    return None


def verify(aws: Aws, step: Step, wait: Wait, witness: Witness | None) -> Proof:
    """Each volume has a snapshot of this incident that is pending or completed."""
    instance = _instance.described(aws, name_of(step))
    wanted = _wanted(step, set(_instance.volumes(instance).values()))
    holds = settled(lambda: set(wanted) <= set(_taken(aws, step)), wait)
    taken = _taken(aws, step)
    told = [f"{v}: {taken[v]['SnapshotId']} {taken[v]['State']}" if v in taken else f"{v}: none" for v in wanted]
    return Proof(holds, Method.STATE, tuple(told))


def undo(aws: Aws, step: Step, wait: Wait) -> None:
    """Nothing: evidence is never deleted."""


def _wanted(step: Step, attached: set[str]) -> list[str]:
    """What was attached when it was planned, and what is now: a volume taken off in between is evidence too."""
    return sorted({*step.settings["volumes"], *attached})


def _taken(aws: Aws, step: Step) -> dict[str, dict[str, Any]]:
    """The usable snapshots of this incident by volume."""
    ours = {"stanch:incident": step.incident, "stanch:instance": name_of(step)}
    filters = [{"Name": f"tag:{key}", "Values": [value]} for key, value in ours.items()]
    found = aws.pages("ec2", "DescribeSnapshots", "Snapshots", OwnerIds=["self"], Filters=filters)
    return {str(snapshot["VolumeId"]): snapshot for snapshot in found if snapshot.get("State") in _GOOD}


def _snapshot_all(aws: Aws, step: Step) -> None:
    aws.call(
        "ec2",
        "CreateSnapshots",
        InstanceSpecification={"InstanceId": name_of(step), "ExcludeBootVolume": False},
        Description=_description(step),
        TagSpecifications=_tags(step),
    )


def _snapshot_one(aws: Aws, step: Step, volume: str) -> None:
    aws.call("ec2", "CreateSnapshot", VolumeId=volume, Description=_description(step), TagSpecifications=_tags(step))


def _tags(step: Step) -> list[dict[str, Any]]:
    tags = {"stanch:incident": step.incident, "stanch:action": step.action, "stanch:instance": name_of(step)}
    return [{"ResourceType": "snapshot", "Tags": [{"Key": key, "Value": value} for key, value in tags.items()]}]


def _description(step: Step) -> str:
    return f"evidence of {step.incident} from {name_of(step)}"
