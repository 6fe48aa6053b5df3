"""A host that is switched off sends nothing, through whatever gateway; what it had in memory is gone for good.

The harshest way to cut a connection, for where no rule reaches it. Blind to: what was copied off the host before.
"""

from collections.abc import Mapping
from typing import Any

from stanch.catalog.actions._names import name_of
from stanch.catalog.actions._responder import refuse_own_place
from stanch.catalog.actions._settle import settled
from stanch.catalog.actions.ec2 import _instance, _membership
from stanch.contracts.action import Affects, Case, Needless, Plan, Refused, Wait, Witness
from stanch.contracts.aws import Aws, AwsError
from stanch.domain.arn import Arn
from stanch.domain.step import Method, Phase, Proof, State, Step

APPLIES_TO = ("instance",)
PHASE = Phase.NETWORK
AFFECTS = Affects.USERS
PERMISSIONS = (
    "autoscaling:DescribeAutoScalingInstances",
    "autoscaling:EnterStandby",
    "autoscaling:ExitStandby",
    "ec2:DescribeInstances",
    "ec2:DescribeInstanceTypes",
    "ec2:DescribeInstanceAttribute",
    "ec2:ModifyInstanceAttribute",
    "ec2:StopInstances",
    "ec2:StartInstances",
)

PAUSES = (5.0,) * 36
"""Seconds between looks at a host that goes down or comes up: three minutes together."""

_ARRIVED = {"stopping": "stopped", "pending": "running"}
_NO_WAY_BACK = "cannot be stopped, only terminated: isolate it (ec2/isolate_instance) and block its path"


def plan(aws: Aws, resource: Arn, case: Case) -> Plan:
    """Refuses a host that EC2 cannot start again, and the one stanch acts from; raises Needless for a stopped one."""
    name = resource.name
    instance = _instance.described(aws, name)
    refuse_own_place(resource, case.responder, aws.caller)
    if instance.get("RootDeviceType") == "instance-store":
        raise Refused(f"{name} boots from instance store and {_NO_WAY_BACK}")
    if instance.get("InstanceLifecycle") == "spot":
        raise Refused(f"{name} is a Spot instance, which {_NO_WAY_BACK}")
    before = _picture(aws, name, instance)
    if before["power"] != "running":
        raise Needless(f"{name} is {before['power']} already")
    standby = [group for group, lifecycle in before["auto_scaling"].items() if lifecycle == "InService"]
    return Plan(
        before=before,
        calls=(
            *(f"autoscaling:EnterStandby {name} in {group}, to be replaced" for group in standby),
            f"ec2:StopInstances {name}, without hibernation and without asking its operating system",
        ),
        undo=f"ec2:StartInstances {name}, and back into service where it was",
        breaks=tuple(_breaks(aws, name, instance, standby)),
        settings={"stop_protection": _protected(aws, name)},
    )


def read(aws: Aws, step: Step) -> State:
    """`{"power": "running" | "stopped", "auto_scaling": {group: lifecycle}}`; what is on its way counts as arrived."""
    name = name_of(step)
    return _picture(aws, name, _instance.described(aws, name))


def apply(aws: Aws, step: Step, wait: Wait) -> Witness | None:
    """Out of its group first, which would end a host that it finds stopped; then off."""
    name = name_of(step)
    now = read(aws, step)
    _membership.enter_standby(aws, name, now["auto_scaling"])
    if now["power"] == "running":
        _switch_off(aws, name)
    if step.settings["stop_protection"] and not _protected(aws, name):  # a run that died had lifted it
        _protect(aws, name, protected=True)
    _reached(aws, name, "stopped", wait)
    return None


def verify(aws: Aws, step: Step, wait: Wait, witness: Witness | None) -> Proof:
    """EC2 says `stopped`: until then the host may still send."""
    name = name_of(step)
    state = _reached(aws, name, "stopped", wait)
    serving = [group for group, lifecycle in read(aws, step)["auto_scaling"].items() if lifecycle != "Standby"]
    told = (f"{name} is {state}", *(f"and the Auto Scaling group {group} will end it" for group in serving))
    return Proof(state == "stopped" and not serving, Method.STATE, told)


def undo(aws: Aws, step: Step, wait: Wait) -> None:
    """Up first, then back into its group, which would end a host that does not answer."""
    name, before = name_of(step), step.before or {}
    if _state(_instance.described(aws, name)) in {"stopping", "stopped"}:
        _reached(aws, name, "stopped", wait)  # EC2 starts nothing that is still stopping
        aws.call("ec2", "StartInstances", InstanceIds=[name])
    _reached(aws, name, "running", wait)
    _membership.exit_standby(aws, name, before["auto_scaling"], read(aws, step)["auto_scaling"])
    settled(lambda: read(aws, step) == before, wait)


def _picture(aws: Aws, name: str, instance: Mapping[str, Any]) -> dict[str, Any]:
    state = _state(instance)
    return {"power": _ARRIVED.get(state, state), "auto_scaling": _membership.auto_scaling(aws, name)}


def _state(instance: Mapping[str, Any]) -> str:
    return str(instance.get("State", {}).get("Name"))


def _switch_off(aws: Aws, name: str) -> None:
    """Stop it at once, lifting a stop protection for as long as that takes.

    The operating system is not asked: what an intruder has left to run at shutdown must not run.
    """
    protected = _protected(aws, name)
    try:
        if protected:
            _protect(aws, name, protected=False)
        aws.call("ec2", "StopInstances", InstanceIds=[name], Hibernate=False, SkipOsShutdown=True)
    finally:
        if protected:
            _protect(aws, name, protected=True)


def _protected(aws: Aws, name: str) -> bool:
    held = aws.call("ec2", "DescribeInstanceAttribute", InstanceId=name, Attribute="disableApiStop")
    return bool(held.get("DisableApiStop", {}).get("Value"))


def _protect(aws: Aws, name: str, *, protected: bool) -> None:
    aws.call("ec2", "ModifyInstanceAttribute", InstanceId=name, DisableApiStop={"Value": protected})


def _reached(aws: Aws, name: str, wanted: str, wait: Wait) -> str:
    """Wait until EC2 says this state; the state it was in last."""
    settled(lambda: _state(_instance.described(aws, name)) == wanted, wait, PAUSES)
    return _state(_instance.described(aws, name))


def _breaks(aws: Aws, name: str, instance: Mapping[str, Any], standby: list[str]) -> list[str]:
    kind = str(instance.get("InstanceType"))
    lost = _instance_store(aws, kind)
    return [
        f"{name} is off: inference on it stops, and everybody who uses it waits",
        "what is in its memory is lost for good: capture it first if it matters (evidence of processes, keys, weights)",
        *([lost] if lost else []),
        *(f"{group} loses {name}; Auto Scaling starts another" for group in standby),
        f"undo needs free capacity for {kind}, which EC2 promises to nobody",
        "an automatic public address is lost for good: undo brings another; elastic and private ones stay",
    ]


def _instance_store(aws: Aws, kind: str) -> str | None:
    """What a stop erases of the disks, in words; None for a type that has none."""
    try:
        found = aws.call("ec2", "DescribeInstanceTypes", InstanceTypes=[kind]).get("InstanceTypes") or [{}]
    except AwsError as error:
        return f"whether {kind} has an instance store, which a stop erases, could not be seen: {error.code}"
    size = found[0].get("InstanceStorageInfo", {}).get("TotalSizeInGB")
    return f"the {size} GB instance store of {kind} is erased for good, and no snapshot holds it" if size else None
