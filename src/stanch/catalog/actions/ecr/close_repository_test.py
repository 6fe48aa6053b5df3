from tests.closing import Closing, Policed
from tests.ground import Ground, survives_dying

ID = "ecr/close_repository"


def make(ground: Ground) -> str:
    """In a namespace: its name has a slash."""
    name = ground.name("team/serving")
    return str(ground.admin.call("ecr", "CreateRepository", repositoryName=name)["repository"]["repositoryArn"])


def put(ground: Ground, arn: str, text: str) -> object:
    return ground.admin.call("ecr", "SetRepositoryPolicy", repositoryName=name_of(arn), policyText=text)


def get(ground: Ground, arn: str) -> str:
    return str(ground.admin.call("ecr", "GetRepositoryPolicy", repositoryName=name_of(arn))["policyText"])


def name_of(arn: str) -> str:
    return arn.partition(":repository/")[2]


KIND = Policed(ID, make, put, get, {"Action": "ecr:BatchGetImage"}, ("ecr", "repository/never/was"))


class TestClosing(Closing):
    kind = KIND


def test_survives_dying_before_each_change(ground: Ground) -> None:
    assert survives_dying(ground, ID, lambda: KIND.made(ground, KIND.allow("*"))) == 1
    assert survives_dying(ground, ID, lambda: KIND.made(ground, KIND.theirs(ground))) == 1
