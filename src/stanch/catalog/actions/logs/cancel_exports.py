"""A log group holds what users asked a model; an export writes all of it to a bucket in one go.

Blind to: whose the bucket is, what was written before the export was cancelled, and subscriptions, which go on sending
new events.
"""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from stanch.catalog.actions import _jobs
from stanch.contracts.action import Affects, Case, Plan, Wait, Witness
from stanch.contracts.aws import Aws
from stanch.domain.arn import Arn
from stanch.domain.step import Phase, Proof, State, Step

APPLIES_TO = ("log-group",)
PHASE = Phase.DATA
AFFECTS = Affects.USERS
PERMISSIONS = ("logs:DescribeExportTasks", "logs:CancelExportTask")

_UNDER_WAY = {"PENDING", "RUNNING"}


def plan(aws: Aws, resource: Arn, case: Case) -> Plan:
    """Cancel the exports of this log group that are under way."""
    return _jobs.plan(_RUNNER, aws, resource, case)


def read(aws: Aws, step: Step) -> State:
    """`{}`: a cancelled export is no state to lead back to."""
    return _jobs.state(aws, step)


def apply(aws: Aws, step: Step, wait: Wait) -> Witness | None:
    """One call for each export under way."""
    _jobs.apply(_RUNNER, aws, step, wait)
    return None


def verify(aws: Aws, step: Step, wait: Wait, witness: Witness | None) -> Proof:
    """CloudWatch Logs lists none under way."""
    return _jobs.verify(_RUNNER, aws, step, wait)


def undo(aws: Aws, step: Step, wait: Wait) -> None:
    """Nothing: whoever needs the export starts it again."""


def _running(aws: Aws, resource: Arn) -> list[_jobs.Job]:
    group = resource.resource.removeprefix("log-group:").removesuffix(":*")
    tasks = aws.pages("logs", "DescribeExportTasks", "exportTasks")
    return [
        _jobs.Job(str(task["taskId"]), f"s3://{task.get('destination')}", _began(task))
        for task in tasks
        if task.get("logGroupName") == group and (task.get("status") or {}).get("code") in _UNDER_WAY
    ]


def _began(task: Mapping[str, Any]) -> datetime | None:
    milliseconds = (task.get("executionInfo") or {}).get("creationTime")
    return datetime.fromtimestamp(milliseconds / 1000, UTC) if milliseconds else None


def _cancel(aws: Aws, job: str) -> None:
    aws.call("logs", "CancelExportTask", taskId=job)


_RUNNER = _jobs.Runner(_running, _cancel, "logs:CancelExportTask")
