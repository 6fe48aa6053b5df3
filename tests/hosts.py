"""EC2 hosts as a company runs them: in an Auto Scaling group and a target group, with interfaces to look at."""

from typing import Any

from stanch.contracts.aws import AwsDenied
from tests.ground import Ground, Listening


def arn_of(ground: Ground, instance: str) -> str:
    return ground.arn("ec2", f"instance/{instance}")


def interfaces_of(ground: Ground, instance: str) -> list[dict[str, Any]]:
    mine = [{"Name": "attachment.instance-id", "Values": [instance]}]
    return ground.admin.pages("ec2", "DescribeNetworkInterfaces", "NetworkInterfaces", Filters=mine)


def in_service(ground: Ground, interfaces: int = 1) -> str:
    """A host in an Auto Scaling group and a target group."""
    instance = ground.host(interfaces=interfaces)
    described = ground.admin.pages("ec2", "DescribeInstances", "Reservations", InstanceIds=[instance])
    host = described[0]["Instances"][0]
    name = ground.name("group")
    call = ground.admin.call
    call(
        "autoscaling",
        "CreateLaunchConfiguration",
        LaunchConfigurationName=name,
        ImageId=host["ImageId"],
        InstanceType="t3.micro",
    )
    bounds = {"MinSize": 0, "MaxSize": 5, "DesiredCapacity": 0, "VPCZoneIdentifier": host["SubnetId"]}
    call("autoscaling", "CreateAutoScalingGroup", AutoScalingGroupName=name, LaunchConfigurationName=name, **bounds)
    call("autoscaling", "AttachInstances", AutoScalingGroupName=name, InstanceIds=[instance])
    made = call("elbv2", "CreateTargetGroup", Name=name, Protocol="HTTP", Port=8000, VpcId=host["VpcId"])
    group = made["TargetGroups"][0]["TargetGroupArn"]
    call(
        "elbv2",
        "RegisterTargets",
        TargetGroupArn=group,
        Targets=[{"Id": instance, "Port": 8000}],
    )
    return instance


def group_of(ground: Ground, instance: str) -> str:
    found = ground.admin.pages(
        "autoscaling", "DescribeAutoScalingInstances", "AutoScalingInstances", InstanceIds=[instance]
    )
    return str(found[0]["AutoScalingGroupName"])


def failing(aws: Listening, operation: str, code: str = "UnauthorizedOperation") -> None:
    """Deny one operation, and no other."""

    def before_call(called: str) -> None:
        if called == operation:
            raise AwsDenied(called, code, "no")

    aws.before_call = before_call
