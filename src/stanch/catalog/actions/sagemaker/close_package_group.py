"""A model package group can be shared with other accounts by its policy, and whoever it names deploys the model.

Blind to: copies of the model's artefacts that were made before.
"""

from stanch.catalog.actions import _closing
from stanch.catalog.actions.sagemaker._found import found, name_of
from stanch.contracts.action import Affects, Case, Plan
from stanch.contracts.aws import Aws, AwsAbsent
from stanch.domain.arn import Arn
from stanch.domain.step import Phase

APPLIES_TO = ("model-package-group",)
PHASE = Phase.DATA
AFFECTS = Affects.STRANGERS
PERMISSIONS = (
    "sagemaker:DescribeModelPackageGroup",
    "sagemaker:GetModelPackageGroupPolicy",
    "sagemaker:PutModelPackageGroupPolicy",
    "sagemaker:DeleteModelPackageGroupPolicy",
)

_KIND = "model-package-group"


def plan(aws: Aws, resource: Arn, case: Case) -> Plan:
    """Narrow the group's policy to our own principals."""
    name = name_of(resource, _KIND)
    if found(aws, "DescribeModelPackageGroup", ModelPackageGroupName=name) is None:
        raise AwsAbsent("sagemaker:DescribeModelPackageGroup", "ValidationException", f"there is no group {name}")
    return _KEEPER.plan(aws, resource, case)


def _get(aws: Aws, resource: Arn) -> str | None:
    answer = found(aws, "GetModelPackageGroupPolicy", ModelPackageGroupName=name_of(resource, _KIND))
    return str(answer["ResourcePolicy"]) if answer else None


def _put(aws: Aws, resource: Arn, text: str) -> None:
    asked = {"ModelPackageGroupName": name_of(resource, _KIND), "ResourcePolicy": text}
    aws.call("sagemaker", "PutModelPackageGroupPolicy", **asked)


def _delete(aws: Aws, resource: Arn) -> None:
    found(aws, "DeleteModelPackageGroupPolicy", ModelPackageGroupName=name_of(resource, _KIND))


_KEEPER = _closing.Keeper(
    get=_get,
    put=_put,
    delete=_delete,
    put_call="sagemaker:PutModelPackageGroupPolicy",
    delete_call="sagemaker:DeleteModelPackageGroupPolicy",
)
read, apply, verify, undo = _KEEPER.read, _KEEPER.apply, _KEEPER.verify, _KEEPER.undo
