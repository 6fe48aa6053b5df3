import json
from collections.abc import Mapping, Sequence
from typing import Any

import pytest
from tests.ground import no_wait, survives_dying, survives_refusals
from tests.recorded_aws import ACCOUNT, Recorded, RecordedAws, State

from stanch.catalog.actions.sagemaker import close_package_group as action
from stanch.contracts.action import Needless, Overtaken
from stanch.contracts.aws import AwsAbsent, AwsError

ID = "sagemaker/close_package_group"
STRANGER, PARTNER = "999988887777", "444455556666"


def refuse(operation: str) -> AwsError:
    told = "Cannot find resource policy for arn:aws:sagemaker:eu-central-1:111122223333:model-package-group/llama"
    return AwsError(f"sagemaker:{operation}", "ValidationException", told)


def describe(state: State, asked: Mapping[str, Any]) -> Mapping[str, Any]:
    name = asked["ModelPackageGroupName"]
    if name not in state:
        raise AwsError(
            "sagemaker:DescribeModelPackageGroup", "ValidationException", f"ModelPackageGroup {name} does not exist."
        )
    return {
        "ModelPackageGroupName": name,
        "ModelPackageGroupArn": f"arn:aws:sagemaker:eu-central-1:{ACCOUNT}:model-package-group/{name}",
        "ModelPackageGroupStatus": "Completed",
        "CreatedBy": {},
        "CreationTime": "2026-11-22T00:00:00Z",
    }


def get(state: State, asked: Mapping[str, Any]) -> Mapping[str, Any]:
    text = state[asked["ModelPackageGroupName"]]
    if text is None:
        raise refuse("GetModelPackageGroupPolicy")
    return {"ResourcePolicy": text}


def put(state: State, asked: Mapping[str, Any]) -> Mapping[str, Any]:
    name = asked["ModelPackageGroupName"]
    state[name] = asked["ResourcePolicy"]
    return {"ModelPackageGroupArn": f"arn:aws:sagemaker:eu-central-1:{ACCOUNT}:model-package-group/{name}"}


def delete(state: State, asked: Mapping[str, Any]) -> None:
    if state[asked["ModelPackageGroupName"]] is None:
        raise refuse("DeleteModelPackageGroupPolicy")
    state[asked["ModelPackageGroupName"]] = None


@pytest.fixture
def ground() -> Recorded:
    # No emulator has these policies.
    return Recorded(
        RecordedAws(
            {
                "sagemaker:DescribeModelPackageGroup": describe,
                "sagemaker:GetModelPackageGroupPolicy": get,
                "sagemaker:PutModelPackageGroupPolicy": put,
                "sagemaker:DeleteModelPackageGroupPolicy": delete,
            }
        )
    )


def group(ground: Recorded, accounts: Sequence[str]) -> str:
    """The ARN of a group that these accounts may read."""
    name = f"llama-{len(ground.aws.state)}"
    arn = ground.arn("sagemaker", f"model-package-group/{name}")
    named = {"AWS": [f"arn:aws:iam::{account}:root" for account in accounts]}
    read = {"Sid": "read", "Effect": "Allow", "Principal": named, "Action": "sagemaker:DescribeModelPackageGroup"}
    ground.aws.state[name] = json.dumps({"Version": "2012-10-17", "Statement": [{**read, "Resource": arn}]})
    return arn


def test_takes_the_stranger_out_and_leaves_our_own(ground: Recorded) -> None:
    arn = group(ground, (STRANGER, PARTNER))
    ours = type(ground.case().perimeter)(accounts=(ACCOUNT, PARTNER))
    aws = ground.responder()
    step = ground.planned(ID, arn, aws, ground.case(perimeter=ours))
    action.apply(aws, step, no_wait)
    (text,) = ground.aws.state.values()
    assert STRANGER not in text
    assert PARTNER in text
    assert action.verify(aws, step, no_wait, None).holds


def test_deletes_a_policy_that_names_strangers_alone_and_puts_it_back(ground: Recorded) -> None:
    aws = ground.responder()
    arn = group(ground, (STRANGER,))
    (before,) = ground.aws.state.values()
    step = ground.planned(ID, arn, aws)
    action.apply(aws, step, no_wait)
    assert list(ground.aws.state.values()) == [None]
    assert action.verify(aws, step, no_wait, None).holds
    action.undo(aws, step, no_wait)
    assert list(ground.aws.state.values()) == [before]


def test_there_is_nothing_to_do_without_a_stranger(ground: Recorded) -> None:
    with pytest.raises(Needless):
        ground.planned(ID, group(ground, (ACCOUNT,)))


def test_does_not_overwrite_a_policy_that_somebody_changed_since_the_plan(ground: Recorded) -> None:
    aws = ground.responder()
    step = ground.planned(ID, group(ground, (STRANGER,)), aws)
    group(ground, (STRANGER, PARTNER))
    ground.aws.state["llama-0"] = ground.aws.state["llama-1"]
    with pytest.raises(Overtaken):
        action.apply(aws, step, no_wait)


def test_says_that_a_group_is_gone(ground: Recorded) -> None:
    with pytest.raises(AwsAbsent, match="there is no group"):
        ground.planned(ID, ground.arn("sagemaker", "model-package-group/none"))


def test_survives_dying_before_each_change(ground: Recorded) -> None:
    assert survives_dying(ground, ID, lambda: group(ground, (STRANGER,))) == 1


def test_survives_a_refusal_of_each_call(ground: Recorded) -> None:
    assert survives_refusals(ground, ID, lambda: group(ground, (STRANGER,))) > 1
