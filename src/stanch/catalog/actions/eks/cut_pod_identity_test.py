import json
from collections.abc import Mapping
from typing import Any

import pytest
from tests.ground import no_wait, survives_dying, survives_refusals
from tests.recorded_aws import ACCOUNT, Recorded, RecordedAws, State

from stanch.catalog.actions.eks import cut_pod_identity as action
from stanch.contracts.action import Overtaken, Refused
from stanch.contracts.aws import AwsAbsent, AwsError

ID = "eks/cut_pod_identity"
OWN = json.dumps({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:Get*", "Resource": "*"}]})


def describe(state: State, asked: Mapping[str, Any]) -> Mapping[str, Any]:
    if asked["associationId"] not in state:
        raise AwsAbsent("eks:DescribePodIdentityAssociation", "ResourceNotFoundException", "no such association")
    return {"association": state[asked["associationId"]]}


def update(state: State, asked: Mapping[str, Any]) -> Mapping[str, Any]:
    association = state[asked["associationId"]]
    if asked.get("policy") and not asked.get("disableSessionTags", association["disableSessionTags"]):
        told = "disableSessionTags must be true with a policy"
        raise AwsError("eks:UpdatePodIdentityAssociation", "InvalidParameterException", told)
    association |= {name: asked[name] for name in ("policy", "disableSessionTags") if name in asked}
    if not association["policy"]:
        del association["policy"]
    return {"association": association}


@pytest.fixture
def ground() -> Recorded:
    # No emulator has pod identities.
    operations = {"eks:DescribePodIdentityAssociation": describe, "eks:UpdatePodIdentityAssociation": update}
    return Recorded(RecordedAws(operations))


def association(ground: Recorded, **terms: Any) -> str:
    """The ARN of an association of the pods of vllm."""
    name = f"a-{len(ground.aws.state):017}"
    ground.aws.state[name] = {
        "clusterName": "gpus",
        "namespace": "inference",
        "serviceAccount": "vllm",
        "roleArn": f"arn:aws:iam::{ACCOUNT}:role/vllm",
        "disableSessionTags": False,
        **terms,
    }
    return ground.arn("eks", f"podidentityassociation/gpus/{name}")


def kept(ground: Recorded) -> dict[str, Any]:
    (only,) = ground.aws.state.values()
    return dict(only)


def test_the_pods_may_do_nothing_and_the_association_stays(ground: Recorded) -> None:
    aws = ground.responder()
    step = ground.planned(ID, association(ground), aws)
    action.apply(aws, step, no_wait)
    (statement,) = json.loads(kept(ground)["policy"])["Statement"]
    assert {name: statement[name] for name in ("Effect", "Action", "Resource")} == {
        "Effect": "Deny",
        "Action": "*",
        "Resource": "*",
    }
    assert kept(ground)["disableSessionTags"] is True
    assert action.verify(aws, step, no_wait, None).holds


@pytest.mark.parametrize("terms", [{}, {"policy": OWN, "disableSessionTags": True}, {"disableSessionTags": True}])
def test_undo_brings_its_own_policy_and_tags_back(ground: Recorded, terms: dict[str, Any]) -> None:
    aws = ground.responder()
    arn = association(ground, **terms)
    found = kept(ground)
    step = ground.planned(ID, arn, aws)
    action.apply(aws, step, no_wait)
    assert kept(ground) != found
    action.undo(aws, step, no_wait)
    assert kept(ground) == found


def test_names_the_pods_the_role_and_what_is_left_to_a_person(ground: Recorded) -> None:
    told = " ".join(ground.planned(ID, association(ground)).breaks)
    assert "every pod of inference/vllm in gpus" in told
    assert f"arn:aws:iam::{ACCOUNT}:role/vllm" in told
    assert "kubectl --namespace inference get pods" in told


def test_names_the_role_that_pods_really_get(ground: Recorded) -> None:
    target = "arn:aws:iam::444455556666:role/reader"
    assert any(target in line for line in ground.planned(ID, association(ground, targetRoleArn=target)).breaks)


def test_does_not_overwrite_a_policy_that_somebody_wrote_since_the_plan(ground: Recorded) -> None:
    aws = ground.responder()
    step = ground.planned(ID, association(ground), aws)
    next(iter(ground.aws.state.values())).update(policy=OWN, disableSessionTags=True)
    with pytest.raises(Overtaken):
        action.apply(aws, step, no_wait)
    assert kept(ground)["policy"] == OWN


def test_does_not_hold_when_somebody_took_the_policy_away(ground: Recorded) -> None:
    aws = ground.responder()
    step = ground.planned(ID, association(ground), aws)
    action.apply(aws, step, no_wait)
    del next(iter(ground.aws.state.values()))["policy"]
    assert not action.verify(aws, step, no_wait, None).holds


def test_says_that_it_is_gone(ground: Recorded) -> None:
    with pytest.raises(AwsAbsent):
        ground.planned(ID, ground.arn("eks", "podidentityassociation/gpus/a-00000000000000000"))


def test_refuses_what_is_no_association(ground: Recorded) -> None:
    with pytest.raises(Refused, match="give podidentityassociation/CLUSTER/ID"):
        ground.planned(ID, ground.arn("eks", "podidentityassociation/a-1"))


def test_survives_dying_before_each_change(ground: Recorded) -> None:
    assert survives_dying(ground, ID, lambda: association(ground)) == 1


def test_survives_a_refusal_of_each_call(ground: Recorded) -> None:
    assert survives_refusals(ground, ID, lambda: association(ground)) > 1
