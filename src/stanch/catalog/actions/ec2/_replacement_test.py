from datetime import UTC, datetime, timedelta

from tests.ground import Ground
from tests.hosts import arn_of, failing, group_of, in_service

from stanch.catalog.actions.ec2 import isolate_instance as action
from stanch.domain.arn import Arn
from stanch.domain.step import Collateral

ID = "ec2/isolate_instance"


def test_tells_that_the_next_host_starts_from_what_was_changed_since(ground: Ground) -> None:
    instance = in_service(ground)
    group = group_of(ground, instance)
    began = ground.case(since=datetime.now(UTC) - timedelta(hours=1))
    step = ground.planned(ID, arn_of(ground, instance), case=began)
    assert any(f"the launch configuration {group}, made after the incident began" in line for line in step.breaks)
    later = ground.case(since=datetime.now(UTC) + timedelta(hours=1))
    assert not any(
        "starts its next host" in line for line in ground.planned(ID, arn_of(ground, instance), case=later).breaks
    )
    made = ground.admin.call(
        "ec2",
        "CreateLaunchTemplate",
        LaunchTemplateName=group,
        LaunchTemplateData={"ImageId": "ami-0c2b8ca1dad447f8a", "InstanceType": "t3.micro", "UserData": "Y3VybA=="},
    )["LaunchTemplate"]["LaunchTemplateId"]
    ground.admin.call(
        "autoscaling",
        "UpdateAutoScalingGroup",
        AutoScalingGroupName=group,
        LaunchTemplate={"LaunchTemplateId": made, "Version": "$Latest"},
    )
    told = ground.planned(ID, arn_of(ground, instance), case=began).breaks
    assert any(f"version 1 of {made}, made by" in line for line in told)


def test_a_replacement_that_cannot_be_looked_at_is_told_and_the_plan_is_made(ground: Ground) -> None:
    instance = in_service(ground)
    aws = ground.responder()
    failing(aws, "autoscaling:DescribeLaunchConfigurations")
    began = ground.case(since=datetime.now(UTC) - timedelta(hours=1))
    step = ground.planned(ID, arn_of(ground, instance), aws, began)
    assert any("could not be seen: UnauthorizedOperation" in line for line in step.breaks)


def test_a_host_that_its_group_replaces_is_little_loss_and_one_that_nothing_follows_is_not(ground: Ground) -> None:
    instance = in_service(ground)
    asked = {"AutoScalingGroupName": group_of(ground, instance)}
    arn, aws = Arn.parse(arn_of(ground, instance)), ground.responder()
    assert action.plan(aws, arn, ground.case()).collateral is Collateral.LOW
    ground.admin.call("autoscaling", "SuspendProcesses", ScalingProcesses=["Launch"], **asked)
    ground.admin.call("autoscaling", "UpdateAutoScalingGroup", MaxSize=1, **asked)
    plan = action.plan(aws, arn, ground.case())
    assert plan.collateral is None
    assert any("nothing follows: its process Launch is suspended" in line for line in plan.breaks)
    assert any("at its maximum size" in line for line in plan.breaks)
