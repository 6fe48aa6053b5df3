from typing import Any

from tests.ground import Ground, Listening, no_wait
from tests.hosts import arn_of, group_of, in_service

from stanch.catalog.actions.ec2 import isolate_instance as action

ID = "ec2/isolate_instance"


class Classic(Listening):
    """Classic load balancers, which the range does not have."""

    def __init__(self, ground: Ground, instance: str) -> None:
        super().__init__(ground.responder())
        self.registered = {"front": {instance, "i-other"}, "back": {"i-other"}}

    def pages(
        self, service: str, operation: str, key: str, /, *, region: str | None = None, **params: Any
    ) -> list[dict[str, Any]]:
        if service != "elb":
            return super().pages(service, operation, key, region=region, **params)
        return [
            {"LoadBalancerName": name, "Instances": [{"InstanceId": instance} for instance in sorted(instances)]}
            for name, instances in self.registered.items()
        ]

    def call(self, service: str, operation: str, /, *, region: str | None = None, **params: Any) -> dict[str, Any]:
        if service != "elb":
            return super().call(service, operation, region=region, **params)
        named = {entry["InstanceId"] for entry in params["Instances"]}
        registered = self.registered[params["LoadBalancerName"]]
        self.registered[params["LoadBalancerName"]] = (
            registered - named if operation.startswith("Deregister") else registered | named
        )
        return {}


def test_leaves_classic_load_balancers_and_comes_back_to_them(ground: Ground) -> None:
    instance = ground.host()
    aws = Classic(ground, instance)
    step = ground.planned(ID, arn_of(ground, instance), aws)
    action.apply(aws, step, no_wait)
    assert aws.registered == {"front": {"i-other"}, "back": {"i-other"}}
    action.undo(aws, step, no_wait)
    assert aws.registered == {"front": {instance, "i-other"}, "back": {"i-other"}}


def test_leaves_a_host_in_standby_that_was_there_before(ground: Ground) -> None:
    instance = in_service(ground)
    group = group_of(ground, instance)
    ground.admin.call(
        "autoscaling",
        "EnterStandby",
        AutoScalingGroupName=group,
        InstanceIds=[instance],
        ShouldDecrementDesiredCapacity=True,
    )
    aws = ground.responder()
    step = ground.planned(ID, arn_of(ground, instance), aws)
    assert f"{group} has {instance} as Standby: undo leaves it so" in step.breaks
    action.apply(aws, step, no_wait)
    assert action.verify(aws, step, no_wait, None).holds
    action.undo(aws, step, no_wait)
    assert list(action.read(aws, step)["auto_scaling"].values()) == ["Standby"]
