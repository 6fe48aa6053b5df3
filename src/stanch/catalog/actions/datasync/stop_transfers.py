"""A transfer task copies a whole store to wherever its destination says, and again each time its schedule comes round.

Blind to: whose the destination is, what was copied before, and agents that copy outside AWS.
"""

from dataclasses import replace

from stanch.catalog.actions import _jobs
from stanch.catalog.actions._settle import settled
from stanch.contracts.action import Affects, Case, Needless, Plan, Wait, Witness
from stanch.contracts.aws import Aws
from stanch.domain.arn import Arn
from stanch.domain.step import Phase, Proof, State, Step

APPLIES_TO = ("transfer-task",)
PHASE = Phase.DATA
AFFECTS = Affects.USERS
PERMISSIONS = (
    "datasync:DescribeTask",
    "datasync:UpdateTask",
    "datasync:ListTaskExecutions",
    "datasync:DescribeTaskExecution",
    "datasync:CancelTaskExecution",
)

_UNDER_WAY = {"QUEUED", "LAUNCHING", "PREPARING", "TRANSFERRING", "VERIFYING"}


def plan(aws: Aws, resource: Arn, case: Case) -> Plan:
    """Switch the schedule off, and cancel what is under way."""
    task = _task(resource)
    before = _schedule(aws, str(task))
    enabled = before["status"] == "ENABLED"
    disabling = (f"datasync:UpdateTask on {task}: schedule {before['schedule']} off",) if enabled else ()
    try:
        planned = _RUNNER.plan(aws, task, case)
    except Needless:
        if not enabled:
            raise
        planned = Plan(before={}, calls=(), undo="", settings={"since": case.since and case.since.isoformat()})
    return replace(
        planned,
        before=before,
        calls=(*disabling, *planned.calls),
        undo=f"datasync:UpdateTask on {task}: the schedule as it was; {_jobs.NO_UNDO}",
        breaks=(*planned.breaks, *((f"{task} copies nothing more by its schedule",) if enabled else ())),
        resource=str(task),
    )


def read(aws: Aws, step: Step) -> State:
    """`{"schedule": expression | None, "status": "ENABLED" | "DISABLED" | None}`; what was cancelled is no state."""
    return _schedule(aws, step.resource)


def apply(aws: Aws, step: Step, wait: Wait) -> Witness | None:
    """The schedule first, or a new transfer may start behind the one that is cancelled."""
    _switch(aws, step, "DISABLED")
    _RUNNER.apply(aws, step, wait)
    return None


def verify(aws: Aws, step: Step, wait: Wait, witness: Witness | None) -> Proof:
    """Nothing is under way, and nothing will start by itself."""
    proof = _RUNNER.verify(aws, step, wait, None)
    off = _schedule(aws, step.resource)["status"] != "ENABLED"
    told = "nothing starts by a schedule" if off else "its schedule will start it again"
    return Proof(proof.holds and off, proof.method, (*proof.what, told))


def undo(aws: Aws, step: Step, wait: Wait) -> None:
    """Switch the schedule on again; what was cancelled is started again by whoever needs it."""
    if (step.before or {}).get("status") == "ENABLED":
        _switch(aws, step, "ENABLED")
    settled(lambda: _schedule(aws, step.resource) == step.before, wait)


def _switch(aws: Aws, step: Step, status: str) -> None:
    now = _schedule(aws, step.resource)
    if now["schedule"] and now["status"] != status:
        schedule = {"ScheduleExpression": now["schedule"], "Status": status}
        aws.call("datasync", "UpdateTask", TaskArn=step.resource, Schedule=schedule)


def _schedule(aws: Aws, task: str) -> dict[str, str | None]:
    found = aws.call("datasync", "DescribeTask", TaskArn=task).get("Schedule") or {}
    expression = found.get("ScheduleExpression") or None
    # DataSync leaves the status out where nobody ever switched it.
    return {"schedule": expression, "status": (found.get("Status") or "ENABLED") if expression else None}


def _task(resource: Arn) -> Arn:
    """The task of an execution, `task/task-.../execution/exec-...`."""
    return replace(resource, resource=resource.resource.partition("/execution/")[0])


def _running(aws: Aws, task: Arn) -> list[_jobs.Job]:
    listed = aws.pages("datasync", "ListTaskExecutions", "TaskExecutions", TaskArn=str(task))
    under_way = [str(each["TaskExecutionArn"]) for each in listed if each.get("Status") in _UNDER_WAY]
    if not under_way:
        return []
    destination = str(aws.call("datasync", "DescribeTask", TaskArn=str(task)).get("DestinationLocationArn"))
    started = {arn: aws.call("datasync", "DescribeTaskExecution", TaskExecutionArn=arn) for arn in under_way}
    return [_jobs.Job(arn, destination, found.get("StartTime")) for arn, found in started.items()]


def _cancel(aws: Aws, job: str) -> None:
    aws.call("datasync", "CancelTaskExecution", TaskExecutionArn=job)


_RUNNER = _jobs.Runner(_running, _cancel, "datasync:CancelTaskExecution")
