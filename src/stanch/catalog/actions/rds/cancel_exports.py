"""An export writes whole tables to a bucket as files, without touching the database that runs.

Blind to: whose the bucket is, and what was written before the export was cancelled: look into the bucket.
"""

from stanch.catalog.actions import _jobs
from stanch.contracts.action import Affects, Case, Plan, Wait, Witness
from stanch.contracts.aws import Aws
from stanch.domain.arn import Arn
from stanch.domain.step import Phase, Proof, State, Step

APPLIES_TO = (
    "db-snapshot",
    "cluster-snapshot",
    "db-cluster",
)
PHASE = Phase.DATA
AFFECTS = Affects.USERS
PERMISSIONS = ("rds:DescribeExportTasks", "rds:CancelExportTask")

_UNDER_WAY = {"STARTING", "IN_PROGRESS"}


def plan(aws: Aws, resource: Arn, case: Case) -> Plan:
    """Cancel the exports of this snapshot or cluster that are under way."""
    return _jobs.plan(_RUNNER, aws, resource, case)


def read(aws: Aws, step: Step) -> State:
    """`{}`: a cancelled export is no state to lead back to."""
    return _jobs.state(aws, step)


def apply(aws: Aws, step: Step, wait: Wait) -> Witness | None:
    """One call for each export under way."""
    _jobs.apply(_RUNNER, aws, step, wait)
    return None


def verify(aws: Aws, step: Step, wait: Wait, witness: Witness | None) -> Proof:
    """RDS lists none under way."""
    return _jobs.verify(_RUNNER, aws, step, wait)


def undo(aws: Aws, step: Step, wait: Wait) -> None:
    """Nothing: whoever needs the export starts it again."""


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
