from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import pytest
from tests.ground import no_wait, survives_dying
from tests.recorded_aws import ACCOUNT, REGION, Operation, Recorded, RecordedAws

from stanch.catalog.actions.bedrock import stop_jobs as action
from stanch.contracts.action import Needless
from stanch.contracts.aws import AwsAbsent

ID = "bedrock/stop_jobs"
TUNING = f"arn:aws:bedrock:{REGION}:{ACCOUNT}:model-customization-job/amazon.titan-text-lite-v1/abcdef012345"
BATCH = f"arn:aws:bedrock:{REGION}:{ACCOUNT}:model-invocation-job/abcdef012345"
SINCE = datetime(2026, 11, 22, 10, 0, tzinfo=UTC)
ROLE = f"arn:aws:iam::{ACCOUNT}:role/tuning"


def running(status: str = "InProgress") -> Recorded:
    """An account in memory in which both jobs have this status."""

    def tuning(state: dict[str, Any], asked: Mapping[str, Any]) -> dict[str, Any]:
        if asked["jobIdentifier"] != TUNING:
            raise AwsAbsent("bedrock:GetModelCustomizationJob", "ResourceNotFoundException", "no such job")
        model = {
            "outputModelName": "m",
            "roleArn": ROLE,
            "baseModelArn": "arn:aws:bedrock:eu-central-1::foundation-model/x",
        }
        data = {"trainingDataConfig": {"s3Uri": "s3://ours/t"}, "validationDataConfig": {"validators": []}}
        named = {"jobArn": TUNING, "jobName": "j", "creationTime": SINCE, "status": state["status"]}
        return {**named, **model, **data, "outputDataConfig": {"s3Uri": "s3://elsewhere/out"}}

    def batch(state: dict[str, Any], _asked: Mapping[str, Any]) -> dict[str, Any]:
        where = {"s3InputDataConfig": {"s3Uri": "s3://ours/in"}}
        out = {"s3OutputDataConfig": {"s3Uri": "s3://elsewhere/out"}}
        named = {"jobArn": BATCH, "modelId": "m", "roleArn": ROLE, "submitTime": SINCE, "status": state["status"]}
        return {**named, "inputDataConfig": where, "outputDataConfig": out}

    def stop(state: dict[str, Any], _asked: Mapping[str, Any]) -> None:
        state["status"] = "Stopping"

    operations: dict[str, Operation] = {
        "bedrock:GetModelCustomizationJob": tuning,
        "bedrock:GetModelInvocationJob": batch,
        "bedrock:StopModelCustomizationJob": stop,
        "bedrock:StopModelInvocationJob": stop,
    }
    return Recorded(RecordedAws(operations, {"status": status}))


@pytest.mark.parametrize("job", [TUNING, BATCH])
def test_stops_a_job_that_is_under_way_and_says_where_it_writes(job: str) -> None:
    account = running()
    step = account.planned(ID, job, case=account.case(since=SINCE))
    assert step.calls[0].endswith(f"{job}, which writes to s3://elsewhere/out")
    action.apply(account.aws, step, no_wait)
    assert account.aws.state["status"] == "Stopping"
    assert action.verify(account.aws, step, no_wait, None).holds


def test_has_nothing_to_do_when_the_job_has_ended() -> None:
    with pytest.raises(Needless):
        running("Completed").planned(ID, TUNING)


def test_says_that_a_job_is_gone() -> None:
    with pytest.raises(AwsAbsent):
        running().planned(ID, f"{TUNING}6")


def test_survives_dying_before_each_change() -> None:
    ground = running()

    def begun() -> str:
        ground.aws.state["status"] = "InProgress"
        return BATCH

    assert survives_dying(ground, ID, begun) == 1
