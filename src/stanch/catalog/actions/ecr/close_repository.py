"""Whoever may pull from a repository has every layer of its images, and what was built into them.

Blind to: images that were pulled before; public repositories (another service, `ecr-public`), and the registry's own
policy and replication.
"""

from stanch.catalog.actions import _closing
from stanch.contracts.action import Affects, Case, Plan, Wait, Witness
from stanch.contracts.aws import Aws, AwsAbsent
from stanch.domain.arn import Arn
from stanch.domain.step import Phase, Proof, State, Step

APPLIES_TO = ("repository",)
PHASE = Phase.DATA
AFFECTS = Affects.STRANGERS
PERMISSIONS = ("ecr:GetRepositoryPolicy", "ecr:SetRepositoryPolicy", "ecr:DeleteRepositoryPolicy")


def plan(aws: Aws, resource: Arn, case: Case) -> Plan:
    """Narrow the repository policy to our own principals."""
    return _closing.plan(_KEEPER, aws, resource, case)


def read(aws: Aws, step: Step) -> State:
    """`{"policy": text | None}`."""
    return _closing.state(_KEEPER, aws, step)


def apply(aws: Aws, step: Step, wait: Wait) -> Witness | None:
    """One call; a policy that somebody changed since the plan is not overwritten."""
    _closing.apply(_KEEPER, aws, step, wait)
    return None


def verify(aws: Aws, step: Step, wait: Wait, witness: Witness | None) -> Proof:
    """Read back and judged: only the stranger's credentials could try it."""
    return _closing.verify(_KEEPER, aws, step, wait)


def undo(aws: Aws, step: Step, wait: Wait) -> None:
    """The policy as it was."""
    _closing.undo(_KEEPER, aws, step, wait)


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
