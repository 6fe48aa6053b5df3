from typing import Any

import pytest
from tests.ground import Died, Ground, Listening, RangeError, dying_before, no_wait, survives_dying

from stanch.catalog.actions.ec2 import stop_instance as action
from stanch.contracts.action import Needless, Refused
from stanch.contracts.aws import AwsError

ID = "ec2/stop_instance"


def arn_of(ground: Ground, instance: str) -> str:
    return ground.arn("ec2", f"instance/{instance}")


def in_a_group(ground: Ground) -> str:
    """The ARN of a host in service in an Auto Scaling group."""
    instance = ground.host(elastic=False)
    host = ground.admin.pages("ec2", "DescribeInstances", "Reservations", InstanceIds=[instance])[0]["Instances"][0]
    name = ground.name("group")
    call = ground.admin.call
    launch = {"ImageId": host["ImageId"], "InstanceType": "t3.micro"}
    call("autoscaling", "CreateLaunchConfiguration", LaunchConfigurationName=name, **launch)
    bounds = {"MinSize": 0, "MaxSize": 5, "DesiredCapacity": 0, "VPCZoneIdentifier": host["SubnetId"]}
    call("autoscaling", "CreateAutoScalingGroup", AutoScalingGroupName=name, LaunchConfigurationName=name, **bounds)
    call("autoscaling", "AttachInstances", AutoScalingGroupName=name, InstanceIds=[instance])
    return arn_of(ground, instance)


def protection(ground: Ground, host: str) -> dict[str, bool]:
    held = ground.admin.call("ec2", "DescribeInstanceAttribute", InstanceId=host, Attribute="disableApiStop")
    return dict(held["DisableApiStop"])


class Described(Listening):
    """An account in which the instance says something else of itself."""

    says: dict[str, Any]

    def pages(
        self, service: str, operation: str, key: str, /, *, region: str | None = None, **params: Any
    ) -> list[dict[str, Any]]:
        found = super().pages(service, operation, key, region=region, **params)
        if operation == "DescribeInstances":
            found[0]["Instances"][0].update(self.says)
        return found


def saying(ground: Ground, **says: Any) -> Described:
    aws = Described(ground.responder().door)
    aws.says = says
    return aws


def test_a_host_that_answered_is_off_and_its_group_has_let_it_go(ground: Ground) -> None:
    arn = in_a_group(ground)
    aws = ground.responder()
    step = ground.planned(ID, arn, aws)
    order: list[str] = []
    aws.before_call = order.append
    action.apply(aws, step, no_wait)
    assert order.index("autoscaling:EnterStandby") < order.index("ec2:StopInstances")
    assert action.verify(aws, step, no_wait, None).holds
    assert action.read(aws, step)["power"] == "stopped"
    assert list(action.read(aws, step)["auto_scaling"].values()) == ["Standby"]
    order.clear()
    action.undo(aws, step, no_wait)
    assert order.index("ec2:StartInstances") < order.index("autoscaling:ExitStandby")
    assert action.read(aws, step) == step.before


def test_nobody_on_a_stopped_host_gets_credentials(ground: Ground) -> None:
    host = ground.staged.second_host
    aws = ground.responder()
    step = ground.planned(ID, arn_of(ground, host), aws)
    roles = "latest/meta-data/iam/security-credentials/"
    assert ground.staged.range_.metadata(host, roles)
    action.apply(aws, step, no_wait)
    with pytest.raises(RangeError):
        ground.staged.range_.metadata(host, roles)
    action.undo(aws, step, no_wait)
    assert ground.staged.range_.metadata(host, roles)


def test_stops_a_protected_host_and_leaves_the_protection_on(ground: Ground) -> None:
    host = ground.host(elastic=False)
    ground.admin.call("ec2", "ModifyInstanceAttribute", InstanceId=host, DisableApiStop={"Value": True})
    aws = ground.responder()
    action.apply(aws, ground.planned(ID, arn_of(ground, host), aws), no_wait)
    assert protection(ground, host) == {"Value": True}


def test_a_stop_that_is_denied_leaves_the_protection_on(ground: Ground) -> None:
    host = ground.host(elastic=False)
    ground.admin.call("ec2", "ModifyInstanceAttribute", InstanceId=host, DisableApiStop={"Value": True})
    aws = ground.responder()
    step = ground.planned(ID, arn_of(ground, host), aws)

    def denied(operation: str) -> None:
        if operation == "ec2:StopInstances":
            raise AwsError(operation, "RequestLimitExceeded", "slow down")

    aws.before_call = denied
    with pytest.raises(AwsError):
        action.apply(aws, step, no_wait)
    assert protection(ground, host) == {"Value": True}


@pytest.mark.parametrize("change", [1, 2])
def test_a_run_that_died_while_the_protection_was_lifted_is_mended_by_the_next(ground: Ground, change: int) -> None:
    host = ground.host(elastic=False)
    ground.admin.call("ec2", "ModifyInstanceAttribute", InstanceId=host, DisableApiStop={"Value": True})
    aws = ground.responder()
    step = ground.planned(ID, arn_of(ground, host), aws)
    aws.before_call = dying_before(change)
    with pytest.raises(Died):
        action.apply(aws, step, no_wait)
    assert protection(ground, host) == {"Value": False}
    aws.before_call = lambda _: None
    action.apply(aws, step, no_wait)
    assert protection(ground, host) == {"Value": True}
    assert action.verify(aws, step, no_wait, None).holds


def test_says_what_is_lost(ground: Ground) -> None:
    step = ground.planned(ID, arn_of(ground, ground.staged.host.instance_id))
    assert any("memory is lost for good" in line for line in step.breaks)
    assert any("instance store of g6e.12xlarge is erased" in line for line in step.breaks)


def test_proves_nothing_while_the_host_is_still_stopping(ground: Ground) -> None:
    step = ground.planned(ID, arn_of(ground, ground.host(elastic=False)))
    waits: list[float] = []
    proof = action.verify(saying(ground, State={"Name": "stopping"}), step, waits.append, None)
    assert not proof.holds
    assert proof.what[0].endswith("is stopping")
    assert tuple(waits) == action.PAUSES


@pytest.mark.parametrize("says", [{"InstanceLifecycle": "spot"}, {"RootDeviceType": "instance-store"}])
def test_refuses_a_host_that_could_not_be_started_again(ground: Ground, says: dict[str, str]) -> None:
    with pytest.raises(Refused, match="ec2/isolate_instance"):
        ground.planned(ID, arn_of(ground, ground.host(elastic=False)), saying(ground, **says))


def test_refuses_the_host_it_acts_from_and_has_nothing_to_do_with_a_stopped_one(ground: Ground) -> None:
    host = ground.host(elastic=False)
    own = ground.case(responder=f"{ground.arn('sts', 'assumed-role/stanch-responder')}/{host}")
    with pytest.raises(Refused, match="from another one"):
        ground.planned(ID, arn_of(ground, host), case=own)
    ground.admin.call("ec2", "StopInstances", InstanceIds=[host])
    with pytest.raises(Needless, match="stopped already"):
        ground.planned(ID, arn_of(ground, host))


def test_survives_dying_between_any_two_changes(ground: Ground) -> None:
    assert survives_dying(ground, ID, lambda: in_a_group(ground)) == 2
