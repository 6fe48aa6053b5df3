"""Whoever may pull from a repository has every layer of its images, and what was built into them.

Blind to: images that were pulled before; public repositories (another service, `ecr-public`), and the registry's own
policy and replication.
"""

from stanch.catalog.actions import _closing
from stanch.contracts.action import Affects
from stanch.contracts.aws import Aws, AwsAbsent
from stanch.domain.arn import Arn
from stanch.domain.step import Phase

APPLIES_TO = ("repository",)
PHASE = Phase.DATA
AFFECTS = Affects.STRANGERS
PERMISSIONS = ("ecr:GetRepositoryPolicy", "ecr:SetRepositoryPolicy", "ecr:DeleteRepositoryPolicy")


def _get(aws: Aws, resource: Arn) -> str | None:
    try:
        return str(aws.call("ecr", "GetRepositoryPolicy", **_named(resource))["policyText"])
    except AwsAbsent as error:
        if error.code != "RepositoryPolicyNotFoundException":
            raise
        return None


def _put(aws: Aws, resource: Arn, text: str) -> None:
    # Without `force` ECR refuses a policy that would keep the responder from setting the next one.
    aws.call("ecr", "SetRepositoryPolicy", policyText=text, **_named(resource))


def _delete(aws: Aws, resource: Arn) -> None:
    aws.call("ecr", "DeleteRepositoryPolicy", **_named(resource))


def _named(resource: Arn) -> dict[str, str]:
    return {"registryId": resource.account, "repositoryName": resource.resource.partition("/")[2]}


_KEEPER = _closing.Keeper(_get, _put, _delete, "ecr:SetRepositoryPolicy", "ecr:DeleteRepositoryPolicy")
plan, read, apply, verify, undo = _KEEPER.plan, _KEEPER.read, _KEEPER.apply, _KEEPER.verify, _KEEPER.undo
