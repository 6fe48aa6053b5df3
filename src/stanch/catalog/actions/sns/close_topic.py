"""Whoever may subscribe to a topic gets every message from then on; who may publish can trigger what listens.

Blind to: subscriptions that exist already: `unsubscribe_strangers` takes those out.
"""

from stanch.catalog.actions import _closing
from stanch.contracts.action import Affects, Case, Plan, Wait, Witness
from stanch.contracts.aws import Aws
from stanch.domain.arn import Arn
from stanch.domain.step import Phase, Proof, State, Step

APPLIES_TO = ("topic",)
PHASE = Phase.DATA
AFFECTS = Affects.STRANGERS
PERMISSIONS = ("sns:GetTopicAttributes", "sns:SetTopicAttributes")


def plan(aws: Aws, resource: Arn, case: Case) -> Plan:
    """Narrow the topic's policy to our own principals."""
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
    return aws.call("sns", "GetTopicAttributes", TopicArn=str(resource))["Attributes"].get("Policy") or None


def _put(aws: Aws, resource: Arn, text: str) -> None:
    aws.call("sns", "SetTopicAttributes", TopicArn=str(resource), AttributeName="Policy", AttributeValue=text)


_KEEPER = _closing.Keeper(_get, _put, None, "sns:SetTopicAttributes (Policy)")
