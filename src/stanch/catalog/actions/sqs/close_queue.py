"""Whoever may receive from a queue takes the message away from those it was meant for.

Blind to: messages that were taken before.
"""

from stanch.catalog.actions import _closing
from stanch.contracts.action import Affects
from stanch.contracts.aws import Aws, AwsAbsent, AwsError
from stanch.domain.arn import Arn
from stanch.domain.step import Phase

APPLIES_TO = ("queue",)
PHASE = Phase.DATA
AFFECTS = Affects.STRANGERS
PERMISSIONS = ("sqs:GetQueueUrl", "sqs:GetQueueAttributes", "sqs:SetQueueAttributes")


def _get(aws: Aws, resource: Arn) -> str | None:
    found = aws.call("sqs", "GetQueueAttributes", QueueUrl=_url(aws, resource), AttributeNames=["Policy"])
    return (found.get("Attributes") or {}).get("Policy") or None


def _put(aws: Aws, resource: Arn, text: str) -> None:
    aws.call("sqs", "SetQueueAttributes", QueueUrl=_url(aws, resource), Attributes={"Policy": text})


def _delete(aws: Aws, resource: Arn) -> None:
    _put(aws, resource, "")  # SQS has no call of its own for it


def _url(aws: Aws, resource: Arn) -> str:
    named = {"QueueName": resource.resource, "QueueOwnerAWSAccountId": resource.account}
    try:
        return str(aws.call("sqs", "GetQueueUrl", **named)["QueueUrl"])
    except AwsError as error:
        if not error.code.endswith(("NonExistentQueue", "QueueDoesNotExist")):
            raise
        raise AwsAbsent(error.operation, error.code, error.message) from error


_KEEPER = _closing.Keeper(_get, _put, _delete, "sqs:SetQueueAttributes (Policy)", "sqs:SetQueueAttributes (no Policy)")
plan, read, apply, verify, undo = _KEEPER.plan, _KEEPER.read, _KEEPER.apply, _KEEPER.verify, _KEEPER.undo
