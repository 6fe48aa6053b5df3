import json
from collections.abc import Mapping
from typing import Any

import pytest
from tests.ground import document, no_wait, survives_dying
from tests.recorded_aws import ACCOUNT, REGION, Operation, Recorded, RecordedAws

from stanch.catalog.actions.ecr import close_registry as action
from stanch.contracts.action import Needless
from stanch.contracts.aws import AwsAbsent, AwsError

ID = "ecr/close_registry"
RESOURCE = f"arn:aws:ecr:{REGION}:{ACCOUNT}:registry"
THEIRS = "444455556666"


def grant(account: str) -> dict[str, Any]:
    who = {"AWS": f"arn:aws:iam::{account}:root"}
    return {"Effect": "Allow", "Principal": who, "Action": "ecr:ReplicateImage", "Resource": "*"}


def kept(*statements: dict[str, Any]) -> Recorded:
    """An account in memory with one policy."""

    def get(state: dict[str, Any], _asked: Mapping[str, Any]) -> dict[str, Any]:
        if state["policy"] is None:
            raise AwsAbsent("ecr:GetRegistryPolicy", "RegistryPolicyNotFoundException", "there is none")
        return {"policyText": state["policy"]}

    def put(state: dict[str, Any], asked: Mapping[str, Any]) -> None:
        state["policy"] = asked["policyText"]

    def delete(state: dict[str, Any], _asked: Mapping[str, Any]) -> None:
        state["policy"] = None

    operations: dict[str, Operation] = {
        "ecr:GetRegistryPolicy": get,
        "ecr:PutRegistryPolicy": put,
        "ecr:DeleteRegistryPolicy": delete,
    }
    return Recorded(RecordedAws(operations, {"policy": document(statements) if statements else None}))


def test_shuts_out_a_stranger_and_leaves_our_own() -> None:
    account = kept(grant(ACCOUNT), grant(THEIRS))
    text = account.aws.state["policy"]
    step = account.planned(ID, RESOURCE)
    action.apply(account.aws, step, no_wait)
    assert json.loads(account.aws.state["policy"]) == json.loads(document([grant(ACCOUNT)]))
    assert action.verify(account.aws, step, no_wait, None).holds
    action.undo(account.aws, step, no_wait)
    assert account.aws.state["policy"] == text


def test_has_nothing_to_do_where_no_stranger_is_let_in() -> None:
    with pytest.raises(Needless):
        kept(grant(ACCOUNT)).planned(ID, RESOURCE)
    with pytest.raises(Needless, match="no policy"):
        kept().planned(ID, RESOURCE)


def test_leaves_the_policy_alone_when_it_is_throttled() -> None:
    account = kept(grant(THEIRS))
    step = account.planned(ID, RESOURCE)
    account.aws.failing["ecr:DeleteRegistryPolicy"] = [
        AwsError("ecr:DeleteRegistryPolicy", "ThrottlingException", "slower")
    ]
    with pytest.raises(AwsError, match="ThrottlingException"):
        action.apply(account.aws, step, no_wait)
    assert action.read(account.aws, step) == step.before


def test_survives_dying_before_each_change() -> None:
    ground = kept()

    def opened() -> str:
        ground.aws.state["policy"] = document([grant(THEIRS)])
        return RESOURCE

    assert survives_dying(ground, ID, opened) == 1
