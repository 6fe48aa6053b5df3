"""CreateSnapshots takes all volumes of an instance at one moment; one call a volume gives a picture that never was.

Blind to: memory, and instance-store disks, which no snapshot reaches.
"""

from typing import Any

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
    "ec2:DescribeInstanceAttribute",
    "ec2:ModifyInstanceAttribute",
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
    before = _flags(aws, name, instance)
    protect = before["termination_protection"] is False
    kept = [device for device, gone in before["delete_on_termination"].items() if gone]
    number = "1 volume" if len(attached) == 1 else f"{len(attached)} volumes"
    taken = f"{number} ({', '.join(sorted(attached.values()))}), tagged stanch:incident={case.incident}"
    return Plan(
        before=before,
        calls=(
            *((f"ec2:ModifyInstanceAttribute on {name}: termination protection on",) if protect else ()),
            *(f"ec2:ModifyInstanceAttribute on {name}: DeleteOnTermination off for {device}" for device in kept),
            f"ec2:CreateSnapshots of {name}: {taken}",
        ),
        undo=f"ec2:ModifyInstanceAttribute on {name}: the flags as they were; the snapshots are evidence and are kept",
        breaks=(
            f"nobody terminates {name} by API until undone, and its volumes outlive it",
            "the snapshots cost storage until somebody deletes them",
        ),
        settings={"volumes": sorted(attached.values())},
    )


def read(aws: Aws, step: Step) -> State:
    """`{"termination_protection": bool | None, "delete_on_termination": {device: bool}}`; the snapshots stay."""
    name = _name(step)
    return _flags(aws, name, _instance.described(aws, name))


def apply(aws: Aws, step: Step, wait: Wait) -> Witness | None:
    """The flags first, or the evidence may be deleted while it is copied; then what has no snapshot yet."""
    name = _name(step)
    instance = _instance.described(aws, name)
    now = _flags(aws, name, instance)
    if now["termination_protection"] is False:
        _protect(aws, name, True)
    for device, gone in now["delete_on_termination"].items():
        if gone:
            _delete_with_instance(aws, name, device, False)
    attached = set(_instance.volumes(instance).values())
    missing = [volume for volume in _wanted(step, attached) if volume not in _taken(aws, step)]
    if set(missing) == attached:
        _snapshot_all(aws, step)
    else:
        for volume in missing:
            _snapshot_one(aws, step, volume)
    return None


def verify(aws: Aws, step: Step, wait: Wait, witness: Witness | None) -> Proof:
    """Each volume has a snapshot of this incident that is pending or completed."""
    instance = _instance.described(aws, _name(step))
    wanted = _wanted(step, set(_instance.volumes(instance).values()))
    holds = settled(lambda: set(wanted) <= set(_taken(aws, step)), wait)
    taken = _taken(aws, step)
    told = [f"{v}: {taken[v]['SnapshotId']} {taken[v]['State']}" if v in taken else f"{v}: none" for v in wanted]
    flags = _flags(aws, _name(step), instance)
    kept = flags["termination_protection"] is not False and not any(flags["delete_on_termination"].values())
    told.append("the volumes outlive the instance" if kept else "the volumes are deleted with the instance")
    return Proof(holds and kept, Method.STATE, tuple(told))


def undo(aws: Aws, step: Step, wait: Wait) -> None:
    """Set the flags back; the snapshots stay."""
    name, before = _name(step), step.before or {}
    now = _flags(aws, name, _instance.described(aws, name))
    if now["termination_protection"] != before["termination_protection"]:
        _protect(aws, name, bool(before["termination_protection"]))
    for device, gone in before["delete_on_termination"].items():
        if now["delete_on_termination"].get(device, gone) != gone:
            _delete_with_instance(aws, name, device, gone)
    settled(lambda: _flags(aws, name, _instance.described(aws, name)) == before, wait)


def _flags(aws: Aws, name: str, instance: dict[str, Any]) -> dict[str, Any]:
    mappings = [m for m in instance.get("BlockDeviceMappings") or () if "Ebs" in m]
    return {
        "termination_protection": _protected(aws, name, instance),
        "delete_on_termination": {str(m["DeviceName"]): bool(m["Ebs"].get("DeleteOnTermination")) for m in mappings},
    }


def _protected(aws: Aws, name: str, instance: dict[str, Any]) -> bool | None:
    """None for a Spot instance, which EC2 does not let anyone protect."""
    if instance.get("InstanceLifecycle") == "spot":
        return None
    answer = aws.call("ec2", "DescribeInstanceAttribute", InstanceId=name, Attribute="disableApiTermination")
    return bool(answer["DisableApiTermination"].get("Value"))


def _protect(aws: Aws, name: str, on: bool) -> None:
    aws.call("ec2", "ModifyInstanceAttribute", InstanceId=name, DisableApiTermination={"Value": on})


def _delete_with_instance(aws: Aws, name: str, device: str, on: bool) -> None:
    change = [{"DeviceName": device, "Ebs": {"DeleteOnTermination": on}}]
    aws.call("ec2", "ModifyInstanceAttribute", InstanceId=name, BlockDeviceMappings=change)


def _wanted(step: Step, attached: set[str]) -> list[str]:
    """What was attached when it was planned, and what is now: a volume taken off in between is evidence too."""
    return sorted({*step.settings["volumes"], *attached})


def _taken(aws: Aws, step: Step) -> dict[str, dict[str, Any]]:
    """The usable snapshots of this incident by volume."""
    ours = [{"Name": "tag:stanch:incident", "Values": [step.incident]}]
    found = aws.pages("ec2", "DescribeSnapshots", "Snapshots", OwnerIds=["self"], Filters=ours)
    return {str(snapshot["VolumeId"]): snapshot for snapshot in found if snapshot.get("State") in _GOOD}


def _snapshot_all(aws: Aws, step: Step) -> None:
    aws.call(
        "ec2",
        "CreateSnapshots",
        InstanceSpecification={"InstanceId": _name(step), "ExcludeBootVolume": False},
        Description=_description(step),
        TagSpecifications=_tags(step),
    )


def _snapshot_one(aws: Aws, step: Step, volume: str) -> None:
    aws.call("ec2", "CreateSnapshot", VolumeId=volume, Description=_description(step), TagSpecifications=_tags(step))


def _tags(step: Step) -> list[dict[str, Any]]:
    tags = {"stanch:incident": step.incident, "stanch:action": step.action, "stanch:instance": _name(step)}
    return [{"ResourceType": "snapshot", "Tags": [{"Key": key, "Value": value} for key, value in tags.items()]}]


def _description(step: Step) -> str:
    return f"evidence of {step.incident} from {_name(step)}"


def _name(step: Step) -> str:
    return Arn.parse(step.resource).name
