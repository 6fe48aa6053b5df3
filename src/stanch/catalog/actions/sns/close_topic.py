"""Whoever may subscribe to a topic gets every message from then on; who may publish can trigger what listens.

Blind to: subscriptions that exist already: `unsubscribe_strangers` takes those out.
"""

from stanch.catalog.actions import _closing
from stanch.contracts.action import Affects
from stanch.contracts.aws import Aws
from stanch.domain.arn import Arn
from stanch.domain.step import Phase

APPLIES_TO = ("topic",)
PHASE = Phase.DATA
AFFECTS = Affects.STRANGERS
PERMISSIONS = ("sns:GetTopicAttributes", "sns:SetTopicAttributes")


def _get(aws: Aws, resource: Arn) -> str | None:
    return aws.call("sns", "GetTopicAttributes", TopicArn=str(resource))["Attributes"].get("Policy") or None


def _put(aws: Aws, resource: Arn, text: str) -> None:
    aws.call("sns", "SetTopicAttributes", TopicArn=str(resource), AttributeName="Policy", AttributeValue=text)


_KEEPER = _closing.Keeper(_get, _put, None, "sns:SetTopicAttributes (Policy)")
plan, read, apply, verify, undo = _KEEPER.plan, _KEEPER.read, _KEEPER.apply, _KEEPER.verify, _KEEPER.undo
