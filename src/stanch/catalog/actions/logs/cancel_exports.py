"""A log group holds what users asked a model; an export writes all of it to a bucket in one go.

Blind to: whose the bucket is, what was written before the export was cancelled, and subscriptions, which go on sending
new events.
"""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from stanch.catalog.actions import _jobs
from stanch.contracts.action import Affects
from stanch.contracts.aws import Aws
from stanch.domain.arn import Arn
from stanch.domain.step import Phase

APPLIES_TO = ("log-group",)
PHASE = Phase.DATA
AFFECTS = Affects.USERS
PERMISSIONS = ("logs:DescribeExportTasks", "logs:CancelExportTask")

_UNDER_WAY = {"PENDING", "RUNNING"}


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
plan, read, apply, verify, undo = _RUNNER.plan, _RUNNER.read, _RUNNER.apply, _RUNNER.verify, _RUNNER.undo
