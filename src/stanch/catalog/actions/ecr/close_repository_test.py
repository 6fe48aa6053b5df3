import json
from typing import Any

import pytest
from tests.ground import Ground, document, no_wait, survives_dying

from stanch.catalog.actions.ecr import close_repository as action
from stanch.contracts.action import Needless
from stanch.contracts.aws import AwsAbsent

ID = "ecr/close_repository"


def root(ground: Ground, account: str) -> str:
    return ground.arn("iam", "root").replace(ground.account, account)


def grant(ground: Ground, principal: Any, sid: str = "Open") -> dict[str, Any]:
    return {"Sid": sid, "Effect": "Allow", "Principal": principal, "Action": "ecr:BatchGetImage"}


def made(ground: Ground, *opened: dict[str, Any]) -> str:
    """The ARN of a repository in a namespace, with this policy."""
    name = ground.name("team/serving")
    arn = str(ground.admin.call("ecr", "CreateRepository", repositoryName=name)["repository"]["repositoryArn"])
    if opened:
        ground.admin.call("ecr", "SetRepositoryPolicy", repositoryName=name, policyText=document(opened))
    return arn


def statements(ground: Ground, arn: str) -> list[dict[str, Any]]:
    name = arn.partition(":repository/")[2]
    text = ground.admin.call("ecr", "GetRepositoryPolicy", repositoryName=name)["policyText"]
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
            ID, f"arn:{ground.admin.partition}:ecr:{ground.staged.region}:{ground.account}:repository/never/was"
        )


def test_survives_dying_before_each_change(ground: Ground) -> None:
    assert survives_dying(ground, ID, lambda: made(ground, grant(ground, "*"))) == 1
    stranger = {"AWS": root(ground, ground.outside_account)}
    assert survives_dying(ground, ID, lambda: made(ground, grant(ground, stranger))) == 1
