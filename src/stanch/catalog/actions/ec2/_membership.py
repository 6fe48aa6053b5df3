"""A group that loses a host replaces it and kills it; take the host out of service first, and the evidence lives.

Auto Scaling standby keeps the instance and lets the group start another; load balancers are left by deregistering.
"""

from collections.abc import Collection, Mapping
from typing import Any

from stanch.contracts.aws import Aws

_OUT = ("draining", "unused")


def membership(aws: Aws, instance_id: str, vpcs: Collection[str], addresses: frozenset[str]) -> dict[str, Any]:
    """Where the host is in service: Auto Scaling group and state there, target groups with ports, classic balancers.

    `{"auto_scaling": {group: lifecycle}, "targets": {target group ARN: ["id:port"]}, "balancers": {name: True}}`
    """
    return {
        "auto_scaling": auto_scaling(aws, instance_id),
        "targets": _targets(aws, instance_id, vpcs, addresses),
        "balancers": dict.fromkeys(_balancers(aws, instance_id), True),
    }


def leave(aws: Aws, instance_id: str, now: Mapping[str, Any]) -> None:
    """Take the host out of service everywhere."""
    enter_standby(aws, instance_id, now["auto_scaling"])
    for group, targets in now["targets"].items():
        aws.call("elbv2", "DeregisterTargets", TargetGroupArn=group, Targets=[_target(text) for text in targets])
    for name in now["balancers"]:
        instances = [{"InstanceId": instance_id}]
        aws.call("elb", "DeregisterInstancesFromLoadBalancer", LoadBalancerName=name, Instances=instances)


def come_back(aws: Aws, instance_id: str, before: Mapping[str, Any], now: Mapping[str, Any]) -> None:
    """Put the host back into service where it was."""
    exit_standby(aws, instance_id, before["auto_scaling"], now["auto_scaling"])
    for group, targets in before["targets"].items():
        missing = [_target(text) for text in targets if text not in now["targets"].get(group, ())]
        if missing:
            aws.call("elbv2", "RegisterTargets", TargetGroupArn=group, Targets=missing)
    for name in before["balancers"]:
        if name not in now["balancers"]:
            instances = [{"InstanceId": instance_id}]
            aws.call("elb", "RegisterInstancesWithLoadBalancer", LoadBalancerName=name, Instances=instances)


def auto_scaling(aws: Aws, instance_id: str) -> dict[str, str]:
    """The lifecycle state of the host by Auto Scaling group; at most one group has it."""
    found = aws.pages("autoscaling", "DescribeAutoScalingInstances", "AutoScalingInstances", InstanceIds=[instance_id])
    # Entering and leaving take a while: what is on its way counts as arrived, or undo would see a difference.
    arrived = {"EnteringStandby": "Standby", "Pending": "InService"}
    return {
        str(entry["AutoScalingGroupName"]): arrived.get(entry["LifecycleState"], str(entry["LifecycleState"]))
        for entry in found
    }


def enter_standby(aws: Aws, instance_id: str, groups: Mapping[str, str]) -> None:
    """Let each group that has the host in service start another in its place, and leave this one alone."""
    for group, lifecycle in groups.items():
        if lifecycle == "InService":
            aws.call(
                "autoscaling",
                "EnterStandby",
                AutoScalingGroupName=group,
                InstanceIds=[instance_id],
                ShouldDecrementDesiredCapacity=False,
            )


def exit_standby(aws: Aws, instance_id: str, before: Mapping[str, str], now: Mapping[str, str]) -> None:
    """Back into service in each group where the host was."""
    for group, lifecycle in before.items():
        if lifecycle == "InService" and now.get(group) == "Standby":
            aws.call("autoscaling", "ExitStandby", AutoScalingGroupName=group, InstanceIds=[instance_id])


def in_service(now: Mapping[str, Any]) -> list[str]:
    """In words, where the host still serves."""
    groups = [f"Auto Scaling group {g}: {state}" for g, state in now["auto_scaling"].items() if state != "Standby"]
    return [*groups, *(f"target group {arn}" for arn in now["targets"]), *(f"balancer {n}" for n in now["balancers"])]


def _targets(aws: Aws, instance_id: str, vpcs: Collection[str], addresses: frozenset[str]) -> dict[str, list[str]]:
    mine = {instance_id, *addresses}
    registered: dict[str, list[str]] = {}
    for group in aws.pages("elbv2", "DescribeTargetGroups", "TargetGroups"):
        if group.get("VpcId") not in vpcs or group.get("TargetType", "instance") not in {"instance", "ip"}:
            continue
        arn = str(group["TargetGroupArn"])
        health = aws.call("elbv2", "DescribeTargetHealth", TargetGroupArn=arn).get("TargetHealthDescriptions") or ()
        here = sorted(_text(entry["Target"]) for entry in health if entry["Target"]["Id"] in mine and _serves(entry))
        if here:
            registered[arn] = here
    return registered


def _serves(entry: Mapping[str, Any]) -> bool:
    state = entry.get("TargetHealth", {})
    # "unused" with NotInUse is a registered target whose group no balancer uses yet.
    return state.get("State") not in _OUT or state.get("Reason") == "Target.NotInUse"


def _balancers(aws: Aws, instance_id: str) -> list[str]:
    found = aws.pages("elb", "DescribeLoadBalancers", "LoadBalancerDescriptions")
    return sorted(
        str(balancer["LoadBalancerName"])
        for balancer in found
        if any(instance["InstanceId"] == instance_id for instance in balancer.get("Instances") or ())
    )


def _text(target: Mapping[str, Any]) -> str:
    return f"{target['Id']}:{target.get('Port', '')}"


def _target(text: str) -> dict[str, Any]:
    name, _, port = text.rpartition(":")
    return {"Id": name, "Port": int(port)} if port else {"Id": name}
