"""A registry answers to two policies: its own, for every repository in it, and each repository's.

Blind to: layers and what is in them, pull-through rules, and public registries.
"""

from collections.abc import Iterator, Mapping
from functools import partial
from typing import Any

from stanch.catalog.collectors._answers import document, items, part
from stanch.contracts.collector import Look, Scope, Thing, unseen

SCOPE = Scope.REGION
PERMISSIONS = (
    "ecr:DescribeImages",
    "ecr:DescribeRegistry",
    "ecr:DescribeRepositories",
    "ecr:GetRegistryPolicy",
    "ecr:GetRepositoryPolicy",
)

MOST_IMAGES = 100
"""Images told of one repository: enough to know it by its tags and sizes, in one call."""
_FIELDS = ("imageDigest", "imageTags", "imageSizeInBytes", "imagePushedAt", "lastRecordedPullTime", "artifactMediaType")


def collect(look: Look) -> Iterator[Thing]:
    """The account's registry in this region, and its repositories."""
    arn = f"arn:{look.partition}:ecr:{look.region}:{look.account}:registry"
    policy = look.ask("ecr", "GetRegistryPolicy", of=arn, none=("RegistryPolicyNotFoundException",))
    replication = part(look.ask("ecr", "DescribeRegistry", of=arn), "replicationConfiguration")
    yield Thing(
        "ecr/registry", arn, {"Policy": document(policy, "policyText"), "replicationConfiguration": replication}
    )
    repositories = look.list("ecr", "DescribeRepositories", "repositories", of="ecr")
    yield from look.each(partial(_repository, look), items(repositories))


def _repository(look: Look, listed: Mapping[str, Any]) -> Thing:
    arn, name = str(listed["repositoryArn"]), listed["repositoryName"]
    none = ("RepositoryPolicyNotFoundException",)
    policy = look.ask("ecr", "GetRepositoryPolicy", of=arn, none=none, repositoryName=name)
    images = look.ask("ecr", "DescribeImages", of=arn, repositoryName=name, maxResults=MOST_IMAGES)
    data = {**listed, "Policy": document(policy, "policyText"), "Images": images, "MoreImages": images}
    if not unseen(images):
        told = images.get("imageDetails") or ()
        data["Images"] = [{field: one[field] for field in _FIELDS if field in one} for one in told]
        data["MoreImages"] = bool(images.get("nextToken"))
    return Thing("ecr/repository", arn, data)
