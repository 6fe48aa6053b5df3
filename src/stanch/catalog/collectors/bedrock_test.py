"""The collector of Bedrock against recorded answers."""

from datetime import UTC, datetime
from typing import Any

from tests.collecting import collected, says, survives_denials, turned
from tests.recorded_aws import ACCOUNT, REGION, RecordedAws

from stanch.catalog.collectors import bedrock
from stanch.contracts.aws import AwsUnreachable
from stanch.contracts.collector import unseen

AT = f"arn:aws:bedrock:{REGION}:{ACCOUNT}"
BASE = f"arn:aws:bedrock:{REGION}::foundation-model/amazon.titan-text-lite-v1"
CUSTOM, OTHER, IMPORTED = (f"{AT}:{name}" for name in ("custom-model/a.b/1", "custom-model/a.b/2", "imported-model/x1"))
JOB, GUARD = f"{AT}:model-import-job/j1", f"{AT}:guardrail/g1"
THROUGHPUT, PROFILE = f"{AT}:provisioned-model/p1", f"{AT}:application-inference-profile/a1"
NOW = datetime(2026, 11, 1, tzinfo=UTC)
LOGGING = {"s3Config": {"bucketName": "acme-prompts"}, "textDataDeliveryEnabled": True}


def account(**changes: Any) -> RecordedAws:
    def custom(arn: str) -> dict[str, Any]:
        return {"modelArn": arn, "modelName": "m", "creationTime": NOW, "baseModelArn": BASE, "baseModelName": "b"}

    guard = {"name": "g", "version": "DRAFT", "status": "READY", "createdAt": NOW, "updatedAt": NOW}
    throughput = {"provisionedModelName": "p", "provisionedModelArn": THROUGHPUT, "modelArn": CUSTOM,
                  "desiredModelArn": CUSTOM, "foundationModelArn": BASE, "modelUnits": 1, "desiredModelUnits": 1,
                  "status": "InService", "creationTime": NOW, "lastModifiedTime": NOW}  # fmt: skip
    profile = {"inferenceProfileName": "eu", "inferenceProfileArn": PROFILE, "models": [{"modelArn": BASE}],
               "inferenceProfileId": "a1", "status": "ACTIVE", "type": "APPLICATION"}  # fmt: skip
    source = {"s3DataSource": {"s3Uri": "s3://acme-weights/llama/"}}
    job = {"jobArn": JOB, "jobName": "j", "status": "Completed", "creationTime": NOW}
    return RecordedAws(
        {
            "bedrock:GetModelInvocationLoggingConfiguration": says({"loggingConfig": LOGGING}),
            "bedrock:ListCustomModels": turned(
                "modelSummaries", "nextToken", "nextToken", [custom(CUSTOM), custom(OTHER)]
            ),
            "bedrock:GetCustomModel": lambda _, asked: {
                "modelArn": asked["modelIdentifier"],
                "modelName": "m",
                "creationTime": NOW,
                "trainingDataConfig": {"s3Uri": "s3://acme-training/"},
                "outputDataConfig": {"s3Uri": "s3://acme-weights/"},
            },
            "bedrock:ListImportedModels": says(
                {"modelSummaries": [{"modelArn": IMPORTED, "modelName": "x", "creationTime": NOW}]}
            ),
            "bedrock:GetImportedModel": says({"modelArn": IMPORTED, "modelDataSource": source}),
            "bedrock:ListModelImportJobs": says({"modelImportJobSummaries": [job]}),
            "bedrock:GetModelImportJob": says({"jobArn": JOB, "modelDataSource": source}),
            "bedrock:ListGuardrails": says({"guardrails": [{**guard, "id": "g1", "arn": GUARD}]}),
            "bedrock:GetGuardrail": says(
                {
                    **guard,
                    "guardrailId": "g1",
                    "guardrailArn": GUARD,
                    "blockedInputMessaging": "no",
                    "blockedOutputsMessaging": "no",
                }
            ),
            "bedrock:ListProvisionedModelThroughputs": says({"provisionedModelSummaries": [throughput]}),
            "bedrock:ListInferenceProfiles": says({"inferenceProfileSummaries": [profile]}),
            **changes,
        }
    )


def test_models_jobs_guardrails_and_profiles_are_told() -> None:
    things, unknowns = collected(bedrock, account())
    assert unknowns == []
    assert things[f"{AT}:account"].data == {"ModelInvocationLogging": LOGGING}
    assert things[CUSTOM].data["trainingDataConfig"] == {"s3Uri": "s3://acme-training/"}
    assert OTHER in things
    assert things[IMPORTED].data["modelDataSource"]["s3DataSource"]["s3Uri"] == "s3://acme-weights/llama/"
    assert things[JOB].kind == "bedrock/model-import-job"
    assert things[GUARD].data["status"] == "READY"
    assert things[THROUGHPUT].data["modelArn"] == CUSTOM
    assert things[PROFILE].data["models"] == [{"modelArn": BASE}]


def test_invocations_that_are_not_logged_are_none() -> None:
    things, _ = collected(bedrock, account(**{"bedrock:GetModelInvocationLoggingConfiguration": says({})}))
    assert things[f"{AT}:account"].data == {"ModelInvocationLogging": None}


def test_a_region_without_bedrock_is_unseen_and_no_crash() -> None:
    def nowhere(*_: Any) -> None:
        raise AwsUnreachable("bedrock", "EndpointConnectionError", "could not connect to the endpoint")

    aws = account()
    things, unknowns = collected(bedrock, account(**dict.fromkeys(aws.operations, nowhere)))
    assert things.keys() == {f"{AT}:account"}
    assert unseen(things[f"{AT}:account"].data["ModelInvocationLogging"])
    assert {unknown.permission for unknown in unknowns} == {None}


def test_each_denial_is_one_gap_with_its_permission() -> None:
    survives_denials(bedrock, account())
