from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import pytest
from tests.ground import no_wait, survives_dying
from tests.recorded_aws import ACCOUNT, REGION, Operation, Recorded, RecordedAws

from stanch.catalog.actions.datasync import stop_transfers as action
from stanch.contracts.action import Needless
from stanch.contracts.aws import AwsAbsent

ID = "datasync/stop_transfers"
TASK = f"arn:aws:datasync:{REGION}:{ACCOUNT}:task/task-0123456789abcdef0"
EXECUTION = f"{TASK}/execution/exec-0123456789abcdef0"
DAILY = {"ScheduleExpression": "cron(0 12 * * ? *)", "Status": "ENABLED"}
SINCE = datetime(2026, 11, 22, 10, 0, tzinfo=UTC)


def execution(number: int = 0, status: str = "TRANSFERRING") -> dict[str, Any]:
    return {"TaskExecutionArn": f"{TASK}/execution/exec-{number:017x}", "Status": status}


def moving(*executions: dict[str, Any], schedule: Mapping[str, str] | None = None) -> Recorded:
    """An account in memory with one task, these executions of it, and this schedule."""

    def described(state: dict[str, Any], asked: Mapping[str, Any]) -> dict[str, Any]:
        if asked["TaskArn"] != TASK:
            raise AwsAbsent("datasync:DescribeTask", "ResourceNotFoundException", "no such task")
        own = {"Schedule": state["schedule"]} if state["schedule"] else {}
        return {"TaskArn": TASK, "DestinationLocationArn": f"arn:aws:datasync:{REGION}:{ACCOUNT}:location/loc-1", **own}

    def update(state: dict[str, Any], asked: Mapping[str, Any]) -> None:
        state["schedule"] = dict(asked["Schedule"])

    def cancel(state: dict[str, Any], asked: Mapping[str, Any]) -> None:
        (found,) = [each for each in state["executions"] if each["TaskExecutionArn"] == asked["TaskExecutionArn"]]
        found["Status"] = "CANCELLING"

    operations: dict[str, Operation] = {
        "datasync:DescribeTask": described,
        "datasync:UpdateTask": update,
        "datasync:ListTaskExecutions": lambda state, _asked: {"TaskExecutions": state["executions"]},
        "datasync:DescribeTaskExecution": lambda _state, _asked: {"StartTime": SINCE},
        "datasync:CancelTaskExecution": cancel,
    }
    state = {"executions": list(executions), "schedule": dict(schedule) if schedule else None}
    return Recorded(RecordedAws(operations, state))


def test_cancels_what_runs_and_what_waits_and_switches_the_schedule_off() -> None:
    account = moving(execution(1), execution(2, "QUEUED"), execution(3, "SUCCESS"), schedule=DAILY)
    step = account.planned(ID, EXECUTION, case=account.case(since=SINCE))
    assert step.resource == TASK
    action.apply(account.aws, step, no_wait)
    assert [each["Status"] for each in account.aws.state["executions"]] == ["CANCELLING", "CANCELLING", "SUCCESS"]
    assert account.aws.state["schedule"] == {**DAILY, "Status": "DISABLED"}
    assert action.verify(account.aws, step, no_wait, None).holds


def test_switches_the_schedule_on_again_when_it_is_undone() -> None:
    account = moving(execution(1), schedule=DAILY)
    step = account.planned(ID, TASK)
    action.apply(account.aws, step, no_wait)
    action.undo(account.aws, step, no_wait)
    assert account.aws.state["schedule"] == DAILY
    assert account.aws.state["executions"][0]["Status"] == "CANCELLING"


def test_switches_the_schedule_off_when_nothing_runs_just_now() -> None:
    account = moving(schedule=DAILY)
    step = account.planned(ID, TASK, case=account.case(since=SINCE))
    action.apply(account.aws, step, no_wait)
    assert account.aws.state["schedule"]["Status"] == "DISABLED"


def test_does_not_hold_while_the_schedule_will_start_it_again() -> None:
    account = moving(execution(1), schedule=DAILY)
    step = account.planned(ID, TASK)
    action.apply(account.aws, step, no_wait)
    account.aws.state["schedule"] = DAILY
    proof = action.verify(account.aws, step, no_wait, None)
    assert (proof.holds, proof.what[-1]) == (False, "its schedule will start it again")


def test_has_nothing_to_do_when_nothing_runs_or_is_scheduled() -> None:
    with pytest.raises(Needless):
        moving(execution(1, "SUCCESS")).planned(ID, TASK)


def test_says_that_a_task_is_gone() -> None:
    with pytest.raises(AwsAbsent):
        moving().planned(ID, TASK[:-1] + "f")


def test_survives_dying_before_each_change() -> None:
    ground = moving()

    def scheduled() -> str:
        ground.aws.state.update(schedule=dict(DAILY), executions=[execution(1), execution(2)])
        return TASK

    assert survives_dying(ground, ID, scheduled) == 3
