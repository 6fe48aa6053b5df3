import json

import pytest
from tests.ground import Ground, no_wait, survives_dying

from stanch.catalog.actions.sns import unsubscribe_strangers as action
from stanch.contracts.action import Needless
from stanch.contracts.aws import AwsAbsent

ID = "sns/unsubscribe_strangers"


def queue(ground: Ground, account: str) -> str:
    return f"arn:{ground.admin.partition}:sqs:{ground.staged.region}:{account}:{ground.name('inbox')}"


def topic(ground: Ground, *endpoints: str) -> str:
    """The ARN of a topic with these queues subscribed, each to messages of one kind."""
    arn = str(ground.admin.call("sns", "CreateTopic", Name=ground.name("results"))["TopicArn"])
    for endpoint in endpoints:
        options = {"FilterPolicy": json.dumps({"kind": ["answer"]}), "RawMessageDelivery": "true"}
        ground.admin.call("sns", "Subscribe", TopicArn=arn, Protocol="sqs", Endpoint=endpoint, Attributes=options)
    return arn


def subscribed(ground: Ground, arn: str) -> list[str]:
    listed = ground.admin.pages("sns", "ListSubscriptionsByTopic", "Subscriptions", TopicArn=arn)
    return sorted(each["Endpoint"] for each in listed)


def test_takes_out_a_strangers_queue_and_leaves_ours(ground: Ground) -> None:
    ours, theirs = queue(ground, ground.account), queue(ground, ground.outside_account)
    arn = topic(ground, ours, theirs)
    aws = ground.responder()
    step = ground.planned(ID, arn, aws)
    action.apply(aws, step, no_wait)
    assert subscribed(ground, arn) == [ours]
    assert action.verify(aws, step, no_wait, None).holds


def test_subscribes_him_again_with_his_filter_when_it_is_undone(ground: Ground) -> None:
    arn = topic(ground, queue(ground, ground.outside_account))
    aws = ground.responder()
    step = ground.planned(ID, arn, aws)
    action.apply(aws, step, no_wait)
    action.undo(aws, step, no_wait)
    (made,) = ground.admin.pages("sns", "ListSubscriptionsByTopic", "Subscriptions", TopicArn=arn)
    found = ground.admin.call("sns", "GetSubscriptionAttributes", SubscriptionArn=made["SubscriptionArn"])["Attributes"]
    assert (json.loads(found["FilterPolicy"]), found["RawMessageDelivery"]) == ({"kind": ["answer"]}, "true")
    assert action.read(aws, step) == step.before


def test_takes_out_a_web_address_only_where_its_subscription_is_named(ground: Ground) -> None:
    arn = topic(ground)
    web = {"Protocol": "https", "Endpoint": "https://drop.example/in"}
    named = ground.admin.call("sns", "Subscribe", TopicArn=arn, **web, ReturnSubscriptionArn=True)["SubscriptionArn"]
    with pytest.raises(Needless):
        ground.planned(ID, arn)
    aws = ground.responder()
    step = ground.planned(ID, named, aws)
    action.apply(aws, step, no_wait)
    assert subscribed(ground, arn) == []


def test_does_not_verify_while_he_is_subscribed(ground: Ground) -> None:
    theirs = queue(ground, ground.outside_account)
    aws = ground.responder()
    step = ground.planned(ID, topic(ground, theirs), aws)
    proof = action.verify(aws, step, no_wait, None)
    assert (proof.holds, theirs in proof.what[0]) == (False, True)


def test_does_not_verify_when_another_stranger_subscribed_since_the_plan(ground: Ground) -> None:
    arn = topic(ground, queue(ground, ground.outside_account))
    aws = ground.responder()
    step = ground.planned(ID, arn, aws)
    action.apply(aws, step, no_wait)
    late = queue(ground, ground.outside_account)
    ground.admin.call("sns", "Subscribe", TopicArn=arn, Protocol="sqs", Endpoint=late)
    proof = action.verify(aws, step, no_wait, None)
    assert (proof.holds, late in proof.what[0]) == (False, True)


def test_says_that_a_topic_is_gone(ground: Ground) -> None:
    with pytest.raises(AwsAbsent):
        ground.planned(ID, f"arn:{ground.admin.partition}:sns:{ground.staged.region}:{ground.account}:never-was")


def test_survives_dying_before_each_change(ground: Ground) -> None:
    def made() -> str:
        return topic(ground, queue(ground, ground.outside_account), queue(ground, ground.outside_account))

    assert survives_dying(ground, ID, made) == 2
