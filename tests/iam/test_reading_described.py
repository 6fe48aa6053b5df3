"""What exists is read as AWS's own answers describe it, wrapped or not, with an ARN or without one."""

import json
from typing import Any

import pytest

from stanch.iam.reading import read_organization

HOME = "111122223333"
TRUST = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"}],
}
ROLE = f"arn:aws:iam::{HOME}:role/ml/serving"
PROFILE = f"arn:aws:iam::{HOME}:instance-profile/hosts"
FUNCTION = f"arn:aws:lambda:eu-central-1:{HOME}:function:f"
INSTANCE = f"arn:aws:ec2:eu-central-1:{HOME}:instance/i-1"


@pytest.mark.parametrize(
    ("facts", "arn"),
    [
        ({"FunctionName": "f", "FunctionArn": FUNCTION, "Role": ROLE}, FUNCTION),
        ({"Configuration": {"FunctionArn": FUNCTION, "Role": ROLE}, "Code": {}}, FUNCTION),
        (
            {"NotebookInstanceArn": "@sagemaker:@:notebook-instance/n", "RoleArn": ROLE},
            "@sagemaker:@:notebook-instance/n",
        ),
        ({"StackName": "s", "StackId": "@cloudformation:@:stack/s/1", "RoleARN": ROLE}, "@cloudformation:@:stack/s/1"),
        (
            {"taskDefinition": {"taskDefinitionArn": "@ecs:@:task-definition/t:1", "taskRoleArn": ROLE}},
            "@ecs:@:task-definition/t:1",
        ),
        (
            {
                "InstanceId": "i-1",
                "Placement": {"AvailabilityZone": "eu-central-1b"},
                "IamInstanceProfile": {"Arn": PROFILE},
            },
            INSTANCE,
        ),
        ({"EndpointName": "d", "AvailabilityZone": "eu-central-1a", "RoleArn": ROLE}, "@glue:@:devEndpoint/d"),
    ],
)
def test_a_resource_is_read_as_aws_describes_it(facts: dict[str, Any], arn: str) -> None:
    def full(value: Any) -> Any:
        return json.loads(json.dumps(value).replace('"@', '"arn:aws:').replace(":@:", f":eu-central-1:{HOME}:"))

    role = {"Arn": ROLE, "RoleName": "serving", "AssumeRolePolicyDocument": TRUST}
    answer = {"RoleDetailList": [{**role, "InstanceProfileList": [{"Arn": PROFILE}]}]}
    (found,) = read_organization({"accounts": {HOME: answer}, "resources": [full(facts)]}).resources
    assert (found.arn, found.account, found.roles) == (full(arn), HOME, (ROLE,))
