"""An EC2 instance is its volumes and its network interfaces; what is done to it is done to each of them."""

from collections.abc import Mapping
from typing import Any

from stanch.contracts.action import Refused
from stanch.contracts.aws import Aws, AwsAbsent

_TRUNK_TAG = "vpcresources.k8s.aws/trunk-eni-id"


def described(aws: Aws, instance_id: str) -> dict[str, Any]:
    """One instance as DescribeInstances shows it; raises AwsAbsent where there is none, Refused once terminated."""
    reservations = aws.pages("ec2", "DescribeInstances", "Reservations", InstanceIds=[instance_id])
    instances = [instance for reservation in reservations for instance in reservation.get("Instances") or ()]
    if not instances:
        raise AwsAbsent("ec2:DescribeInstances", "InvalidInstanceID.NotFound", f"{instance_id} does not exist")
    instance: dict[str, Any] = instances[0]
    if instance.get("State", {}).get("Name") in {"terminated", "shutting-down"}:
        raise Refused(f"{instance_id} is terminated: look for its volumes and snapshots instead")
    return instance


def volumes(instance: dict[str, Any]) -> dict[str, str]:
    """Volume ids by device name."""
    mappings = instance.get("BlockDeviceMappings") or ()
    return {str(m["DeviceName"]): str(m["Ebs"]["VolumeId"]) for m in mappings if "Ebs" in m}


def interfaces(aws: Aws, instance_id: str) -> list[dict[str, Any]]:
    """Every network interface of the instance, primary first; last those of pods behind a trunk interface."""
    mine = [{"Name": "attachment.instance-id", "Values": [instance_id]}]
    found = aws.pages("ec2", "DescribeNetworkInterfaces", "NetworkInterfaces", Filters=mine)
    attached = sorted(found, key=lambda e: (e.get("Attachment", {}).get("DeviceIndex", 0), e["NetworkInterfaceId"]))
    return [*attached, *_branches(aws, attached)]


def is_foreign(eni: Mapping[str, Any]) -> bool:
    """Whether another service owns the interface, so that nobody else can change its groups."""
    return bool(eni.get("RequesterManaged"))


def _branches(aws: Aws, attached: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The interfaces of pods with security groups of their own; EKS tags each with the trunk that carries it."""
    trunks = [str(eni["NetworkInterfaceId"]) for eni in attached if eni.get("InterfaceType") == "trunk"]
    if not trunks:
        return []
    carried = [{"Name": f"tag:{_TRUNK_TAG}", "Values": trunks}]
    found = aws.pages("ec2", "DescribeNetworkInterfaces", "NetworkInterfaces", Filters=carried)
    return sorted(found, key=lambda eni: str(eni["NetworkInterfaceId"]))
