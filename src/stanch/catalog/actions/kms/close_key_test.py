import pytest
from tests.closing import Closing, Policed
from tests.ground import Ground, no_wait, survives_dying

from stanch.catalog.actions.kms import close_key as action
from stanch.contracts.action import Refused

ID = "kms/close_key"


def make(ground: Ground) -> str:
    return str(ground.admin.call("kms", "CreateKey")["KeyMetadata"]["Arn"])


def put(ground: Ground, arn: str, text: str) -> object:
    return ground.admin.call("kms", "PutKeyPolicy", KeyId=arn, PolicyName="default", Policy=text)


def get(ground: Ground, arn: str) -> str:
    return str(ground.admin.call("kms", "GetKeyPolicy", KeyId=arn, PolicyName="default")["Policy"])


SAYS = {"Action": "kms:*", "Resource": "*"}
KIND = Policed(ID, make, put, get, SAYS, ("kms", "key/00000000-0000-4000-8000-000000000000"))


class TestClosing(Closing):
    kind = KIND


def test_leaves_the_key_itself_on_for_our_own_copies_of_the_evidence(ground: Ground) -> None:
    arn = KIND.made(ground, KIND.allow("*"))
    cipher = ground.admin.call("kms", "Encrypt", KeyId=arn, Plaintext=b"disk")["CiphertextBlob"]
    aws = ground.responder()
    action.apply(aws, ground.planned(ID, arn, aws), no_wait)
    assert ground.admin.call("kms", "DescribeKey", KeyId=arn)["KeyMetadata"]["KeyState"] == "Enabled"
    assert ground.admin.call("kms", "Decrypt", KeyId=arn, CiphertextBlob=cipher)["Plaintext"] == b"disk"


def test_finds_the_key_behind_an_alias(ground: Ground) -> None:
    arn = KIND.made(ground, KIND.allow("*"))
    alias = ground.name("alias/weights")
    ground.admin.call("kms", "CreateAlias", AliasName=alias, TargetKeyId=arn)
    named = arn.rpartition("/")[0] + f"/{alias}"  # as a log's keyId is put into an ARN
    assert ground.planned(ID, named).resource == arn


def test_refuses_to_leave_a_key_whose_policy_nobody_of_ours_could_change(ground: Ground) -> None:
    reading = {**KIND.ours(ground, "Ours"), "Action": "kms:Decrypt"}
    with pytest.raises(Refused, match="nobody of ours"):
        ground.planned(ID, KIND.made(ground, reading, KIND.theirs(ground, "Theirs")))


def test_survives_dying_before_each_change(ground: Ground) -> None:
    assert survives_dying(ground, ID, lambda: KIND.made(ground, KIND.allow("*"))) == 1
