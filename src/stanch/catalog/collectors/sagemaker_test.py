"""The collector of SageMaker against recorded answers, and against the range for what it knows."""

import json
from datetime import UTC, datetime
from typing import Any

from tests.collecting import collected, says, survives_denials, turned
from tests.ground import Ground
from tests.recorded_aws import ACCOUNT, REGION, RecordedAws

from stanch.catalog.collectors import sagemaker
from stanch.contracts.aws import AwsError
from stanch.contracts.collector import unseen

AT = f"arn:aws:sagemaker:{REGION}:{ACCOUNT}"
NOW = datetime(2026, 11, 1, tzinfo=UTC)
TIMES = {"CreationTime": NOW, "LastModifiedTime": NOW}
POLICY = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": {"AWS": "999988887777"}}]}
PACKAGES = [f"{AT}:model-package/llama/{version}" for version in (1, 2)]
CONTAINER = {"Image": f"{ACCOUNT}.dkr.ecr.{REGION}.amazonaws.com/vllm:1", "ModelDataUrl": "s3://acme-weights/m.tar.gz"}
CAPTURE = {
    "EnableCapture": True,
    "InitialSamplingPercentage": 100,
    "DestinationS3Uri": "s3://acme-capture/",
    "CaptureOptions": [{"CaptureMode": "Input"}],
}


def account(**changes: Any) -> RecordedAws:
    def named(kind: str, name: str) -> dict[str, Any]:
        return {f"{kind}Name": name, f"{kind}Arn": f"{AT}:{kind.lower()}/{name}"}

    variants = [{"VariantName": "one", "ModelName": "llama"}]
    model = {**named("Model", "llama"), "CreationTime": NOW}
    config = {"EndpointConfigName": "c", "EndpointConfigArn": f"{AT}:endpoint-config/c", "CreationTime": NOW}
    notebook = {"NotebookInstanceName": "n", "NotebookInstanceArn": f"{AT}:notebook-instance/n"}
    group = {"ModelPackageGroupName": "llama", "ModelPackageGroupArn": f"{AT}:model-package-group/llama",
             "CreationTime": NOW, "ModelPackageGroupStatus": "Completed"}  # fmt: skip
    package = {"CreationTime": NOW, "ModelPackageStatus": "Completed", "ModelPackageGroupName": "llama"}
    listed = [{**package, "ModelPackageArn": arn} for arn in PACKAGES]

    def packages(_: Any, asked: Any) -> dict[str, Any]:
        specification = {"Containers": [CONTAINER], "SupportedContentTypes": [], "SupportedResponseMIMETypes": []}
        told = {**package, "ModelPackageGroupName": "llama", "InferenceSpecification": specification}
        return {
            "ModelPackageSummaries": {arn: {**told, "ModelPackageArn": arn} for arn in asked["ModelPackageArnList"]}
        }

    endpoint = {**named("Endpoint", "e"), **TIMES, "EndpointStatus": "InService"}
    server = {"TrackingServerName": "lab", "TrackingServerArn": f"{AT}:mlflow-tracking-server/lab"}
    secret = {"Environment": {"HF_TOKEN": "abcdefgh1234"}}
    return RecordedAws(
        {
            "sagemaker:ListMlflowTrackingServers": says({"TrackingServerSummaries": [server]}),
            "sagemaker:DescribeMlflowTrackingServer": says({**server, "ArtifactStoreUri": "s3://acme-mlflow/"}),
            "sagemaker:ListEndpoints": says({"Endpoints": [endpoint]}),
            "sagemaker:DescribeEndpoint": says({**endpoint, "ProductionVariants": [{"VariantName": "one"}]}),
            "sagemaker:ListEndpointConfigs": says({"EndpointConfigs": [config]}),
            "sagemaker:DescribeEndpointConfig": says(
                {**config, "ProductionVariants": variants, "DataCaptureConfig": CAPTURE}
            ),
            "sagemaker:ListModels": turned(
                "Models", "NextToken", "NextToken", [model, {**model, "ModelArn": f"{AT}:model/2"}]
            ),
            "sagemaker:DescribeModel": says(
                {**model, "PrimaryContainer": {**CONTAINER, **secret}, "EnableNetworkIsolation": False}
            ),
            "sagemaker:ListNotebookInstances": says({"NotebookInstances": [notebook]}),
            "sagemaker:DescribeNotebookInstance": says({**notebook, "DirectInternetAccess": "Enabled"}),
            "sagemaker:ListDomains": says({"Domains": [{"DomainArn": f"{AT}:domain/d-1", "DomainId": "d-1"}]}),
            "sagemaker:DescribeDomain": says({"DomainArn": f"{AT}:domain/d-1", "AppNetworkAccessType": "VpcOnly"}),
            "sagemaker:ListModelPackageGroups": says({"ModelPackageGroupSummaryList": [group]}),
            "sagemaker:GetModelPackageGroupPolicy": says({"ResourcePolicy": json.dumps(POLICY)}),
            "sagemaker:ListModelPackages": turned("ModelPackageSummaryList", "NextToken", "NextToken", listed),
            "sagemaker:BatchDescribeModelPackage": packages,
            **changes,
        }
    )


def test_all_that_holds_or_serves_a_model_is_told() -> None:
    aws = account()
    things, unknowns = collected(sagemaker, aws)
    assert unknowns == []
    assert things[f"{AT}:endpoint-config/c"].data["DataCaptureConfig"] == CAPTURE
    assert things[f"{AT}:endpoint/e"].data["ProductionVariants"][0]["VariantName"] == "one"
    assert things[f"{AT}:model-package-group/llama"].data["ResourcePolicy"] == POLICY
    assert things[f"{AT}:notebook-instance/n"].data["DirectInternetAccess"] == "Enabled"
    assert things[f"{AT}:domain/d-1"].data["AppNetworkAccessType"] == "VpcOnly"
    container = things[f"{AT}:model/llama"].data["PrimaryContainer"]
    assert container["ModelDataUrl"] == CONTAINER["ModelDataUrl"]
    assert container["Environment"]["HF_TOKEN"]["LooksSecret"] == "named-so"
    assert "abcdefgh1234" not in repr(things)
    assert f"{AT}:model/2" in things
    assert [name for name, _ in aws.calls].count("sagemaker:BatchDescribeModelPackage") == 1
    for arn in PACKAGES:
        assert things[arn].data["InferenceSpecification"]["Containers"] == [CONTAINER]


def test_a_group_without_a_policy_has_none() -> None:
    def none(*_: Any) -> None:
        raise AwsError("sagemaker:GetModelPackageGroupPolicy", "ValidationException", "Cannot find resource policy.")

    things, unknowns = collected(sagemaker, account(**{"sagemaker:GetModelPackageGroupPolicy": none}))
    assert unknowns == []
    assert things[f"{AT}:model-package-group/llama"].data["ResourcePolicy"] is None


def test_a_group_that_vanished_is_unknown() -> None:
    def gone(*_: Any) -> None:
        why = "Cannot find Model Package Group: llama"
        raise AwsError("sagemaker:GetModelPackageGroupPolicy", "ValidationException", why)

    things, unknowns = collected(sagemaker, account(**{"sagemaker:GetModelPackageGroupPolicy": gone}))
    assert unseen(things[f"{AT}:model-package-group/llama"].data["ResourcePolicy"])
    assert len(unknowns) == 1


def test_a_version_that_cannot_be_described_is_unknown() -> None:
    error = {PACKAGES[0]: {"ErrorCode": "AccessDeniedException", "ErrorResponse": "no"}}
    changes = {"sagemaker:BatchDescribeModelPackage": says({"BatchDescribeModelPackageErrorMap": error})}
    things, unknowns = collected(sagemaker, account(**changes))
    assert unseen(things[PACKAGES[0]].data["InferenceSpecification"])
    assert [(unknown.of, unknown.code) for unknown in unknowns] == [
        (PACKAGES[0], "AccessDeniedException"),
        (PACKAGES[1], "Missing"),
    ]


def test_each_denial_is_one_gap_with_its_permission() -> None:
    survives_denials(sagemaker, account())


def test_a_model_of_the_range_is_found(ground: Ground) -> None:
    owner, name = ground.admin, ground.name("llama")
    role = f"arn:aws:iam::{ground.account}:role/serving"
    container = {**CONTAINER, "Environment": {"HF_TOKEN": "abcdefgh1234"}}
    arn = owner.call("sagemaker", "CreateModel", ModelName=name, ExecutionRoleArn=role, PrimaryContainer=container)
    things, _ = collected(sagemaker, owner)
    assert things[arn["ModelArn"]].data["ExecutionRoleArn"] == role
    assert "abcdefgh1234" not in repr(things)
