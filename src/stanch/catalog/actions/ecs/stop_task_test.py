from collections.abc import Mapping
from typing import Any

import pytest
from tests.ground import no_wait, survives_dying, survives_refusals
from tests.recorded_aws import Recorded, RecordedAws, State

from stanch.catalog.actions.ecs import stop_task as action
from stanch.contracts.action import Refused
from stanch.contracts.aws import AwsAbsent, AwsDenied

ID = "ecs/stop_task"
STOPPING = ("RUNNING", "DEACTIVATING", "STOPPING", "STOPPED")


def describe(state: State, asked: Mapping[str, Any]) -> Mapping[str, Any]:
    """A task that stops takes three looks to be stopped, as its containers take their time."""
    task = state.get(asked["tasks"][0])
    if task is None:
        return {"tasks": [], "failures": [{"reason": "MISSING"}]}
    if task["desiredStatus"] == "STOPPED" and task["lastStatus"] != "STOPPED":
        task["lastStatus"] = STOPPING[STOPPING.index(task["lastStatus"]) + 1]
    return {"tasks": [task], "failures": []}


def stop(state: State, asked: Mapping[str, Any]) -> Mapping[str, Any]:
    task = state[asked["task"]]
    task |= {"desiredStatus": "STOPPED", "stoppedReason": asked["reason"]}
    return {"task": task}


@pytest.fixture
def ground() -> Recorded:
    # moto stops tasks at once, and loses them; here they stop as ECS stops them.
    return Recorded(RecordedAws({"ecs:DescribeTasks": describe, "ecs:StopTask": stop}))


def task(ground: Recorded, group: str = "family:batch") -> str:
    """The ARN of a running task."""
    name = f"{len(ground.aws.state):032x}"
    definition = ground.arn("ecs", "task-definition/batch:7")
    running = {"lastStatus": "RUNNING", "desiredStatus": "RUNNING", "group": group, "taskDefinitionArn": definition}
    ground.aws.state[name] = running
    return ground.arn("ecs", f"task/gpus/{name}")


def test_waits_until_the_last_container_has_ended(ground: Recorded) -> None:
    aws = ground.responder()
    step = ground.planned(ID, task(ground), aws)
    action.apply(aws, step, no_wait)
    proof = action.verify(aws, step, no_wait, None)
    assert proof.holds
    assert proof.what[0].endswith(": STOPPED")


def test_says_in_the_task_for_which_incident_it_was_stopped(ground: Recorded) -> None:
    aws = ground.responder()
    step = ground.planned(ID, task(ground), aws)
    action.apply(aws, step, no_wait)
    (stopped,) = ground.aws.state.values()
    assert stopped["stoppedReason"] == "stanch inc-20261122-ab12"


def test_does_not_hold_while_it_still_runs(ground: Recorded) -> None:
    step = ground.planned(ID, task(ground))
    waited: list[float] = []
    proof = action.verify(ground.responder(), step, waited.append, None)
    assert not proof.holds
    assert sum(waited) > 120, "a stop timeout may be two minutes"


def test_tells_that_a_service_starts_another(ground: Recorded) -> None:
    step = ground.planned(ID, task(ground, group="service:vllm"))
    assert any("the service vllm starts another at once" in line for line in step.breaks)
    assert "none is needed" in step.undo


def test_tells_by_hand_how_a_task_of_no_service_is_run_again(ground: Recorded) -> None:
    assert (
        "run-task with arn:aws:ecs:eu-central-1:111122223333:task-definition/batch:7"
        in ground.planned(ID, task(ground)).undo
    )


def test_a_task_that_ecs_has_forgotten_by_now_is_stopped(ground: Recorded) -> None:
    aws = ground.responder()
    step = ground.planned(ID, task(ground), aws)
    action.apply(aws, step, no_wait)
    ground.aws.state.clear()
    assert action.verify(aws, step, no_wait, None).holds


def test_plans_no_call_for_a_task_that_has_stopped(ground: Recorded) -> None:
    arn = task(ground)
    next(iter(ground.aws.state.values())).update(lastStatus="STOPPED", desiredStatus="STOPPED")
    assert ground.planned(ID, arn).calls == ()


def test_says_that_a_task_is_gone(ground: Recorded) -> None:
    with pytest.raises(AwsAbsent, match="has no task"):
        ground.planned(ID, ground.arn("ecs", f"task/gpus/{'0' * 32}"))


def test_says_that_it_may_not_stop_it(ground: Recorded) -> None:
    aws = ground.responder()
    step = ground.planned(ID, task(ground), aws)
    ground.aws.failing["ecs:StopTask"] = [AwsDenied("ecs:StopTask", "AccessDeniedException", "not for you")]
    with pytest.raises(AwsDenied):
        action.apply(aws, step, no_wait)
    assert not action.verify(aws, step, no_wait, None).holds


def test_refuses_a_task_whose_cluster_its_arn_does_not_name(ground: Recorded) -> None:
    with pytest.raises(Refused, match="does not name its cluster"):
        ground.planned(ID, ground.arn("ecs", "task/0123"))


def test_refuses_the_task_it_acts_from(ground: Recorded) -> None:
    arn = task(ground)
    session = f"arn:aws:sts::{ground.account}:assumed-role/stanch-responder/{arn.rpartition('/')[2]}"
    with pytest.raises(Refused, match="the task stanch acts from"):
        ground.planned(ID, arn, case=ground.case(responder=session))


def test_survives_dying_before_each_change(ground: Recorded) -> None:
    assert survives_dying(ground, ID, lambda: task(ground)) == 1


def test_survives_a_refusal_of_each_call(ground: Recorded) -> None:
    assert survives_refusals(ground, ID, lambda: task(ground)) > 1
