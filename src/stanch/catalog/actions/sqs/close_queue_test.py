from typing import Any

from tests.closing import Closing, Policed
from tests.ground import Ground, survives_dying

ID = "sqs/close_queue"


def make(ground: Ground) -> str:
    url = ground.admin.call("sqs", "CreateQueue", QueueName=ground.name("jobs"))["QueueUrl"]
    answer = ground.admin.call("sqs", "GetQueueAttributes", QueueUrl=url, AttributeNames=["QueueArn"])
    return str(answer["Attributes"]["QueueArn"])


def put(ground: Ground, arn: str, text: str) -> object:
    return ground.admin.call("sqs", "SetQueueAttributes", QueueUrl=url_of(ground, arn), Attributes={"Policy": text})


def get(ground: Ground, arn: str) -> str:
    asked: dict[str, Any] = {"QueueUrl": url_of(ground, arn), "AttributeNames": ["Policy"]}
    return str(ground.admin.call("sqs", "GetQueueAttributes", **asked)["Attributes"]["Policy"])


def url_of(ground: Ground, arn: str) -> str:
    return str(ground.admin.call("sqs", "GetQueueUrl", QueueName=arn.rpartition(":")[2])["QueueUrl"])


SAYS = {"Action": "sqs:ReceiveMessage", "Resource": "*"}
KIND = Policed(ID, make, put, get, SAYS, ("sqs", "never-was"))


class TestClosing(Closing):
    kind = KIND


def test_survives_dying_before_each_change(ground: Ground) -> None:
    assert survives_dying(ground, ID, lambda: KIND.made(ground, KIND.allow("*"))) == 1
    assert survives_dying(ground, ID, lambda: KIND.made(ground, KIND.theirs(ground))) == 1
