"""Hosts, endpoints, registries and places that configuration names are found by what they run, never by their name."""

from typing import Any

import pytest
from tests.engine.discover.seen_things import ACCOUNT, REGION, Snapshot, bucket

from stanch.contracts.collector import UNSEEN, Thing
from stanch.domain.estate import AssetKind
from stanch.domain.proposal import SURE, Eye
from stanch.engine.discover.places import folder_of
from stanch.engine.discover.proposing import finds
from stanch.engine.discover.runtimes import serving_in, training_in
from stanch.engine.discover.seen import Find

ROLE = f"arn:aws:iam::{ACCOUNT}:role/r-81"
PROFILE = f"arn:aws:iam::{ACCOUNT}:instance-profile/p-81"


def instance(type_: str = "m7i.large", script: str | None = None, port: int | None = None, **more: Any) -> list[Thing]:
    arn = f"arn:aws:ec2:{REGION}:{ACCOUNT}:instance/i-0123456789abcdef0"
    told = {"InstanceId": "i-0123456789abcdef0", "InstanceType": type_, "SecurityGroups": [{"GroupId": "sg-1"}],
            "IamInstanceProfile": {"Arn": PROFILE}, "UserData": script and {"Text": script}, **more}  # fmt: skip
    rules = [] if port is None else [{"FromPort": port, "ToPort": port}]
    group = Thing("ec2/security-group", "sg-1", {"GroupId": "sg-1", "IpPermissions": rules})
    role = Thing("iam/role", ROLE, {"Arn": ROLE, "InstanceProfileList": [{"Arn": PROFILE}]})
    return [Thing("ec2/instance", arn, told), group, role]


def kinds(*things: Thing) -> list[tuple[str, str]]:
    return [(find.kind.value, find.where.rsplit(":", 1)[-1]) for find in finds(Snapshot(*things))]


def only(*things: Thing) -> Find:
    (find,) = finds(Snapshot(*things))
    return find


def test_an_accelerator_and_a_serving_program_make_a_host_sure_and_tell_its_role() -> None:
    find = only(*instance("g6e.12xlarge", "#!/bin/sh\nvllm serve /mnt/m --port 8000"))
    assert find.kind is AssetKind.INFERENCE_HOST
    assert find.confidence >= SURE
    assert find.roles == (ROLE,)


def test_the_facts_of_a_type_count_where_its_name_is_new() -> None:
    find = only(*instance("z99.large", InstanceTypeInfo={"GpuInfo": {"Gpus": [{"Count": 8}]}}))
    assert find.facts[0].eye is Eye.HARDWARE


@pytest.mark.parametrize("type_", ["m7i.large", "t3.micro", "f1.2xlarge", "vt1.3xlarge", "i4i.large"])
def test_a_host_without_accelerator_and_program_is_none(type_: str) -> None:
    assert kinds(*instance(type_)) == []


def test_an_open_port_alone_is_a_doubt_that_is_not_written() -> None:
    assert only(*instance("m7i.large", port=8000)).confidence < 0.5


def test_a_host_that_trains_is_no_inference_host() -> None:
    assert kinds(*instance("p5.48xlarge", "torchrun --nproc 8 train.py")) == []


def test_user_data_that_could_not_be_seen_is_no_reason_and_no_error() -> None:
    find = only(*instance("g5.xlarge", UserData={UNSEEN: "denied"}))
    assert [fact.eye for fact in find.facts] == [Eye.HARDWARE]


@pytest.mark.parametrize(
    ("text", "program"),
    [
        ("docker run vllm/vllm-openai:v0.11 --model x", "vLLM"),
        ("python -m vllm.entrypoints.openai.api_server", "vLLM"),
        ("123.dkr.ecr.eu-central-1.amazonaws.com/our-vllm:7", "vLLM"),
        ("ghcr.io/huggingface/text-generation-inference:3", "Text Generation Inference"),
        ("ollama serve", "Ollama"),
        ("./llama-server -m m.gguf", "llama.cpp"),
        ("tritonserver --model-repository s3://b/m", "Triton"),
        ("python -m sglang.launch_server", "SGLang"),
        ("lmdeploy serve api_server", "LMDeploy"),
        ("serve run app:deployment", "Ray Serve"),
        ("ghcr.io/berriai/litellm:main", "LiteLLM"),
        ("nvcr.io/nim/x/y:1", "NIM"),
        ("763.dkr.ecr.us-east-1.amazonaws.com/djl-inference:0.30-lmi", "DJL Serving"),
        ("nginx", None),
        ("yum install llama", None),
        ("./serve.sh; observe run", None),
        ("aws s3 cp s3://vllm-docs/readme .", None),
    ],
)
def test_serving_programs_are_known_by_how_they_are_started(text: str, program: str | None) -> None:
    assert serving_in(text) == program


def test_training_programs_too() -> None:
    assert training_in("deepspeed train.py") == "DeepSpeed"
    assert training_in("npm run train") is None


def test_an_ecs_service_is_known_by_its_containers() -> None:
    definition = Thing("ecs/task-definition", "td", {"taskRoleArn": ROLE, "containerDefinitions": [
        {"image": "vllm/vllm-openai", "resourceRequirements": [{"type": "GPU", "value": "1"}]}]})  # fmt: skip
    service = Thing("ecs/service", "arn:aws:ecs:x:y:service/c/s", {"serviceName": "s", "taskDefinition": "td"})
    find = only(definition, service)
    assert (find.kind, find.roles) == (AssetKind.INFERENCE_HOST, (ROLE,))
    assert find.confidence >= SURE
    web = Thing(
        "ecs/task-definition",
        "td",
        {"containerDefinitions": [{"image": "web", "portMappings": [{"containerPort": 8080}]}]},
    )
    assert kinds(web, service) == []


def test_node_groups_and_endpoints_with_accelerators_are_proposed() -> None:
    group = Thing("eks/nodegroup", "ng", {"instanceTypes": ["g5.xlarge"], "clusterName": "c", "nodegroupName": "n"})
    assert kinds(group) == [("inference-host", "ng")]
    config = Thing("sagemaker/endpoint-config", "ec", {"EndpointConfigName": "c", "ProductionVariants": [
        {"InstanceType": "ml.g5.12xlarge", "ModelName": "m"}]})  # fmt: skip
    model = Thing("sagemaker/model", "m", {"ModelName": "m", "ExecutionRoleArn": ROLE, "PrimaryContainer": {
        "Image": "1.dkr.ecr.x.amazonaws.com/djl-inference", "ModelDataUrl": "s3://ablage/x/model.tar.gz"}})  # fmt: skip
    endpoint = Thing("sagemaker/endpoint", "e", {"EndpointName": "e", "EndpointConfigName": "c"})
    found = {find.kind: find for find in finds(Snapshot(config, model, endpoint))}
    assert found[AssetKind.INFERENCE_API].confidence >= SURE
    assert found[AssetKind.WEIGHTS].where == "s3://ablage/x/"


def test_a_load_balancer_in_front_of_a_host_is_where_its_model_answers() -> None:
    balancer = f"arn:aws:elasticloadbalancing:{REGION}:{ACCOUNT}:loadbalancer/app/tor-3/50dc6c495c0c9188"
    group = Thing("elbv2/target-group", "tg", {"LoadBalancerArns": [balancer], "TargetHealthDescriptions": [
        {"Target": {"Id": "i-0123456789abcdef0", "Port": 8000}}]})  # fmt: skip
    front = {find.kind: find for find in finds(Snapshot(*instance("g5.xlarge", "vllm serve /m"), group))}
    assert (front[AssetKind.INFERENCE_API].where, front[AssetKind.INFERENCE_API].name) == (balancer, "tor-3")
    assert kinds(*instance(), group) == []


def test_an_endpoint_of_small_learning_is_none() -> None:
    config = Thing("sagemaker/endpoint-config", "ec", {"EndpointConfigName": "c", "ProductionVariants": [
        {"InstanceType": "ml.m5.large", "ModelName": "m"}]})  # fmt: skip
    model = Thing("sagemaker/model", "m", {"ModelName": "m", "PrimaryContainer": {"Image": "x/sagemaker-xgboost:1.7"}})
    assert (
        kinds(config, model, Thing("sagemaker/endpoint", "e", {"EndpointName": "e", "EndpointConfigName": "c"})) == []
    )


def test_what_an_endpoint_loads_makes_a_doubtful_artifact_sure() -> None:
    listing = bucket("ablage", {"x/model.tar.gz": 60 * 10**9})
    model = Thing("sagemaker/model", "m", {"PrimaryContainer": {"ModelDataUrl": "s3://ablage/x/model.tar.gz"}})
    alone, named = only(listing), only(listing, model)
    assert alone.confidence < named.confidence
    assert Eye.CONFIGURATION in {fact.eye for fact in named.facts}


@pytest.mark.parametrize(("size", "written"), [(9, 0), (15, 1), (40, 1)])
def test_an_image_too_large_for_any_program_is_a_registry_of_weights(size: int, written: int) -> None:
    images = [{"imageSizeInBytes": size * 10**9}]
    repository = Thing("ecr/repository", "arn:aws:ecr:r:a:repository/t/x", {"repositoryName": "t/x", "Images": images})
    assert len(finds(Snapshot(repository))) == written


def test_a_trails_bucket_holds_logs_and_a_locked_one_may_hold_evidence_which_nobody_declares_for_you() -> None:
    trail = Thing("cloudtrail/trail", "arn:aws:cloudtrail:r:a:trail/t", {"S3BucketName": "spur"})
    lock = {"ObjectLockEnabled": "Enabled", "Rule": {"DefaultRetention": {"Mode": "COMPLIANCE", "Days": 90}}}
    locked = Thing("s3/bucket", "arn:aws:s3:::tresor", {"ObjectLock": lock})
    found = {find.kind: find for find in finds(Snapshot(trail, locked))}
    assert (found[AssetKind.LOGS].where, found[AssetKind.LOGS].confidence >= SURE) == ("s3://spur/", True)
    assert found[AssetKind.EVIDENCE].where == "s3://tresor/"
    assert found[AssetKind.EVIDENCE].confidence < SURE


def test_an_address_beside_a_serving_program_is_where_its_model_is() -> None:
    found = finds(Snapshot(*instance("g5.xlarge", "vllm serve s3://lager/modelle/a81f/ --port 8000")))
    assert ("weights", "s3://lager/modelle/a81f/") in [(find.kind.value, find.where) for find in found]


@pytest.mark.parametrize(
    ("uri", "place"),
    [
        ("s3://b", "s3://b/"),
        ("s3://b/x", "s3://b/x/"),
        ("s3://b/x/", "s3://b/x/"),
        ("s3://b/x/model.tar.gz", "s3://b/x/"),
        ("s3://b/model.safetensors", "s3://b/"),
    ],
)
def test_an_address_of_a_file_means_its_folder(uri: str, place: str) -> None:
    assert folder_of(uri) == place


@pytest.mark.parametrize(
    "kind", ["ec2/instance", "s3/bucket", "s3/objects", "sagemaker/model", "ecr/repository", "eks/nodegroup"]
)
def test_things_that_could_not_be_seen_are_passed_over(kind: str) -> None:
    assert kinds(Thing(kind, "arn:aws:x:::y", {UNSEEN: "s3:ListObjectsV2: AccessDenied"})) == []
