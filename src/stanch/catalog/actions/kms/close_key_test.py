import json
from typing import Any

import pytest
from tests.ground import Ground, document, no_wait, survives_dying

from stanch.catalog.actions.kms import close_key as action
from stanch.contracts.action import Needless, Refused
from stanch.contracts.aws import AwsAbsent

ID = "kms/close_key"


def root(ground: Ground, account: str) -> str:
    return ground.arn("iam", "root").replace(ground.account, account)


def grant(ground: Ground, principal: Any, sid: str = "Open") -> dict[str, Any]:
    return {"Sid": sid, "Effect": "Allow", "Principal": principal, "Action": "kms:*", "Resource": "*"}


def made(ground: Ground, *opened: dict[str, Any]) -> str:
    """The ARN of a key with this policy."""
    arn = str(ground.admin.call("kms", "CreateKey")["KeyMetadata"]["Arn"])
    if opened:
        ground.admin.call("kms", "PutKeyPolicy", KeyId=arn, PolicyName="default", Policy=document(opened))
    return arn


def statements(ground: Ground, arn: str) -> list[dict[str, Any]]:
    text = ground.admin.call("kms", "GetKeyPolicy", KeyId=arn, PolicyName="default")["Policy"]
    found: list[dict[str, Any]] = json.loads(text)["Statement"]
    return found


def test_shuts_out_a_stranger_and_leaves_our_own(ground: Ground) -> None:
    ours = grant(ground, {"AWS": root(ground, ground.account)}, "Ours")
    theirs = grant(ground, {"AWS": root(ground, ground.outside_account)}, "Theirs")
    arn = made(ground, ours, theirs)
    aws = ground.responder()
    step = ground.planned(ID, arn, aws)
    action.apply(aws, step, no_wait)
    assert statements(ground, arn) == [ours]
    assert action.verify(aws, step, no_wait, None).holds
    action.undo(aws, step, no_wait)
    assert statements(ground, arn) == [ours, theirs]
    assert action.read(aws, step) == step.before


def test_leaves_the_key_itself_on_for_our_own_copies_of_the_evidence(ground: Ground) -> None:
    arn = made(ground, grant(ground, "*"))
    cipher = ground.admin.call("kms", "Encrypt", KeyId=arn, Plaintext=b"disk")["CiphertextBlob"]
    aws = ground.responder()
    action.apply(aws, ground.planned(ID, arn, aws), no_wait)
    assert ground.admin.call("kms", "DescribeKey", KeyId=arn)["KeyMetadata"]["KeyState"] == "Enabled"
    assert ground.admin.call("kms", "Decrypt", KeyId=arn, CiphertextBlob=cipher)["Plaintext"] == b"disk"


def test_narrows_what_everybody_may_do_to_our_own_account(ground: Ground) -> None:
    arn = made(ground, grant(ground, "*"))
    aws = ground.responder()
    action.apply(aws, ground.planned(ID, arn, aws), no_wait)
    assert statements(ground, arn) == [grant(ground, {"AWS": root(ground, ground.account)})]


def test_does_not_verify_while_the_stranger_is_let_in(ground: Ground) -> None:
    aws = ground.responder()
    step = ground.planned(ID, made(ground, grant(ground, "*")), aws)
    proof = action.verify(aws, step, no_wait, None)
    assert (proof.holds, "everybody" in proof.what[0]) == (False, True)


def test_has_nothing_to_do_where_no_stranger_is_let_in(ground: Ground) -> None:
    with pytest.raises(Needless):
        ground.planned(ID, made(ground, grant(ground, {"AWS": root(ground, ground.account)})))
    with pytest.raises(Needless):
        ground.planned(ID, made(ground))


def test_says_that_it_is_gone(ground: Ground) -> None:
    with pytest.raises(AwsAbsent):
        ground.planned(
            ID,
            f"arn:{ground.admin.partition}:kms:{ground.staged.region}:{ground.account}:key/00000000-0000-4000-8000-000000000000",
        )


def test_finds_the_key_behind_an_alias(ground: Ground) -> None:
    arn = made(ground, grant(ground, "*"))
    alias = ground.name("alias/weights")
    ground.admin.call("kms", "CreateAlias", AliasName=alias, TargetKeyId=arn)
    named = arn.rpartition("/")[0] + f"/{alias}"  # as a log's keyId is put into an ARN
    assert ground.planned(ID, named).resource == arn


def test_refuses_to_leave_a_key_whose_policy_nobody_of_ours_could_change(ground: Ground) -> None:
    reading = {**grant(ground, {"AWS": root(ground, ground.account)}, "Ours"), "Action": "kms:Decrypt"}
    theirs = grant(ground, {"AWS": root(ground, ground.outside_account)}, "Theirs")
    with pytest.raises(Refused, match="nobody of ours"):
        ground.planned(ID, made(ground, reading, theirs))


def test_survives_dying_before_each_change(ground: Ground) -> None:
    assert survives_dying(ground, ID, lambda: made(ground, grant(ground, "*"))) == 1
