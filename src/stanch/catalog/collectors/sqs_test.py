"""The collector of SQS against the range, and against recorded answers for pages."""

import json

from tests.collecting import collected, reader, says, survives_denials, turned
from tests.ground import Ground
from tests.recorded_aws import ACCOUNT, REGION, RecordedAws

from stanch.catalog.collectors import sqs

URLS = [f"https://sqs.{REGION}.amazonaws.com/{ACCOUNT}/{name}" for name in ("jobs", "jobs.fifo")]
JOBS = f"arn:aws:sqs:{REGION}:{ACCOUNT}:jobs"
POLICY = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": "*", "Action": "sqs:*"}]}
SETTINGS = {"KmsMasterKeyId": "alias/weights", "VisibilityTimeout": "30"}


def account(**attributes: str) -> RecordedAws:
    told = {"Attributes": {**SETTINGS, "ApproximateNumberOfMessages": "7", **attributes}}
    return RecordedAws(
        {
            "sqs:ListQueues": turned("QueueUrls", "NextToken", "NextToken", URLS),
            "sqs:GetQueueAttributes": says(told),
        }
    )


def test_every_queue_is_told_without_what_moves() -> None:
    things, unknowns = collected(sqs, account(Policy=json.dumps(POLICY)))
    assert unknowns == []
    assert things[JOBS].data == {"QueueUrl": URLS[0], "Attributes": SETTINGS, "Policy": POLICY}
    assert f"{JOBS}.fifo" in things


def test_no_policy_is_none() -> None:
    assert collected(sqs, account())[0][JOBS].data["Policy"] is None


def test_each_denial_is_one_gap_with_its_permission() -> None:
    survives_denials(sqs, account(Policy=json.dumps(POLICY)))


def test_the_declared_permissions_are_enough_where_they_are_enforced(ground: Ground) -> None:
    owner, name = ground.outsider, ground.name("jobs")
    owner.call("sqs", "CreateQueue", QueueName=name, Attributes={"Policy": json.dumps(POLICY)})
    aws = reader(owner, sqs)
    things, unknowns = collected(sqs, aws)
    assert unknowns == []
    queue = things[f"arn:aws:sqs:{owner.region}:{ground.outside_account}:{name}"].data
    assert queue["Attributes"]["QueueArn"].endswith(name)
    assert queue["Policy"] == POLICY
    assert aws.needed == set(sqs.PERMISSIONS)
