"""A resource policy lets another account read a secret's value, and a value that was read is known for good.

Blind to: values that were read before (rotate them), and the key: a stranger needs that too, see `kms/close_key`.
"""

from dataclasses import replace

from stanch.catalog.actions import _closing
from stanch.contracts.action import Affects, Case, Plan
from stanch.contracts.aws import Aws, AwsAbsent
from stanch.domain.arn import Arn
from stanch.domain.step import Phase

APPLIES_TO = ("secret",)
PHASE = Phase.DATA
AFFECTS = Affects.STRANGERS
PERMISSIONS = (
    "secretsmanager:DescribeSecret",
    "secretsmanager:GetResourcePolicy",
    "secretsmanager:PutResourcePolicy",
    "secretsmanager:DeleteResourcePolicy",
)


def plan(aws: Aws, resource: Arn, case: Case) -> Plan:
    """Narrow the secret's policy; a log may name it without the six letters that end its ARN."""
    full = _full(aws, resource)
    return replace(_KEEPER.plan(aws, Arn.parse(full), case), resource=full)


def _full(aws: Aws, resource: Arn) -> str:
    """The secret's whole ARN; a log may have put its bare name into one, which may end as if it were whole."""
    try:
        return str(aws.call("secretsmanager", "DescribeSecret", SecretId=str(resource))["ARN"])
    except AwsAbsent:
        name = resource.resource.partition(":")[2]
        return str(aws.call("secretsmanager", "DescribeSecret", SecretId=name)["ARN"])


def _get(aws: Aws, resource: Arn) -> str | None:
    answer = aws.call("secretsmanager", "GetResourcePolicy", SecretId=str(resource))
    return answer.get("ResourcePolicy") or None


def _put(aws: Aws, resource: Arn, text: str) -> None:
    aws.call("secretsmanager", "PutResourcePolicy", SecretId=str(resource), ResourcePolicy=text)


def _delete(aws: Aws, resource: Arn) -> None:
    aws.call("secretsmanager", "DeleteResourcePolicy", SecretId=str(resource))


_KEEPER = _closing.Keeper(
    _get, _put, _delete, "secretsmanager:PutResourcePolicy", "secretsmanager:DeleteResourcePolicy"
)
read, apply, verify, undo = _KEEPER.read, _KEEPER.apply, _KEEPER.verify, _KEEPER.undo
