"""An export writes whole tables to a bucket as files, without touching the database that runs.

Blind to: whose the bucket is, and what was written before the export was cancelled: look into the bucket.
"""

from stanch.catalog.actions import _jobs
from stanch.contracts.action import Affects
from stanch.contracts.aws import Aws
from stanch.domain.arn import Arn
from stanch.domain.step import Phase

APPLIES_TO = (
    "db-snapshot",
    "cluster-snapshot",
    "db-cluster",
)
PHASE = Phase.DATA
AFFECTS = Affects.USERS
PERMISSIONS = ("rds:DescribeExportTasks", "rds:CancelExportTask")

_UNDER_WAY = {"STARTING", "IN_PROGRESS"}


def _running(aws: Aws, resource: Arn) -> list[_jobs.Job]:
    tasks = aws.pages("rds", "DescribeExportTasks", "ExportTasks", SourceArn=str(resource))
    return [
        _jobs.Job(str(task["ExportTaskIdentifier"]), f"s3://{task.get('S3Bucket')}", task.get("TaskStartTime"))
        for task in tasks
        if str(task.get("Status")).upper() in _UNDER_WAY
    ]


def _cancel(aws: Aws, job: str) -> None:
    aws.call("rds", "CancelExportTask", ExportTaskIdentifier=job)


_RUNNER = _jobs.Runner(_running, _cancel, "rds:CancelExportTask")
plan, read, apply, verify, undo = _RUNNER.plan, _RUNNER.read, _RUNNER.apply, _RUNNER.verify, _RUNNER.undo
