from tests.closing import Closing, Policed
from tests.ground import Ground, survives_dying

ID = "secretsmanager/close_secret"


def make(ground: Ground) -> str:
    return str(ground.admin.call("secretsmanager", "CreateSecret", Name=ground.name("token"), SecretString="x")["ARN"])


def put(ground: Ground, arn: str, text: str) -> object:
    return ground.admin.call("secretsmanager", "PutResourcePolicy", SecretId=arn, ResourcePolicy=text)


def get(ground: Ground, arn: str) -> str:
    return str(ground.admin.call("secretsmanager", "GetResourcePolicy", SecretId=arn)["ResourcePolicy"])


SAYS = {"Action": "secretsmanager:GetSecretValue", "Resource": "*"}
KIND = Policed(ID, make, put, get, SAYS, ("secretsmanager", "secret:never-AbCdEf"))


class TestClosing(Closing):
    kind = KIND


def test_finds_the_secret_that_a_log_names_without_its_last_six_letters(ground: Ground) -> None:
    arn = KIND.made(ground, KIND.allow("*"))
    assert ground.planned(ID, arn[:-7]).resource == arn


def test_survives_dying_before_each_change(ground: Ground) -> None:
    assert survives_dying(ground, ID, lambda: KIND.made(ground, KIND.allow("*"))) == 1
    assert survives_dying(ground, ID, lambda: KIND.made(ground, KIND.theirs(ground))) == 1
