"""Whoever may receive from a queue takes the message away from those it was meant for.

Blind to: messages that were taken before.
"""

from stanch.catalog.actions import _closing
from stanch.contracts.action import Affects, Case, Plan, Wait, Witness
from stanch.contracts.aws import Aws, AwsAbsent, AwsError
from stanch.domain.arn import Arn
from stanch.domain.step import Phase, Proof, State, Step

APPLIES_TO = ("queue",)
PHASE = Phase.DATA
AFFECTS = Affects.STRANGERS
PERMISSIONS = ("sqs:GetQueueUrl", "sqs:GetQueueAttributes", "sqs:SetQueueAttributes")


def plan(aws: Aws, resource: Arn, case: Case) -> Plan:
    """Narrow the queue's policy to our own principals."""
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
