"""Which instances are taken for inference hosts, and what each could lose."""

from typing import Any

import pytest
from tests.posturing import posture
from tests.serving import HOST, ROLE, WEIGHTS, bucket, host, role

from stanch.catalog.checks._hosts import Hosts
from stanch.domain.estate import AssetKind

TELLS = {"Length": 9, "Sha256": "0", "Masked": False}
TAGGED = '[[asset]]\nname = "gpu"\nkind = "inference-host"\nwhere = "tag:serves=llama"\n'


@pytest.mark.parametrize(
    ("text", "is_one"),
    [
        ("docker run --gpus all vllm/vllm-openai", True),
        ("ollama serve", True),
        ("./llama-server -m model.gguf", True),
        ("ghcr.io/huggingface/text-generation-inference:3", True),
        ("yum install -y httpd", False),
        ("echo nollamas", False),
    ],
)
def test_user_data_tells_what_a_host_starts(text: str, is_one: bool) -> None:
    (found,) = Hosts(posture([host(gpu=False, UserData={**TELLS, "Text": text})])).every
    assert bool(found.why) is is_one


@pytest.mark.parametrize("kind", ["g5.xlarge", "p5en.48xlarge", "inf2.xlarge", "trn1n.32xlarge", "gr6.4xlarge"])
def test_an_accelerated_type_is_known_by_its_name_where_its_facts_were_not_seen(kind: str) -> None:
    told: dict[str, Any] = {"InstanceType": kind, "InstanceTypeInfo": {"$unseen": "ec2:DescribeInstanceTypes: denied"}}
    (found,) = Hosts(posture([host(gpu=False, **told)])).inference
    assert kind in found.why


@pytest.mark.parametrize("kind", ["t3.micro", "m7g.large", "i4i.large", "mac2.metal", "x2idn.16xlarge"])
def test_other_types_are_no_inference_hosts(kind: str) -> None:
    assert Hosts(posture([host(gpu=False, InstanceType=kind)])).inference == []


def test_the_estate_may_declare_a_host_by_its_tag() -> None:
    tagged = host(gpu=False, Tags=[{"Key": "serves", "Value": "llama"}])
    (found,) = Hosts(posture([tagged], TAGGED)).inference
    assert "gpu" in found.why
    assert [asset.kind for asset in found.assets] == [AssetKind.INFERENCE_HOST]


def test_a_host_could_lose_what_its_role_reads_and_holds_a_model_without_being_one() -> None:
    lines = [host(gpu=False), role("arn:aws:s3:::acme-weights/llama/*"), bucket()]
    hosts = Hosts(posture(lines, WEIGHTS))
    assert hosts.inference == []
    (found,) = hosts.holding
    assert found.role == ROLE
    assert [asset.name for asset in found.assets] == ["llama"]
    assert "s3://acme-weights/llama/" in found.loot()


def test_a_decoy_is_no_loss() -> None:
    lines = [host(), role("arn:aws:s3:::acme-weights/llama/*"), bucket()]
    (found,) = Hosts(posture(lines, f"{WEIGHTS}decoy = true\n")).inference
    assert found.assets == ()


def test_a_host_listens_where_its_engine_does_where_it_was_told_and_where_it_is_called() -> None:
    targets: dict[str, Any] = {"TargetHealthDescriptions": [{"Target": {"Id": HOST.rpartition("/")[2], "Port": 9443}}]}
    group = "arn:aws:elasticloadbalancing:eu-central-1:111122223333:targetgroup/x/1"
    text = "OLLAMA_HOST=0.0.0.0:9999; docker run -p 8999:8000 -p 0.0.0.0:80:8000 vllm/vllm-openai --port 8123"
    lines = [
        host(UserData={**TELLS, "Text": text}),
        {"kind": "elbv2/target-group", "arn": group, "data": targets},
    ]
    hosts = Hosts(posture(lines))
    assert {80, 8000, 8123, 8999, 9443, 9999, 11434} <= set(hosts.listens(hosts.every[0]))
