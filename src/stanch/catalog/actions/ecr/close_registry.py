"""A registry's policy lets other accounts replicate images into it: ours would then run what strangers built.

Blind to: images that were replicated before, and the policies of single repositories (`close_repository`).
"""

from stanch.catalog.actions import _closing
from stanch.contracts.action import Affects
from stanch.contracts.aws import Aws, AwsAbsent
from stanch.domain.arn import Arn
from stanch.domain.step import Phase

APPLIES_TO = ("image-registry",)
PHASE = Phase.DATA
AFFECTS = Affects.STRANGERS
PERMISSIONS = ("ecr:GetRegistryPolicy", "ecr:PutRegistryPolicy", "ecr:DeleteRegistryPolicy")


def _get(aws: Aws, resource: Arn) -> str | None:
    try:
        return str(aws.call("ecr", "GetRegistryPolicy")["policyText"])
    except AwsAbsent as error:
        if error.code != "RegistryPolicyNotFoundException":
            raise
        return None


def _put(aws: Aws, resource: Arn, text: str) -> None:
    aws.call("ecr", "PutRegistryPolicy", policyText=text)


def _delete(aws: Aws, resource: Arn) -> None:
    aws.call("ecr", "DeleteRegistryPolicy")


_KEEPER = _closing.Keeper(_get, _put, _delete, "ecr:PutRegistryPolicy", "ecr:DeleteRegistryPolicy")
plan, read, apply, verify, undo = _KEEPER.plan, _KEEPER.read, _KEEPER.apply, _KEEPER.verify, _KEEPER.undo
