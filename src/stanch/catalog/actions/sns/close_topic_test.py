from tests.closing import Closing, Policed
from tests.ground import Ground, survives_dying

ID = "sns/close_topic"


def make(ground: Ground) -> str:
    return str(ground.admin.call("sns", "CreateTopic", Name=ground.name("results"))["TopicArn"])


def put(ground: Ground, arn: str, text: str) -> object:
    policy = {"AttributeName": "Policy", "AttributeValue": text}
    return ground.admin.call("sns", "SetTopicAttributes", TopicArn=arn, **policy)


def get(ground: Ground, arn: str) -> str:
    return str(ground.admin.call("sns", "GetTopicAttributes", TopicArn=arn)["Attributes"]["Policy"])


SAYS = {"Action": "sns:Subscribe", "Resource": "*"}
KIND = Policed(ID, make, put, get, SAYS, ("sns", "never-was"))


class TestClosing(Closing):
    kind = KIND


def test_survives_dying_before_each_change(ground: Ground) -> None:
    assert survives_dying(ground, ID, lambda: KIND.made(ground, KIND.allow("*"))) == 1
