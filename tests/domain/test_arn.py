import pytest

from stanch.domain.arn import Arn, pathless


@pytest.mark.parametrize(
    ("resource", "kind"),
    [
        ("rds:eu-central-1:111122223333:snapshot:nightly", "db-snapshot"),
        ("rds:eu-central-1:111122223333:cluster-snapshot:nightly", "cluster-snapshot"),
        ("rds:eu-central-1:111122223333:cluster:vectors", "db-cluster"),
        ("ec2:eu-central-1::snapshot/snap-0123456789abcdef0", "snapshot"),
        ("datasync:eu-central-1:111122223333:task/task-0123456789abcdef0", "transfer-task"),
        ("ecs:eu-central-1:111122223333:task/cluster/0123", "task"),
        ("ecr:eu-central-1:111122223333:repository/team/app", "repository"),
        ("codeartifact:eu-central-1:111122223333:repository/domain/name", "package-repository"),
        ("sns:eu-central-1:111122223333:alarms", "topic"),
        ("sns:eu-central-1:111122223333:alarms:0123abcd", "subscription"),
        ("sns:eu-central-1:111122223333:app/GCM/name", "app"),
        ("ecr:eu-central-1:111122223333:registry", "image-registry"),
        ("kms:eu-central-1:111122223333:key/0123abcd", "key"),
        ("sqs:eu-central-1:111122223333:jobs", "queue"),
        ("kms:eu-central-1:111122223333:key/0a1b2c3d", "key"),
        ("litellm:gateway-1::key/0a1b2c3d", "gateway-key"),
        ("s3:eu-central-1:111122223333:accesspoint/partners", "accesspoint"),
        ("s3:::accesspoint/object", "object"),
    ],
)
def test_tells_apart_what_services_call_by_one_word(resource: str, kind: str) -> None:
    assert Arn.parse(f"arn:aws:{resource}").kind == kind


@pytest.mark.parametrize(
    ("role", "told"),
    [
        ("role/service/llm/vllm-serving", "role/vllm-serving"),
        ("role/*/vllm-serving", "role/vllm-serving"),
        ("role/vllm-serving", "role/vllm-serving"),
        ("role/service/*", "role/service/*"),
        ("role/service/vllm-?", "role/service/vllm-?"),
        ("user/team/kim", "user/team/kim"),
    ],
)
def test_tells_a_role_as_its_session_does_unless_the_name_is_open(role: str, told: str) -> None:
    assert pathless(f"arn:aws:iam::111122223333:{role}") == f"arn:aws:iam::111122223333:{told}"
    assert pathless("*") == "*"
