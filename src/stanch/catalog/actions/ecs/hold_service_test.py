from typing import Any

import pytest
from tests.ground import Ground, no_wait, survives_dying, survives_refusals
from tests.recorded_aws import Recorded, RecordedAws

from stanch.catalog.actions.ecs import hold_service as action
from stanch.contracts.action import Overtaken, Refused
from stanch.contracts.aws import AwsAbsent

ID = "ecs/hold_service"


def service(ground: Ground, *, scaled: bool = False, scheduling: str = "REPLICA") -> str:
    """The ARN of a service with three tasks wanted."""
    name = ground.name("vllm")
    call = ground.admin.call
    call("ecs", "CreateCluster", clusterName=name)
    container = {"name": "vllm", "image": "vllm:1", "memory": 512}
    call("ecs", "RegisterTaskDefinition", family=name, containerDefinitions=[container])
    asked: dict[str, Any] = {} if scheduling == "DAEMON" else {"desiredCount": 3}
    made = call(
        "ecs",
        "CreateService",
        cluster=name,
        serviceName=name,
        taskDefinition=name,
        schedulingStrategy=scheduling,
        **asked,
    )
    if scaled:
        call(
            "application-autoscaling",
            "RegisterScalableTarget",
            ServiceNamespace="ecs",
            ResourceId=f"service/{name}/{name}",
            ScalableDimension="ecs:service:DesiredCount",
            MinCapacity=2,
            MaxCapacity=9,
        )
    return str(made["service"]["serviceArn"])


def test_wants_no_task_any_more_and_lets_nothing_raise_that(ground: Ground) -> None:
    aws = ground.responder()
    step = ground.planned(ID, service(ground, scaled=True), aws)
    action.apply(aws, step, no_wait)
    assert action.read(aws, step) == {"desired": 0, "scaling": action.SUSPENDED}
    assert action.verify(aws, step, no_wait, None).holds


def test_does_not_hold_while_something_may_raise_the_count_again(ground: Ground) -> None:
    aws = ground.responder()
    step = ground.planned(ID, service(ground), aws)
    action.apply(aws, step, no_wait)
    name = step.resource.rpartition("/")[2]
    ground.admin.call("ecs", "UpdateService", cluster=name, service=name, desiredCount=1)
    proof = action.verify(aws, step, no_wait, None)
    assert not proof.holds
    assert f"{name}: 1 tasks desired" in proof.what


def test_undo_leaves_the_bounds_of_the_scaling_as_they_were(ground: Ground) -> None:
    aws = ground.responder()
    step = ground.planned(ID, service(ground, scaled=True), aws)
    action.apply(aws, step, no_wait)
    action.undo(aws, step, no_wait)
    where = "/".join(("service", *step.resource.rsplit("/", 2)[1:]))
    asked: dict[str, Any] = {"ServiceNamespace": "ecs", "ResourceIds": [where]}
    (target,) = ground.admin.pages("application-autoscaling", "DescribeScalableTargets", "ScalableTargets", **asked)
    assert (target["MinCapacity"], target["MaxCapacity"]) == (2, 9)
    assert action.read(aws, step) == step.before


def test_does_not_overwrite_scaling_that_somebody_changed_since_the_plan(ground: Ground) -> None:
    aws = ground.responder()
    step = ground.planned(ID, service(ground, scaled=True), aws)
    where = "/".join(("service", *step.resource.rsplit("/", 2)[1:]))
    ground.admin.call(
        "application-autoscaling",
        "RegisterScalableTarget",
        ServiceNamespace="ecs",
        ResourceId=where,
        ScalableDimension="ecs:service:DesiredCount",
        SuspendedState={**action.SUSPENDED, "ScheduledScalingSuspended": False},
    )
    with pytest.raises(Overtaken):
        action.apply(aws, step, no_wait)
    assert action.read(aws, step)["desired"] == 3


def test_goes_on_with_what_it_began_though_somebody_changed_the_scaling_meanwhile(ground: Ground) -> None:
    aws = ground.responder()
    step = ground.planned(ID, service(ground, scaled=True), aws)
    action.apply(aws, step, no_wait)
    where = "/".join(("service", *step.resource.rsplit("/", 2)[1:]))
    ground.admin.call(
        "application-autoscaling",
        "RegisterScalableTarget",
        ServiceNamespace="ecs",
        ResourceId=where,
        ScalableDimension="ecs:service:DesiredCount",
        SuspendedState={**action.SUSPENDED, "DynamicScalingOutSuspended": False},
    )
    action.apply(aws, step, no_wait)
    assert action.verify(aws, step, no_wait, None).holds


def test_a_count_that_scaling_moved_since_the_plan_does_not_stop_it(ground: Ground) -> None:
    aws = ground.responder()
    step = ground.planned(ID, service(ground, scaled=True), aws)
    name = step.resource.rpartition("/")[2]
    ground.admin.call("ecs", "UpdateService", cluster=name, service=name, desiredCount=5)
    action.apply(aws, step, no_wait)
    assert action.read(aws, step)["desired"] == 0


def test_survives_dying_before_each_change(ground: Ground) -> None:
    assert survives_dying(ground, ID, lambda: service(ground)) == 1
    assert survives_dying(ground, ID, lambda: service(ground, scaled=True)) == 2


def test_survives_a_refusal_of_each_call(ground: Ground) -> None:
    assert survives_refusals(ground, ID, lambda: service(ground, scaled=True)) > 1


def test_refuses_a_service_that_runs_one_task_on_each_host(ground: Ground) -> None:
    with pytest.raises(Refused, match="isolate the hosts"):
        ground.planned(ID, service(ground, scheduling="DAEMON"))


@pytest.mark.parametrize(
    ("arn", "why"), [("ecs:service/short", "does not name its cluster"), ("apprunner:service/a/b", "its own service")]
)
def test_refuses_what_it_cannot_find_by_its_name(ground: Ground, arn: str, why: str) -> None:
    owner, _, resource = arn.partition(":")
    with pytest.raises(Refused, match=why):
        ground.planned(ID, ground.arn(owner, resource))


def test_says_that_a_service_is_gone() -> None:
    gone = Recorded(RecordedAws({"ecs:DescribeServices": lambda _, __: {"services": [], "failures": []}}))
    with pytest.raises(AwsAbsent, match="no active service"):
        gone.planned(ID, gone.arn("ecs", "service/cluster/vllm"))
