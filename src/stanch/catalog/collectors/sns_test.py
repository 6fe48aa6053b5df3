"""The collector of SNS against the range, and against recorded answers for pages."""

import json

from tests.collecting import collected, reader, says, survives_denials, turned
from tests.ground import Ground
from tests.recorded_aws import ACCOUNT, REGION, RecordedAws

from stanch.catalog.collectors import sns

TOPICS = [{"TopicArn": f"arn:aws:sns:{REGION}:{ACCOUNT}:{name}"} for name in ("alarms", "news")]
ALARMS = TOPICS[0]["TopicArn"]
POLICY = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": "*", "Action": "sns:*"}]}
HOOK = "https://hooks.example.com/services/T000/B000/not-for-a-snapshot"
MAIL = {"Protocol": "email", "Endpoint": "oncall@example.com", "Owner": ACCOUNT, "SubscriptionArn": f"{ALARMS}:1"}
WEB = {"Protocol": "https", "Endpoint": HOOK, "Owner": "444455556666", "SubscriptionArn": f"{ALARMS}:2"}
BROKEN = {**WEB, "Endpoint": "https://[hooks"}


def account(**attributes: str) -> RecordedAws:
    return RecordedAws(
        {
            "sns:ListTopics": turned("Topics", "NextToken", "NextToken", TOPICS),
            "sns:GetTopicAttributes": says({"Attributes": {"KmsMasterKeyId": "alias/weights", **attributes}}),
            "sns:ListSubscriptionsByTopic": turned("Subscriptions", "NextToken", "NextToken", [MAIL, WEB, BROKEN]),
        }
    )


def test_every_topic_is_told_with_whoever_listens() -> None:
    things, unknowns = collected(sns, account(Policy=json.dumps(POLICY)))
    assert unknowns == []
    assert set(things) == {topic["TopicArn"] for topic in TOPICS}
    alarms = things[ALARMS].data
    assert alarms["Policy"] == POLICY
    assert alarms["Attributes"] == {"KmsMasterKeyId": "alias/weights"}
    assert alarms["Subscriptions"][0] == MAIL


def test_a_web_hook_is_told_by_its_host_alone() -> None:
    told = collected(sns, account())[0][ALARMS].data["Subscriptions"]
    assert told[1]["Endpoint"] == "https://hooks.example.com"
    assert len(told[1]["EndpointSha256"]) == 64
    assert "not-for-a-snapshot" not in repr(told)
    assert told[2]["Endpoint"] == "https://"


def test_no_policy_is_none() -> None:
    assert collected(sns, account())[0][ALARMS].data["Policy"] is None


def test_each_denial_is_one_gap_with_its_permission() -> None:
    survives_denials(sns, account(Policy=json.dumps(POLICY)))


def test_the_declared_permissions_are_enough_where_they_are_enforced(ground: Ground) -> None:
    owner = ground.outsider
    arn = owner.call("sns", "CreateTopic", Name=ground.name("alarms"))["TopicArn"]
    owner.call("sns", "Subscribe", TopicArn=arn, Protocol="email", Endpoint="oncall@example.com")
    aws = reader(owner, sns)
    things, unknowns = collected(sns, aws)
    assert unknowns == []
    assert [one["Endpoint"] for one in things[arn].data["Subscriptions"]] == ["oncall@example.com"]
    assert things[arn].data["Policy"]["Statement"]
    assert aws.needed == set(sns.PERMISSIONS)
