"""A model job reads training data or prompts from one bucket, and writes what came of it to another.

Blind to: whose the output bucket is, and what was written before the job was stopped. Jobs that import or copy a
model cannot be stopped.
"""

from typing import Any

from stanch.catalog.actions import _jobs
from stanch.contracts.action import Affects
from stanch.contracts.aws import Aws
from stanch.domain.arn import Arn
from stanch.domain.step import Phase

APPLIES_TO = (
    "model-customization-job",
    "model-invocation-job",
)
PHASE = Phase.DATA
AFFECTS = Affects.USERS
PERMISSIONS = (
    "bedrock:GetModelCustomizationJob",
    "bedrock:StopModelCustomizationJob",
    "bedrock:GetModelInvocationJob",
    "bedrock:StopModelInvocationJob",
)

_UNDER_WAY = {"Submitted", "Validating", "Scheduled", "InProgress"}


def _running(aws: Aws, resource: Arn) -> list[_jobs.Job]:
    found = aws.call("bedrock", f"Get{_word(resource)}", jobIdentifier=str(resource))
    if found.get("status") not in _UNDER_WAY:
        return []
    return [_jobs.Job(str(resource), _target(found), found.get("creationTime") or found.get("submitTime"))]


def _target(job: dict[str, Any]) -> str:
    output = job.get("outputDataConfig") or {}
    return str(output.get("s3Uri") or (output.get("s3OutputDataConfig") or {}).get("s3Uri"))


def _cancel(aws: Aws, job: str) -> None:
    aws.call("bedrock", f"Stop{_word(Arn.parse(job))}", jobIdentifier=job)


def _word(resource: Arn) -> str:
    return "ModelInvocationJob" if resource.kind == "model-invocation-job" else "ModelCustomizationJob"


_RUNNER = _jobs.Runner(_running, _cancel, "bedrock:StopModelCustomizationJob, or StopModelInvocationJob, on")
plan, read, apply, verify, undo = _RUNNER.plan, _RUNNER.read, _RUNNER.apply, _RUNNER.verify, _RUNNER.undo
