"""An export writes a whole machine, or an image of one, to a bucket as a disk file.

Blind to: whose the bucket is, when an export began (EC2 does not say, so each one under way counts), and what was
written before it was cancelled. An image that is being stored as an object cannot be stopped: it is told.
"""

from dataclasses import replace

from stanch.catalog.actions import _jobs
from stanch.contracts.action import Affects, Case, Needless, Plan, Refused
from stanch.contracts.aws import Aws
from stanch.domain.arn import Arn
from stanch.domain.step import Phase

APPLIES_TO = (
    "image",
    "instance",
)
PHASE = Phase.DATA
AFFECTS = Affects.USERS
PERMISSIONS = (
    "ec2:DescribeExportImageTasks",
    "ec2:DescribeExportTasks",
    "ec2:DescribeStoreImageTasks",
    "ec2:CancelExportTask",
)


def plan(aws: Aws, resource: Arn, case: Case) -> Plan:
    """Cancel the exports of this image or instance; refuses what EC2 cannot stop: an image stored as an object."""
    storing = _storing(aws, resource) if resource.kind == "image" else []
    try:
        planned = _RUNNER.plan(aws, resource, case)
    except Needless:
        if not storing:
            raise
        raise Refused(f"{'; '.join(storing)}: EC2 cannot stop that; delete the object, or close its bucket") from None
    return replace(planned, calls=(*planned.calls, *(f"(EC2 cannot stop this: {task})" for task in storing)))


def _running(aws: Aws, resource: Arn) -> list[_jobs.Job]:
    if resource.kind == "image":
        images = aws.pages("ec2", "DescribeExportImageTasks", "ExportImageTasks")
        return [
            _jobs.Job(str(task["ExportImageTaskId"]), f"s3://{task.get('S3ExportLocation', {}).get('S3Bucket')}")
            for task in images
            if task.get("ImageId") == resource.name and task.get("Status") == "active"
        ]
    machines = aws.call("ec2", "DescribeExportTasks").get("ExportTasks") or ()
    return [
        _jobs.Job(str(task["ExportTaskId"]), f"s3://{task.get('ExportToS3Task', {}).get('S3Bucket')}")
        for task in machines
        if task.get("InstanceExportDetails", {}).get("InstanceId") == resource.name and task.get("State") == "active"
    ]


def _storing(aws: Aws, resource: Arn) -> list[str]:
    tasks = aws.pages("ec2", "DescribeStoreImageTasks", "StoreImageTaskResults", ImageIds=[resource.name])
    return [
        f"{resource.name} is being stored as s3://{task.get('Bucket')}/{task.get('S3objectKey')}"
        for task in tasks
        if task.get("StoreTaskState") == "InProgress"
    ]


def _cancel(aws: Aws, job: str) -> None:
    aws.call("ec2", "CancelExportTask", ExportTaskId=job)


_RUNNER = _jobs.Runner(_running, _cancel, "ec2:CancelExportTask")
read, apply, verify, undo = _RUNNER.read, _RUNNER.apply, _RUNNER.verify, _RUNNER.undo
