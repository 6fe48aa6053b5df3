"""The collector of ECS against the range, and against recorded answers for pages, failures and denials."""

from typing import Any

from tests.collecting import collected, reader, says, survives_denials, turned
from tests.ground import Ground
from tests.recorded_aws import ACCOUNT, REGION, RecordedAws

from stanch.catalog.collectors import ecs

AT = f"arn:aws:ecs:{REGION}:{ACCOUNT}"
CLUSTER, SERVICE = f"{AT}:cluster/llm", f"{AT}:service/llm/vllm"
SERVED, LONE = f"{AT}:task-definition/vllm:7", f"{AT}:task-definition/job:1"
CONTAINER = {
    "name": "vllm",
    "image": "vllm/vllm-openai:v0.6.3",
    "memory": 4096,
    "portMappings": [{"containerPort": 8000, "hostPort": 8000, "protocol": "tcp"}],
    "command": ["--model", "s3://acme-weights/llama", "--api-key", "hunter2hunter2"],
    "environment": [{"name": "HF_TOKEN", "value": "abcdefgh1234"}, {"name": "MAX_TOKENS", "value": "4096"}],
    "secrets": [{"name": "KEY", "valueFrom": f"arn:aws:secretsmanager:{REGION}:{ACCOUNT}:secret:key-a1B2c3"}],
    "logConfiguration": {"logDriver": "splunk", "options": {"splunk-token": "hunter3hunter3"}},
}


def account(**changes: Any) -> RecordedAws:
    def definition(_: Any, asked: Any) -> dict[str, Any]:
        told = {"taskDefinitionArn": asked["taskDefinition"], "taskRoleArn": f"arn:aws:iam::{ACCOUNT}:role/vllm"}
        return {"taskDefinition": {**told, "containerDefinitions": [CONTAINER]}}

    service = {"serviceArn": SERVICE, "taskDefinition": SERVED, "events": [{"message": "steady"}], "desiredCount": 2}
    return RecordedAws(
        {
            "ecs:ListClusters": turned("clusterArns", "nextToken", "nextToken", [CLUSTER, f"{CLUSTER}-2"]),
            "ecs:DescribeClusters": lambda _, asked: {
                "clusters": [{"clusterArn": arn, "status": "ACTIVE"} for arn in asked["clusters"]]
            },
            "ecs:ListServices": lambda _, asked: {"serviceArns": [SERVICE] if asked["cluster"] == CLUSTER else []},
            "ecs:DescribeServices": says({"services": [service]}),
            "ecs:ListTasks": lambda _, asked: {"taskArns": [f"{AT}:task/llm/1"] if asked["cluster"] == CLUSTER else []},
            "ecs:DescribeTasks": says({"tasks": [{"taskArn": f"{AT}:task/llm/1", "taskDefinitionArn": LONE}]}),
            "ecs:DescribeTaskDefinition": definition,
            **changes,
        }
    )


def test_clusters_services_and_the_definitions_in_use_are_told() -> None:
    things, unknowns = collected(ecs, account())
    assert unknowns == []
    assert things.keys() == {CLUSTER, f"{CLUSTER}-2", SERVICE, SERVED, LONE}
    assert things[CLUSTER].data["Services"] == [SERVICE]
    assert things[CLUSTER].data["RunningTasks"] == 1
    assert things[SERVICE].data["desiredCount"] == 2
    assert "events" not in things[SERVICE].data


def test_a_container_keeps_image_and_ports_and_no_secret() -> None:
    things, _ = collected(ecs, account())
    container = things[SERVED].data["containerDefinitions"][0]
    assert container["image"] == "vllm/vllm-openai:v0.6.3"
    assert container["portMappings"] == CONTAINER["portMappings"]
    assert container["secrets"] == CONTAINER["secrets"]
    assert container["command"][:3] == ["--model", "s3://acme-weights/llama", "--api-key"]
    assert [(one["name"], one["LooksSecret"]) for one in container["environment"]] == [
        ("HF_TOKEN", "named-so"),
        ("MAX_TOKENS", None),
    ]
    for secret in ("hunter2", "hunter3", "abcdefgh1234"):
        assert secret not in repr(things)


def test_a_service_gone_since_it_was_listed_is_unknown() -> None:
    failure = {"arn": SERVICE, "reason": "MISSING"}
    things, unknowns = collected(ecs, account(**{"ecs:DescribeServices": says({"failures": [failure]})}))
    assert SERVICE not in things
    assert [(unknown.operation, unknown.code, unknown.of) for unknown in unknowns] == [
        ("ecs:DescribeServices", "MISSING", SERVICE)
    ]


def test_more_clusters_than_one_call_describes_are_all_told() -> None:
    many = [f"{CLUSTER}-{index}" for index in range(101)]
    changes = {"ecs:ListClusters": says({"clusterArns": many}), "ecs:ListServices": says({}), "ecs:ListTasks": says({})}
    things, _ = collected(ecs, account(**changes))
    assert len(things) == 101


def test_each_denial_is_one_gap_with_its_permission() -> None:
    survives_denials(ecs, account())


def test_the_declared_permissions_are_enough_where_they_are_enforced(ground: Ground) -> None:
    owner, name = ground.outsider, ground.name("llm")
    cluster = owner.call("ecs", "CreateCluster", clusterName=name)["cluster"]["clusterArn"]
    made = owner.call("ecs", "RegisterTaskDefinition", family=name, containerDefinitions=[CONTAINER])
    owner.call("ecs", "CreateService", cluster=name, serviceName="vllm", taskDefinition=name, desiredCount=0)
    things, unknowns = collected(ecs, reader(owner, ecs))
    assert unknowns == []
    assert things[cluster].kind == "ecs/cluster"
    assert made["taskDefinition"]["taskDefinitionArn"] in things
    assert "hunter2" not in repr(things)
