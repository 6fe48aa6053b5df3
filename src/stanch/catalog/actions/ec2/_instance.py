"""An EC2 instance is its volumes and its network interfaces; what is done to it is done to each of them."""

from typing import Any

from stanch.contracts.action import Refused
from stanch.contracts.aws import Aws, AwsAbsent


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
    """Every network interface attached to the instance, primary first."""
    mine = [{"Name": "attachment.instance-id", "Values": [instance_id]}]
    found = aws.pages("ec2", "DescribeNetworkInterfaces", "NetworkInterfaces", Filters=mine)
    return sorted(found, key=lambda eni: (eni.get("Attachment", {}).get("DeviceIndex", 0), eni["NetworkInterfaceId"]))
