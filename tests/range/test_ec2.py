"""Hosts, interfaces, addresses and snapshots."""

from collections.abc import Iterator
from typing import Any

import pytest
from tests.range.accounts import Account, allow, fresh, refused

from stanch.range.stage import Staged


@pytest.fixture
def host(staged: Staged, ours: Account) -> Iterator[Any]:
    """A second host in the staged subnet, taken away afterwards."""
    first = ours.ec2.describe_instances(InstanceIds=[staged.host.instance_id])["Reservations"][0]["Instances"][0]
    started = ours.ec2.run_instances(
        ImageId=first["ImageId"],
        InstanceType=first["InstanceType"],
        MinCount=1,
        MaxCount=1,
        SubnetId=first["SubnetId"],
        SecurityGroupIds=[staged.host.security_group_id],
        BlockDeviceMappings=[
            {"DeviceName": "/dev/xvda", "Ebs": {"VolumeSize": 8}},
            {"DeviceName": "/dev/sdf", "Ebs": {"VolumeSize": 9}},
        ],
    )["Instances"][0]["InstanceId"]
    yield ours.ec2.describe_instances(InstanceIds=[started])["Reservations"][0]["Instances"][0]
    ours.ec2.terminate_instances(InstanceIds=[started])


def groups_of(ours: Account, host: Any) -> tuple[list[str], list[list[str]]]:
    """As the instance says, and as each of its interfaces says."""
    seen = ours.ec2.describe_instances(InstanceIds=[host["InstanceId"]])["Reservations"][0]["Instances"][0]
    ids = [interface["NetworkInterfaceId"] for interface in seen["NetworkInterfaces"]]
    interfaces = ours.ec2.describe_network_interfaces(NetworkInterfaceIds=ids)["NetworkInterfaces"]
    return [g["GroupId"] for g in seen["SecurityGroups"]], [[g["GroupId"] for g in i["Groups"]] for i in interfaces]


def new_group(staged: Staged, ours: Account) -> str:
    name = fresh("group")
    return str(ours.ec2.create_security_group(GroupName=name, Description=name, VpcId=staged.host.vpc_id)["GroupId"])


def test_a_swap_on_the_instance_reaches_the_interface(staged: Staged, ours: Account, host: Any) -> None:
    quarantine = new_group(staged, ours)
    ours.ec2.modify_instance_attribute(InstanceId=host["InstanceId"], Groups=[quarantine])
    assert groups_of(ours, host) == ([quarantine], [[quarantine]])


def test_a_swap_on_the_interface_reaches_the_instance(staged: Staged, ours: Account, host: Any) -> None:
    quarantine = new_group(staged, ours)
    interface = host["NetworkInterfaces"][0]["NetworkInterfaceId"]
    ours.ec2.modify_network_interface_attribute(NetworkInterfaceId=interface, Groups=[quarantine])
    assert groups_of(ours, host) == ([quarantine], [[quarantine]])


def test_with_two_interfaces_each_must_be_swapped_by_its_own_id(staged: Staged, ours: Account, host: Any) -> None:
    second = ours.ec2.create_network_interface(SubnetId=host["SubnetId"], Groups=[staged.host.security_group_id])
    second_id = second["NetworkInterface"]["NetworkInterfaceId"]
    ours.ec2.attach_network_interface(NetworkInterfaceId=second_id, InstanceId=host["InstanceId"], DeviceIndex=1)
    quarantine = new_group(staged, ours)
    swap = {"InstanceId": host["InstanceId"], "Groups": [quarantine]}
    assert refused(lambda: ours.ec2.modify_instance_attribute(**swap)) == "InvalidInstanceID"
    ours.ec2.modify_network_interface_attribute(NetworkInterfaceId=second_id, Groups=[quarantine])
    of_instance, of_interfaces = groups_of(ours, host)
    assert of_instance == [staged.host.security_group_id]
    assert sorted(of_interfaces) == sorted([[staged.host.security_group_id], [quarantine]])


def test_an_unknown_group_is_refused_and_changes_nothing(ours: Account, host: Any) -> None:
    before = groups_of(ours, host)
    swap = {"InstanceId": host["InstanceId"], "Groups": ["sg-0123456789abcdef0"]}
    assert refused(lambda: ours.ec2.modify_instance_attribute(**swap)) == "InvalidGroup.NotFound"
    interface = {"NetworkInterfaceId": host["NetworkInterfaces"][0]["NetworkInterfaceId"], "Groups": swap["Groups"]}
    assert refused(lambda: ours.ec2.modify_network_interface_attribute(**interface)) == "InvalidGroup.NotFound"
    assert groups_of(ours, host) == before


def test_a_dry_run_tells_permission_and_changes_nothing(staged: Staged, ours: Account, host: Any) -> None:
    stop = {"InstanceIds": [host["InstanceId"]], "DryRun": True}
    _, key = ours.user(allow("ec2:Describe*"))
    assert refused(lambda: ours.ec2.stop_instances(**stop)) == "DryRunOperation"
    assert refused(lambda: staged.client("ec2", key).stop_instances(**stop)) == "UnauthorizedOperation"
    state = ours.ec2.describe_instances(InstanceIds=[host["InstanceId"]])["Reservations"][0]["Instances"][0]["State"]
    assert state["Name"] == "running"


def test_a_permission_can_name_one_instance(staged: Staged, ours: Account, host: Any) -> None:
    arn = f"arn:aws:ec2:{staged.region}:{ours.number}:instance/{host['InstanceId']}"
    _, key = ours.user(allow("ec2:StopInstances", arn))
    ec2 = staged.client("ec2", key)
    other = [staged.host.instance_id]
    assert refused(lambda: ec2.stop_instances(InstanceIds=other)) == "UnauthorizedOperation"
    assert ec2.stop_instances(InstanceIds=[host["InstanceId"]])["StoppingInstances"]


def test_a_disassociated_address_is_gone(ours: Account, host: Any) -> None:
    address = ours.ec2.allocate_address(Domain="vpc")
    associated = ours.ec2.associate_address(InstanceId=host["InstanceId"], AllocationId=address["AllocationId"])
    assert public_address(ours, host) == address["PublicIp"]
    ours.ec2.disassociate_address(AssociationId=associated["AssociationId"])
    assert public_address(ours, host) is None
    ours.ec2.release_address(AllocationId=address["AllocationId"])


def test_one_call_snapshots_every_volume_with_its_tags(ours: Account, host: Any) -> None:
    tags = [{"ResourceType": "snapshot", "Tags": [{"Key": "incident", "Value": "7"}]}]
    specification = {"InstanceId": host["InstanceId"]}
    made = ours.ec2.create_snapshots(InstanceSpecification=specification, TagSpecifications=tags)["Snapshots"]
    attached = {mapping["Ebs"]["VolumeId"] for mapping in host["BlockDeviceMappings"]}
    assert len(attached) == 2
    assert {snapshot["VolumeId"] for snapshot in made} == attached
    kept = ours.ec2.describe_snapshots(SnapshotIds=[snapshot["SnapshotId"] for snapshot in made])["Snapshots"]
    assert [snapshot["Tags"] for snapshot in kept] == [tags[0]["Tags"]] * 2


@pytest.mark.parametrize(
    "change",
    [
        {"CreateVolumePermission": {"Add": [{"UserId": "444455556666"}]}},
        {"Attribute": "createVolumePermission", "OperationType": "add", "UserIds": ["444455556666"]},
    ],
)
def test_a_snapshot_is_shared_either_way_and_taken_back(ours: Account, host: Any, change: dict[str, Any]) -> None:
    volume = host["BlockDeviceMappings"][0]["Ebs"]["VolumeId"]
    snapshot = ours.ec2.create_snapshot(VolumeId=volume)["SnapshotId"]
    ours.ec2.modify_snapshot_attribute(SnapshotId=snapshot, **change)
    assert shared_with(ours, snapshot) == [{"UserId": "444455556666"}]
    ours.ec2.modify_snapshot_attribute(SnapshotId=snapshot, CreateVolumePermission={"Add": [{"Group": "all"}]})
    assert {"Group": "all"} in shared_with(ours, snapshot)
    removed = {"Remove": [{"Group": "all"}, {"UserId": "444455556666"}]}
    ours.ec2.modify_snapshot_attribute(SnapshotId=snapshot, CreateVolumePermission=removed)
    assert shared_with(ours, snapshot) == []
    ours.ec2.modify_snapshot_attribute(SnapshotId=snapshot, **change)
    ours.ec2.reset_snapshot_attribute(SnapshotId=snapshot, Attribute="createVolumePermission")
    assert shared_with(ours, snapshot) == []


def test_volumes_can_be_kept_when_the_instance_ends(ours: Account, host: Any) -> None:
    device = host["BlockDeviceMappings"][0]["DeviceName"]
    mapping = [{"DeviceName": device, "Ebs": {"DeleteOnTermination": False}}]
    ours.ec2.modify_instance_attribute(InstanceId=host["InstanceId"], BlockDeviceMappings=mapping)
    seen = ours.ec2.describe_instances(InstanceIds=[host["InstanceId"]])["Reservations"][0]["Instances"][0]
    kept = {m["DeviceName"]: m["Ebs"]["DeleteOnTermination"] for m in seen["BlockDeviceMappings"]}
    assert kept[device] is False


def test_a_host_leaves_its_auto_scaling_group_without_being_replaced(staged: Staged, ours: Account, host: Any) -> None:
    scaling = staged.client("autoscaling", ours.admin)
    name = fresh("asg")
    launch = {"LaunchConfigurationName": name, "ImageId": host["ImageId"], "InstanceType": "t3.micro"}
    scaling.create_launch_configuration(**launch)
    scaling.create_auto_scaling_group(
        AutoScalingGroupName=name,
        LaunchConfigurationName=name,
        MinSize=0,
        MaxSize=2,
        DesiredCapacity=0,
        VPCZoneIdentifier=host["SubnetId"],
    )
    scaling.attach_instances(AutoScalingGroupName=name, InstanceIds=[host["InstanceId"]])
    found = scaling.describe_auto_scaling_instances(InstanceIds=[host["InstanceId"]])["AutoScalingInstances"]
    assert found[0]["AutoScalingGroupName"] == name
    leave = {"AutoScalingGroupName": name, "InstanceIds": [host["InstanceId"]], "ShouldDecrementDesiredCapacity": True}
    scaling.detach_instances(**leave)
    group = scaling.describe_auto_scaling_groups(AutoScalingGroupNames=[name])["AutoScalingGroups"][0]
    assert (group["Instances"], group["DesiredCapacity"]) == ([], 0)


def test_a_host_leaves_its_target_group(staged: Staged, ours: Account, host: Any) -> None:
    balancing = staged.client("elbv2", ours.admin)
    group = balancing.create_target_group(Name=fresh("tg"), Protocol="HTTP", Port=8000, VpcId=staged.host.vpc_id)
    arn = group["TargetGroups"][0]["TargetGroupArn"]
    target = [{"Id": host["InstanceId"]}]
    balancing.register_targets(TargetGroupArn=arn, Targets=target)
    assert health(balancing, arn) == [host["InstanceId"]]
    balancing.deregister_targets(TargetGroupArn=arn, Targets=target)
    assert health(balancing, arn) == []


def health(balancing: Any, arn: str) -> list[str]:
    described = balancing.describe_target_health(TargetGroupArn=arn)["TargetHealthDescriptions"]
    return [entry["Target"]["Id"] for entry in described]


def public_address(ours: Account, host: Any) -> str | None:
    seen = ours.ec2.describe_instances(InstanceIds=[host["InstanceId"]])["Reservations"][0]["Instances"][0]
    address: str | None = seen.get("PublicIpAddress")
    interface = seen["NetworkInterfaces"][0]
    assert (interface.get("Association") or {}).get("PublicIp") == address
    return address


def shared_with(ours: Account, snapshot: str) -> list[dict[str, str]]:
    answer = ours.ec2.describe_snapshot_attribute(SnapshotId=snapshot, Attribute="createVolumePermission")
    permissions: list[dict[str, str]] = answer["CreateVolumePermissions"]
    return permissions
