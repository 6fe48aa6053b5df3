"""SQS delivers at least once and in batches: what starts is one execution a finding, and what fails comes again."""

import json
from typing import Any

from stanch.contracts.aws import AwsError
from stanch.responder.envelope import name_of
from stanch.responder.starter import started
from tests.recorded_aws import RecordedAws, State
from tests.responder import findings as of

WORKFLOW = "arn:aws:states:eu-central-1:111122223333:stateMachine:stanch"


def start_execution(state: State, params: Any) -> dict[str, Any]:
    if params["name"] in state:
        raise AwsError("stepfunctions:StartExecution", "ExecutionAlreadyExists", "it exists")
    state[params["name"]] = json.loads(params["input"])
    return {"executionArn": f"{WORKFLOW}:{params['name']}", "startDate": "2026-11-22T12:00:00Z"}


def account() -> RecordedAws:
    return RecordedAws({"stepfunctions:StartExecution": start_execution})


def batch(*bodies: str) -> dict[str, Any]:
    return {"Records": [{"messageId": f"m{number}", "body": body} for number, body in enumerate(bodies)]}


def test_one_execution_starts_for_each_finding_and_none_for_a_repeat() -> None:
    aws = account()
    both = of.chosen(of.macie_policy(), of.access_analyzer())
    one = of.imported(of.macie_policy())
    assert started(batch(*map(json.dumps, (both, one, one))), WORKFLOW, aws) == {"batchItemFailures": []}
    assert len(aws.state) == 3
    assert aws.state[name_of(one)]["event"] == one


def test_a_message_that_cannot_be_read_comes_again_and_keeps_no_other_back() -> None:
    aws = account()
    good = json.dumps(of.imported(of.macie_policy()))
    failed = started(batch("not JSON", good, "[1]", "[" * 100_000), WORKFLOW, aws)
    assert [one["itemIdentifier"] for one in failed["batchItemFailures"]] == ["m0", "m2", "m3"]
    assert len(aws.state) == 1


def test_a_message_that_step_functions_throttles_comes_again() -> None:
    aws = account()
    aws.failing["stepfunctions:StartExecution"] = [AwsError("stepfunctions:StartExecution", "ThrottlingException", "")]
    one = json.dumps(of.imported(of.macie_policy()))
    assert started(batch(one), WORKFLOW, aws) == {"batchItemFailures": [{"itemIdentifier": "m0"}]}
    assert started(batch(one), WORKFLOW, aws) == {"batchItemFailures": []}
