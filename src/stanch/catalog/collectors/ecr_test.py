"""The collector of ECR against the range, and against recorded answers for pages."""

import json

from tests.collecting import collected, lacks, reader, says, survives_denials, turned
from tests.ground import Ground
from tests.recorded_aws import ACCOUNT, REGION, Operation, RecordedAws

from stanch.catalog.collectors import ecr

REGISTRY = f"arn:aws:ecr:{REGION}:{ACCOUNT}:registry"
FIRST, SECOND = (
    {"repositoryArn": f"arn:aws:ecr:{REGION}:{ACCOUNT}:repository/{name}", "repositoryName": name}
    for name in ("serving", "train")
)
POLICY = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": "*", "Action": "ecr:*"}]}
COPIES = {"rules": [{"destinations": [{"region": "us-east-1", "registryId": "444455556666"}]}]}
IMAGE = {"imageDigest": "sha256:ab", "imageTags": ["vllm"], "imageSizeInBytes": 14_000_000_000}


def account(**changes: Operation) -> RecordedAws:
    operations = {
        "GetRegistryPolicy": says({"policyText": json.dumps(POLICY)}),
        "DescribeRegistry": says({"replicationConfiguration": COPIES}),
        "DescribeRepositories": turned("repositories", "nextToken", "nextToken", [FIRST, SECOND]),
        "GetRepositoryPolicy": says({"policyText": json.dumps(POLICY)}),
        "DescribeImages": says({"imageDetails": [{**IMAGE, "registryId": ACCOUNT}], "nextToken": "more"}),
    }
    return RecordedAws({f"ecr:{name}": operation for name, operation in {**operations, **changes}.items()})


def test_registry_and_repositories_are_told_with_their_policies() -> None:
    things, unknowns = collected(ecr, account())
    assert unknowns == []
    assert things[REGISTRY].data == {"Policy": POLICY, "replicationConfiguration": COPIES}
    assert things[FIRST["repositoryArn"]].data == {**FIRST, "Policy": POLICY, "Images": [IMAGE], "MoreImages": True}
    assert SECOND["repositoryArn"] in things


def test_no_policy_is_none() -> None:
    aws = account(
        GetRegistryPolicy=lacks("ecr:GetRegistryPolicy", "RegistryPolicyNotFoundException"),
        GetRepositoryPolicy=lacks("ecr:GetRepositoryPolicy", "RepositoryPolicyNotFoundException"),
    )
    things, unknowns = collected(ecr, aws)
    assert unknowns == []
    assert {thing.data["Policy"] for thing in things.values()} == {None}


def test_each_denial_is_one_gap_with_its_permission() -> None:
    survives_denials(ecr, account())


def test_the_declared_permissions_are_enough_where_they_are_enforced(ground: Ground) -> None:
    owner, name = ground.outsider, ground.name("serving")
    made = owner.call("ecr", "CreateRepository", repositoryName=name)["repository"]
    owner.call("ecr", "SetRepositoryPolicy", repositoryName=name, policyText=json.dumps(POLICY))
    aws = reader(owner, ecr)
    things, unknowns = collected(ecr, aws)
    assert unknowns == []
    repository = things[made["repositoryArn"]].data
    assert repository["Policy"]["Statement"] == POLICY["Statement"]
    assert repository["Images"] == []
    assert repository["MoreImages"] is False
    assert aws.needed == set(ecr.PERMISSIONS)
