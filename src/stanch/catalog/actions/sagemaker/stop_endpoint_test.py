from collections.abc import Mapping
from typing import Any

import pytest
from tests.ground import no_wait, survives_dying, survives_refusals
from tests.recorded_aws import Operation, Recorded, RecordedAws, State

from stanch.catalog.actions.sagemaker import stop_endpoint as action
from stanch.contracts.action import Overtaken, Refused
from stanch.contracts.aws import AwsAbsent, AwsDenied, AwsError

ID = "sagemaker/stop_endpoint"
ARN = "arn:aws:sagemaker:eu-central-1:111122223333:endpoint/"


def absent(operation: str, what: str) -> AwsError:
    return AwsError(f"sagemaker:{operation}", "ValidationException", f"Could not find {what}.")


def describe(state: State, asked: Mapping[str, Any]) -> Mapping[str, Any]:
    endpoint = state["endpoints"].get(asked["EndpointName"])
    if endpoint is None:
        raise absent("DescribeEndpoint", f'endpoint "{ARN}{asked["EndpointName"]}"')
    seen = {name: value for name, value in endpoint.items() if name not in ("tags", "next")}
    if endpoint["next"]:  # each look finds it a little further
        endpoint["EndpointStatus"] = endpoint["next"].pop(0)
    if endpoint["EndpointStatus"] == "gone":
        del state["endpoints"][asked["EndpointName"]]
    return seen


def delete(state: State, asked: Mapping[str, Any]) -> None:
    endpoint = state["endpoints"][asked["EndpointName"]]
    if endpoint["EndpointStatus"] in ("Creating", "Updating"):
        raise AwsError("sagemaker:DeleteEndpoint", "ValidationException", "Cannot update in-progress endpoint")
    endpoint |= {"EndpointStatus": "Deleting", "next": ["Deleting", "gone"]}


def create(state: State, asked: Mapping[str, Any]) -> Mapping[str, Any]:
    tags = {tag["Key"]: tag["Value"] for tag in asked.get("Tags", [])}
    return {"EndpointArn": make(state, asked["EndpointName"], asked["EndpointConfigName"], tags)["EndpointArn"]}


def make(state: State, name: str, configuration: str, tags: dict[str, str]) -> dict[str, Any]:
    state["endpoints"][name] = {
        "EndpointName": name,
        "EndpointArn": f"{ARN}{name}",
        "EndpointConfigName": configuration,
        "EndpointStatus": "InService",
        "CreationTime": "2026-11-22T00:00:00Z",
        "LastModifiedTime": "2026-11-22T00:00:00Z",
        "tags": tags,
        "next": [],
    }
    made: dict[str, Any] = state["endpoints"][name]
    return made


def configuration(state: State, asked: Mapping[str, Any]) -> Mapping[str, Any]:
    name = asked["EndpointConfigName"]
    if name not in state["configurations"]:
        raise absent("DescribeEndpointConfig", f'endpoint configuration "{name}"')
    arn = ARN.replace("endpoint/", f"endpoint-config/{name}")
    variants = [{"VariantName": "all", "ModelName": "llama"}]
    return {
        "EndpointConfigName": name,
        "EndpointConfigArn": arn,
        "ProductionVariants": variants,
        "CreationTime": "2026-11-22T00:00:00Z",
    }


def tags(state: State, asked: Mapping[str, Any]) -> Mapping[str, Any]:
    kept = state["endpoints"][asked["ResourceArn"].rpartition("/")[2]]["tags"]
    return {"Tags": [{"Key": key, "Value": value} for key, value in kept.items()]}


def components(state: State, _: Mapping[str, Any]) -> Mapping[str, Any]:
    return {"InferenceComponents": state["components"]}


OPERATIONS: dict[str, Operation] = {
    "sagemaker:DescribeEndpoint": describe,
    "sagemaker:DescribeEndpointConfig": configuration,
    "sagemaker:ListInferenceComponents": components,
    "sagemaker:ListTags": tags,
    "sagemaker:DeleteEndpoint": delete,
    "sagemaker:CreateEndpoint": create,
}


@pytest.fixture
def ground() -> Recorded:
    # moto deletes an endpoint at once, and knows no components.
    state = {"endpoints": {}, "configurations": ["llama-70b"], "components": []}
    return Recorded(RecordedAws(OPERATIONS, state))


def endpoint(ground: Recorded) -> str:
    """The ARN of an endpoint in service."""
    name = f"chat-{len(ground.aws.calls)}"
    return str(make(ground.aws.state, name, "llama-70b", {"team": "ml", "aws:made-by": "x"})["EndpointArn"])


def test_is_gone_until_it_is_made_again_from_its_configuration(ground: Recorded) -> None:
    aws = ground.responder()
    step = ground.planned(ID, endpoint(ground), aws)
    action.apply(aws, step, no_wait)
    proof = action.verify(aws, step, no_wait, None)
    assert proof.holds
    assert "there is no such endpoint" in proof.what[0]
    action.undo(aws, step, no_wait)
    (made,) = ground.aws.state["endpoints"].values()
    assert (made["EndpointConfigName"], made["tags"]) == ("llama-70b", {"team": "ml"})


def test_waits_for_one_that_is_being_changed(ground: Recorded) -> None:
    arn = endpoint(ground)
    (busy,) = ground.aws.state["endpoints"].values()
    busy |= {"EndpointStatus": "Updating", "next": ["Updating", "Updating", "Updating", "Updating", "InService"]}
    aws = ground.responder()
    step = ground.planned(ID, arn, aws)
    action.apply(aws, step, no_wait)
    assert action.verify(aws, step, no_wait, None).holds


def test_refuses_one_that_could_not_be_made_again(ground: Recorded) -> None:
    arn = endpoint(ground)
    ground.aws.state["configurations"] = []
    with pytest.raises(Refused, match="could not be made again"):
        ground.planned(ID, arn)


def test_refuses_one_that_serves_by_components(ground: Recorded) -> None:
    ground.aws.state["components"] = [
        {
            "InferenceComponentArn": f"{ARN}llama".replace("endpoint/", "inference-component/"),
            "InferenceComponentName": "llama",
            "EndpointArn": f"{ARN}chat",
            "EndpointName": "chat",
            "VariantName": "all",
            "CreationTime": "2026-11-22T00:00:00Z",
            "LastModifiedTime": "2026-11-22T00:00:00Z",
        }
    ]
    with pytest.raises(Refused, match="UpdateInferenceComponentRuntimeConfig"):
        ground.planned(ID, endpoint(ground))


def test_does_not_delete_one_that_somebody_gave_another_configuration_since_the_plan(ground: Recorded) -> None:
    aws = ground.responder()
    step = ground.planned(ID, endpoint(ground), aws)
    next(iter(ground.aws.state["endpoints"].values()))["EndpointConfigName"] = "llama-8b"
    with pytest.raises(Overtaken):
        action.apply(aws, step, no_wait)
    assert ground.aws.state["endpoints"]


def test_does_not_hold_while_it_is_there(ground: Recorded) -> None:
    aws = ground.responder()
    step = ground.planned(ID, endpoint(ground), aws)
    assert not action.verify(aws, step, no_wait, None).holds


def test_says_that_it_is_gone(ground: Recorded) -> None:
    with pytest.raises(AwsAbsent, match="there is no endpoint chat"):
        ground.planned(ID, f"{ARN}chat")


def test_what_it_may_not_look_at_is_not_taken_for_gone(ground: Recorded) -> None:
    ground.aws.failing["sagemaker:DescribeEndpoint"] = [
        AwsDenied("sagemaker:DescribeEndpoint", "AccessDeniedException", "not for you")
    ]
    with pytest.raises(AwsDenied):
        ground.planned(ID, endpoint(ground))


def alone(ground: Recorded) -> str:
    """The ARN of the only endpoint there is."""
    ground.aws.state["endpoints"].clear()
    return str(make(ground.aws.state, "chat", "llama-70b", {"team": "ml"})["EndpointArn"])


def test_survives_dying_before_each_change(ground: Recorded) -> None:
    assert survives_dying(ground, ID, lambda: alone(ground)) == 1


def test_survives_a_refusal_of_each_call(ground: Recorded) -> None:
    assert survives_refusals(ground, ID, lambda: alone(ground)) > 1
