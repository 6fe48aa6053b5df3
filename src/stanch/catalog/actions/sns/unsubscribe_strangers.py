"""A subscription outlives the permission that allowed it: whoever is subscribed gets every message from then on.

Blind to: what was sent before. A web or mail address is in no account: it is taken out only where the incident or a
person names the subscription itself.
"""

from collections.abc import Mapping
from typing import Any

from stanch.catalog.actions._settle import settled
from stanch.catalog.actions._strangers import Ours
from stanch.contracts.action import Affects, Case, Needless, Plan, Wait, Witness
from stanch.contracts.aws import Aws, AwsAbsent
from stanch.domain.arn import Arn
from stanch.domain.step import Method, Phase, Proof, State, Step

APPLIES_TO = ("topic", "subscription")
PHASE = Phase.DATA
AFFECTS = Affects.STRANGERS
PERMISSIONS = (
    "sns:ListSubscriptionsByTopic",
    "sns:GetSubscriptionAttributes",
    "sns:Unsubscribe",
    "sns:Subscribe",
)

_TERMS = (
    "DeliveryPolicy",
    "FilterPolicy",
    "FilterPolicyScope",
    "RawMessageDelivery",
    "RedrivePolicy",
    "SubscriptionRoleArn",
)
Subscription = Mapping[str, Any]


def plan(aws: Aws, resource: Arn, case: Case) -> Plan:
    """Take out the subscriptions of outside accounts; of a subscription's own ARN, that one whoever it is."""
    topic = _topic(resource)
    ours = Ours.of(case.perimeter, aws.account)
    found = _listed(aws, topic)
    if resource.kind == "subscription":
        taken = [each for each in found if each["SubscriptionArn"] == str(resource)]
    else:
        taken = [each for each in found if _foreign(each, ours)]
    if not taken:
        raise Needless(f"{resource} is no subscription to be taken out, or has none of a stranger's")
    told = [_told(each) for each in taken]
    return Plan(
        before={"subscribed": sorted(told)},
        calls=tuple(f"sns:Unsubscribe from {topic}: {who}" for who in told),
        undo=f"sns:Subscribe to {topic}: {', '.join(told)}; each must be confirmed again by the other side",
        breaks=tuple(f"{who} gets no further message of {topic}" for who in told),
        settings={
            "taken": [_terms(aws, each) for each in taken],
            "topic": topic,
            "ours": ours.to_json() if resource.kind == "topic" else None,
        },
    )


def read(aws: Aws, step: Step) -> State:
    """`{"subscribed": ["sqs arn:...", ...]}`: those of the subscriptions to be taken out that stand, sorted."""
    return {"subscribed": sorted(_told(each) for each in _standing(aws, step))}


def apply(aws: Aws, step: Step, wait: Wait) -> Witness | None:
    """One call a subscription; an invitation that nobody confirmed has no ARN to unsubscribe and ends by itself."""
    for each in _standing(aws, step):
        if str(each["SubscriptionArn"]).startswith("arn:"):
            aws.call("sns", "Unsubscribe", SubscriptionArn=each["SubscriptionArn"])
    settled(lambda: not _standing(aws, step), wait)
    return None


def verify(aws: Aws, step: Step, wait: Wait, witness: Witness | None) -> Proof:
    """Read back: none of them is subscribed, nor, where the topic was meant, a stranger who came since the plan."""
    kept = step.settings["ours"]
    ours = Ours.read(kept) if kept else None
    left: list[str] = []

    def none_left() -> bool:
        found, wanted = _listed(aws, step.settings["topic"]), _wanted(step)
        left[:] = [_told(one) for one in found if _told(one) in wanted or (ours is not None and _foreign(one, ours))]
        return not left

    holds = settled(none_left, wait)
    told = f"subscribed to {step.settings['topic']} of those taken out and of strangers: {', '.join(left) or 'none'}"
    return Proof(holds, Method.STATE, (told,))


def undo(aws: Aws, step: Step, wait: Wait) -> None:
    """Subscribe them again with their filters and options; SNS asks the other side to confirm."""
    standing = {_told(each) for each in _standing(aws, step)}
    for terms in step.settings["taken"]:
        if _told(terms) not in standing and _told(terms) in (step.before or {}).get("subscribed", ()):
            aws.call("sns", "Subscribe", TopicArn=step.settings["topic"], **terms)
    settled(lambda: read(aws, step) == step.before, wait)


def _topic(resource: Arn) -> str:
    return str(Arn(resource.partition, "sns", resource.region, resource.account, resource.resource.split(":")[0]))


def _listed(aws: Aws, topic: str) -> list[Subscription]:
    return list(aws.pages("sns", "ListSubscriptionsByTopic", "Subscriptions", TopicArn=topic))


def _standing(aws: Aws, step: Step) -> list[Subscription]:
    wanted = _wanted(step)
    return [each for each in _listed(aws, step.settings["topic"]) if _told(each) in wanted]


def _wanted(step: Step) -> set[str]:
    return {_told(terms) for terms in step.settings["taken"]}


def _foreign(subscription: Subscription, ours: Ours) -> bool:
    endpoint = str(subscription.get("Endpoint") or "")
    account = endpoint.split(":", 5)[4] if endpoint.startswith("arn:") and endpoint.count(":") >= 5 else None
    return any(each and each not in ours.accounts for each in (account, subscription.get("Owner")))


def _terms(aws: Aws, subscription: Subscription) -> dict[str, Any]:
    """What Subscribe wants to make the same again."""
    terms = {word: subscription[word] for word in ("Protocol", "Endpoint")}
    arn = str(subscription["SubscriptionArn"])
    if not arn.startswith("arn:"):  # "PendingConfirmation"
        return {**terms, "Attributes": {}}
    try:
        found = aws.call("sns", "GetSubscriptionAttributes", SubscriptionArn=arn)["Attributes"]
    except AwsAbsent:
        found = {}
    return {**terms, "Attributes": {word: found[word] for word in _TERMS if found.get(word)}}


def _told(subscription: Subscription) -> str:
    return f"{subscription['Protocol']} {subscription['Endpoint']}"
