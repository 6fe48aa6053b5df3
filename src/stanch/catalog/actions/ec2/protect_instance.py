"""Whoever may terminate a host can destroy its disks with it; four flags of EC2 stand in the way, all off at first.

Blind to: Auto Scaling and Spot interruptions, which no protection holds back.
"""

from typing import Any

from stanch.catalog.actions._names import name_of
from stanch.catalog.actions._settle import settled
from stanch.catalog.actions.ec2 import _instance
from stanch.contracts.action import Affects, Case, Needless, Plan, Wait, Witness
from stanch.contracts.aws import Aws
from stanch.domain.arn import Arn
from stanch.domain.step import Method, Phase, Proof, State, Step

APPLIES_TO = ("instance",)
PHASE = Phase.FREEZE
AFFECTS = Affects.NOBODY
PERMISSIONS = (
    "ec2:DescribeInstances",
    "ec2:DescribeInstanceAttribute",
    "ec2:ModifyInstanceAttribute",
)

_SAFE = {"termination_protection": True, "stop_protection": True, "on_shutdown": "stop"}
_ATTRIBUTES = {
    "termination_protection": "disableApiTermination",
    "stop_protection": "disableApiStop",
    "on_shutdown": "instanceInitiatedShutdownBehavior",
}


def plan(aws: Aws, resource: Arn, case: Case) -> Plan:
    """Raises Needless where every flag that this kind of instance has is set already."""
    name = resource.name
    instance = _instance.described(aws, name)
    before = _flags(aws, name, instance)
    wanted = _wanted(before)
    if not wanted:
        raise Needless(f"{name} and its volumes are protected already")
    spot = before["termination_protection"] is None
    return Plan(
        before=before,
        calls=tuple(f"ec2:ModifyInstanceAttribute on {name}: {change}" for change in wanted),
        undo=f"ec2:ModifyInstanceAttribute on {name}: each flag as it was",
        breaks=(
            f"nobody terminates or stops {name} by API until undone, and its volumes outlive it",
            *((f"{name} is a Spot instance: only its volumes can be kept from going with it",) if spot else ()),
            *(_standing_in_its_way(instance)),
        ),
    )


def read(aws: Aws, step: Step) -> State:
    """The flags; None where EC2 has no such flag for this kind of instance.

    `{"termination_protection": bool | None, "stop_protection": bool | None, "on_shutdown": "stop" | "terminate" | None,
    "delete_on_termination": {device: bool}}`
    """
    name = name_of(step)
    return _flags(aws, name, _instance.described(aws, name))


def apply(aws: Aws, step: Step, wait: Wait) -> Witness | None:
    """The volumes first: they are what a termination destroys."""
    name = name_of(step)
    now = read(aws, step)
    _set(aws, name, now, {**now, **_safe(now), "delete_on_termination": dict.fromkeys(_devices(now), False)})
    settled(lambda: not _wanted(read(aws, step)), wait)
    return None


def verify(aws: Aws, step: Step, wait: Wait, witness: Witness | None) -> Proof:
    """Read back; a volume attached since counts too."""
    now = read(aws, step)
    if _wanted(now):
        settled(lambda: not _wanted(read(aws, step)), wait)
        now = read(aws, step)
    open_still = _wanted(now)
    if open_still:
        return Proof(False, Method.STATE, tuple(f"not yet: {change}" for change in open_still))
    told = [f"{flag.replace('_', ' ')}: {_word(now[flag])}" for flag in _SAFE]
    return Proof(True, Method.STATE, (*told, f"kept when it ends: {', '.join(_devices(now)) or 'no volume'}"))


def undo(aws: Aws, step: Step, wait: Wait) -> None:
    """Set each flag as it was; a volume that is gone has none."""
    before = step.before or {}
    _set(aws, name_of(step), read(aws, step), before)
    settled(lambda: read(aws, step) == before, wait)


def _flags(aws: Aws, name: str, instance: dict[str, Any]) -> dict[str, Any]:
    mappings = [m for m in instance.get("BlockDeviceMappings") or () if "Ebs" in m]
    return {
        **{flag: _flag(aws, name, instance, attribute) for flag, attribute in _ATTRIBUTES.items()},
        "delete_on_termination": {str(m["DeviceName"]): bool(m["Ebs"].get("DeleteOnTermination")) for m in mappings},
    }


def _flag(aws: Aws, name: str, instance: dict[str, Any], attribute: str) -> Any:
    # EC2 lets nobody protect a Spot instance; one that boots from instance store can be terminated, never stopped.
    if instance.get("InstanceLifecycle") == "spot":
        return None
    if instance.get("RootDeviceType") == "instance-store" and attribute != "disableApiTermination":
        return None
    answer = aws.call("ec2", "DescribeInstanceAttribute", InstanceId=name, Attribute=attribute)
    value = answer.get(_capitalised(attribute), {}).get("Value")
    return str(value) if attribute == _ATTRIBUTES["on_shutdown"] else bool(value)


def _safe(now: State) -> dict[str, Any]:
    return {flag: safe for flag, safe in _SAFE.items() if now[flag] is not None}


def _devices(state: State) -> list[str]:
    return sorted(state["delete_on_termination"])


def _wanted(now: State) -> list[str]:
    """What is still to be set, in words."""
    gone = [device for device in _devices(now) if now["delete_on_termination"][device]]
    flags = [f"{f.replace('_', ' ')}: {_word(safe)}" for f, safe in _safe(now).items() if now[f] != safe]
    return [*(f"DeleteOnTermination off for {device}" for device in gone), *flags]


def _word(value: Any) -> str:
    if value is None:
        return "there is none for this kind of instance"
    return {True: "on", False: "off"}.get(value, str(value))


def _set(aws: Aws, name: str, now: State, wanted: State) -> None:
    for device, deleted in wanted["delete_on_termination"].items():
        if now["delete_on_termination"].get(device, deleted) != deleted:
            change = [{"DeviceName": device, "Ebs": {"DeleteOnTermination": deleted}}]
            aws.call("ec2", "ModifyInstanceAttribute", InstanceId=name, BlockDeviceMappings=change)
    for flag, attribute in _ATTRIBUTES.items():  # the API takes one attribute a call
        if now[flag] is not None and wanted[flag] is not None and now[flag] != wanted[flag]:
            attributes: dict[str, Any] = {_capitalised(attribute): {"Value": wanted[flag]}}
            aws.call("ec2", "ModifyInstanceAttribute", InstanceId=name, **attributes)


def _capitalised(attribute: str) -> str:
    """The attribute's name as a member of requests and answers."""
    return attribute[0].upper() + attribute[1:]


def _standing_in_its_way(instance: dict[str, Any]) -> list[str]:
    tags = {tag["Key"]: tag["Value"] for tag in instance.get("Tags") or ()}
    group = tags.get("aws:autoscaling:groupName")
    return [f"NOT held back: the Auto Scaling group {group} (ec2/isolate_instance takes it out)"] if group else []
