"""A batch job goes on copying under its own role after the one who made it is locked out.

Blind to: what it has copied already; which objects a manifest in a file names. A cancelled job cannot be resumed.
"""

from collections.abc import Sequence

from stanch.catalog.actions._settle import settled
from stanch.catalog.actions._strangers import Ours
from stanch.catalog.actions.s3 import _jobs
from stanch.catalog.actions.s3._bucket import Bucket
from stanch.catalog.actions.s3._control import Control
from stanch.catalog.actions.s3._copying import Places, replication
from stanch.contracts.action import Affects, Case, Needless, Plan, Wait, Witness
from stanch.contracts.aws import Aws, AwsError
from stanch.domain.arn import Arn
from stanch.domain.step import Method, Phase, Proof, State, Step

APPLIES_TO = ("bucket",)
PHASE = Phase.DATA
AFFECTS = Affects.STRANGERS
PERMISSIONS = (
    "s3:GetBucketLocation",
    "s3:ListAllMyBuckets",
    "s3:GetReplicationConfiguration",
    "s3:ListJobs",
    "s3:DescribeJob",
    "s3:UpdateJobStatus",
)


def plan(aws: Aws, resource: Arn, case: Case) -> Plan:
    """Needless where no unfinished job sends the bucket's objects outside."""
    bucket = Bucket(aws, resource.resource, aws.account)
    ours = Ours.of(case.perimeter, bucket.owner)
    region = bucket.region()
    jobs = _found(bucket, region, Places.of(aws, ours.accounts))
    if not jobs:
        raise Needless(f"no batch job in {region} sends {bucket.name} to a stranger")
    return Plan(
        before={},  # there is no way back, so nothing that undo could compare
        calls=tuple(f"s3:UpdateJobStatus to Cancelled: {job.told}" for job in jobs),
        undo="none: a cancelled job cannot be resumed, only made again; what it copied before stays where it is",
        breaks=("whoever waits for these jobs must make them again, whatever comes of the incident",),
        settings={
            "owner": bucket.owner,
            "ours": ours.to_json(),
            "region": region,
            "jobs": [job.id for job in jobs],
            "incident": case.incident,
        },
    )


def read(aws: Aws, step: Step) -> State:
    """`{}`: a cancellation leaves nothing to put back."""
    return {}


def apply(aws: Aws, step: Step, wait: Wait) -> Witness | None:
    """Cancel each job that has not ended by itself meanwhile."""
    control = _control(aws, step)
    for job in step.settings["jobs"]:
        if _jobs.status(control, job) not in _jobs.ENDED:
            _cancel(control, job, step.settings["incident"])
    settled(lambda: not _unended(control, step.settings["jobs"]), wait)
    return None


def verify(aws: Aws, step: Step, wait: Wait, witness: Witness | None) -> Proof:
    """Each job has ended, and a second look finds no other."""
    control = _control(aws, step)
    if not settled(lambda: not _unended(control, step.settings["jobs"]), wait):
        going = ", ".join(_unended(control, step.settings["jobs"]))
        return Proof(False, Method.STATE, (f"not ended yet: {going}; look again in a minute",))
    bucket = Bucket.of(aws, step)
    left = _found(bucket, control.region, Places.of(aws, Ours.read(step.settings["ours"]).accounts))
    if left:
        return Proof(False, Method.STATE, tuple(f"made since the plan: {job.told}" for job in left))
    told = tuple(f"job {job}: {_jobs.status(control, job)}" for job in step.settings["jobs"])
    return Proof(True, Method.STATE, told)


def undo(aws: Aws, step: Step, wait: Wait) -> None:
    """Nothing can be done; the plan said so."""


def _found(bucket: Bucket, region: str, places: Places) -> list[_jobs.Job]:
    outside = any(replication.leads_outside(rule, places) for rule in replication.rules(bucket))
    return _jobs.leading_outside(Control(bucket.aws, bucket.owner, region), bucket.name, places, outside)


def _cancel(control: Control, job: str, incident: str) -> None:
    try:
        reason = f"stanch, incident {incident}"
        control.call("UpdateJobStatus", JobId=job, RequestedJobStatus="Cancelled", StatusUpdateReason=reason)
    except AwsError:
        # S3 takes the request only in some states; one that ended in between needs none.
        if _jobs.status(control, job) not in (*_jobs.ENDED, "Cancelling"):
            raise


def _unended(control: Control, jobs: Sequence[str]) -> list[str]:
    return [job for job in jobs if _jobs.status(control, job) not in _jobs.ENDED]


def _control(aws: Aws, step: Step) -> Control:
    return Control(aws, step.settings["owner"], step.settings["region"])
