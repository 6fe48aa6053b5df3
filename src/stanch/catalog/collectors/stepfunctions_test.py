"""The collector of Step Functions against recorded answers and the range."""

import json
from datetime import UTC, datetime

from tests.collecting import collected, reader, survives_denials, turned
from tests.ground import Ground
from tests.recorded_aws import ACCOUNT, REGION, RecordedAws

from stanch.catalog.collectors import stepfunctions
from stanch.domain.masking import mask

ARN = f"arn:aws:states:{REGION}:{ACCOUNT}:stateMachine:contain"
ROLE = f"arn:aws:iam::{ACCOUNT}:role/contain"
ASK = {"Type": "Task", "Resource": "arn:aws:states:::sqs:sendMessage.waitForTaskToken", "TimeoutSeconds": 7200,
       "Parameters": {"ApiToken": "hunter2hunter2"}, "End": True}  # fmt: skip
DEFINITION = {"StartAt": "Ask", "States": {"Ask": ASK}}
NOW = datetime(2026, 11, 1, tzinfo=UTC)


def account() -> RecordedAws:
    def listed(arn: str) -> dict[str, object]:
        return {"stateMachineArn": arn, "name": "contain", "type": "STANDARD", "creationDate": NOW}

    pages = [listed(ARN), listed(f"{ARN}-2")]
    return RecordedAws(
        {
            "stepfunctions:ListStateMachines": turned("stateMachines", "nextToken", "nextToken", pages),
            "stepfunctions:DescribeStateMachine": lambda _, asked: {
                **listed(asked["stateMachineArn"]),
                "definition": json.dumps(DEFINITION),
                "roleArn": ROLE,
            },
        }
    )


def test_a_definition_is_a_document_without_its_secrets() -> None:
    things, unknowns = collected(stepfunctions, account())
    assert unknowns == []
    assert things.keys() == {ARN, f"{ARN}-2"}
    data = things[ARN].data
    assert data["roleArn"] == ROLE
    assert data["definition"]["States"]["Ask"]["Resource"].endswith("waitForTaskToken")
    assert data["definition"]["States"]["Ask"]["Parameters"] == {"ApiToken": mask("named-so", "hunter2hunter2")}


def test_each_denial_is_one_gap_with_its_permission() -> None:
    survives_denials(stepfunctions, account())


def test_the_declared_permissions_are_enough_where_they_are_enforced(ground: Ground) -> None:
    owner, name = ground.outsider, ground.name("contain")
    told = {"name": name, "roleArn": f"arn:aws:iam::{ground.outside_account}:role/contain"}
    machine = owner.call("stepfunctions", "CreateStateMachine", definition=json.dumps(DEFINITION), **told)
    aws = reader(owner, stepfunctions)
    things, unknowns = collected(stepfunctions, aws)
    assert unknowns == []
    assert things[machine["stateMachineArn"]].data["definition"]["StartAt"] == "Ask"
    assert aws.needed == set(stepfunctions.PERMISSIONS)
