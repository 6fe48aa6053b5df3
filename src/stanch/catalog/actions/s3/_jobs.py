"""A batch job copies a billion objects with one call; its manifest says what, its operation says where to."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from stanch.catalog.actions.s3._control import Control
from stanch.catalog.actions.s3._copying import Places
from stanch.domain.arn import Arn, ArnError

ENDED = ("Cancelled", "Complete", "Failed")
_STOPPING = ("Cancelling", "Completing", "Failing")
_AT_WORK = ["Active", "New", "Paused", "Pausing", "Preparing", "Ready", "Suspended"]


@dataclass(frozen=True, slots=True)
class Job:
    """One job: its id, its status, in words what it sends where, and whether its manifest names the bucket for sure."""

    id: str
    status: str
    told: str
    certain: bool

    @property
    def at_work(self) -> bool:
        """Whether it copies, or will."""
        return self.status not in ENDED and self.status not in _STOPPING


def leading_outside(control: Control, bucket: str, places: Places, replicates_outside: bool) -> list[Job]:
    """The unfinished jobs that send this bucket's objects to strangers, and those that may.

    Raises AwsError. `replicates_outside`: whether a replication rule of the bucket leads outside, for a replication
    job follows those.
    """
    listed = control.listed("ListJobs", "Jobs", JobStatuses=_AT_WORK)
    described = (control.call("DescribeJob", JobId=one["JobId"])["Job"] for one in listed)
    found = (_judged(job, bucket, places, replicates_outside) for job in described)
    return [job for job in found if job is not None and job.at_work]


def status(control: Control, job: str) -> str:
    """The status of a job. Raises AwsError."""
    return str(control.call("DescribeJob", JobId=job)["Job"]["Status"])


def _judged(job: Mapping[str, Any], bucket: str, places: Places, replicates_outside: bool) -> Job | None:
    source = _source(job)
    if source not in (None, bucket):
        return None
    to = _destination(job, places, replicates_outside)
    if to is None:
        return None
    certain = source is not None
    unsure = "" if certain else f" (its manifest was not read: it may name other buckets than {bucket})"
    return Job(str(job["JobId"]), str(job["Status"]), f"job {job['JobId']}, {to}{unsure}", certain)


def _source(job: Mapping[str, Any]) -> str | None:
    """The bucket whose objects it works on; None when only its manifest, a file, says so."""
    made = (job.get("ManifestGenerator") or {}).get("S3JobManifestGenerator") or {}
    return _bare(made["SourceBucket"]) if made.get("SourceBucket") else None


def _destination(job: Mapping[str, Any], places: Places, replicates_outside: bool) -> str | None:
    """In words where it leads outside, or None."""
    operation = job.get("Operation") or {}
    target = (operation.get("S3PutObjectCopy") or {}).get("TargetResource")
    if target and not _ours(target, places):
        return f"which copies to {target}"
    function = (operation.get("LambdaInvoke") or {}).get("FunctionArn")
    if function and not places.holds(function):
        return f"which hands each object to {function}"
    if "S3ReplicateObject" in operation and replicates_outside and _source(job) is not None:
        return "which replicates by rules that lead outside"
    report = job.get("Report") or {}
    if report.get("Enabled") and report.get("Bucket") and not _ours(report["Bucket"], places):
        return f"which reports each object's key to {report['Bucket']}"
    return None


def _ours(target: str, places: Places) -> bool:
    """An access point's ARN names an account; a bucket's does not."""
    try:
        account = Arn.parse(target).account
    except ArnError:
        account = ""
    return places.holds(target) if account else places.holds_bucket(target)


def _bare(bucket: str) -> str:
    return bucket.rsplit(":", 1)[-1]
