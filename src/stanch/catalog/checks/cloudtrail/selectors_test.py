"""What selectors record, field by field, as CloudTrail's guide says it."""

from typing import Any

import pytest

from stanch.catalog.checks.cloudtrail._selectors import Cover, Probe, advanced, basic

S3 = "AWS::S3::Object"
READ = Probe("GetObject", "s3.amazonaws.com", read=True, kind=S3, arn="arn:aws:s3:::models/llama/")
INVOKED = Probe(
    "Invoke",
    "lambda.amazonaws.com",
    read=False,
    kind="AWS::Lambda::Function",
    arn="arn:aws:lambda:eu-central-1:111122223333:function:embed",
    whole=False,
)
CALL = Probe("CreateUser", "iam.amazonaws.com", read=False)


def fields(**told: Any) -> list[dict[str, Any]]:
    """One advanced selector; a field's name with `_` for `.`, its tests as they are."""
    data = [{"Field": name.replace("_", "."), **tests} for name, tests in told.items()]
    return [{"Name": "x", "FieldSelectors": data}]


def data(**told: Any) -> list[dict[str, Any]]:
    """One for data events of objects."""
    return fields(eventCategory={"Equals": ["Data"]}, resources_type={"Equals": [S3]}, **told)


@pytest.mark.parametrize(
    ("selectors", "cover"),
    [
        (data(), Cover.ALL),
        (data(readOnly={"Equals": ["true"]}), Cover.ALL),
        (data(readOnly={"Equals": ["false"]}), Cover.NONE),
        (data(eventName={"Equals": ["GetObject"]}), Cover.ALL),
        (data(eventName={"StartsWith": ["Get"]}), Cover.ALL),
        (data(eventName={"NotEquals": ["GetObject", "HeadObject"]}), Cover.NONE),
        (data(eventName={"NotStartsWith": ["Put"]}), Cover.ALL),
        (data(resources_ARN={"StartsWith": ["arn:aws:s3:::models/"]}), Cover.ALL),
        (data(resources_ARN={"StartsWith": ["arn:aws:s3:::other/", "arn:aws:s3:::models/llama/"]}), Cover.ALL),
        (data(resources_ARN={"StartsWith": ["arn:aws:s3:::models/llama/v1/"]}), Cover.SOME),
        (data(resources_ARN={"StartsWith": ["arn:aws:s3:::models-old/"]}), Cover.NONE),
        (data(resources_ARN={"Equals": ["arn:aws:s3:::models/llama/config.json"]}), Cover.SOME),
        (data(resources_ARN={"NotStartsWith": ["arn:aws:s3:::models/"]}), Cover.NONE),
        (data(resources_ARN={"NotStartsWith": ["arn:aws:s3:::models/llama/tmp/"]}), Cover.SOME),
        (data(resources_ARN={"NotStartsWith": ["arn:aws:s3:::logs/"]}), Cover.ALL),
        (data(resources_ARN={"NotEquals": ["arn:aws:s3:::models/llama/x"]}), Cover.SOME),
        (data(resources_ARN={"EndsWith": [".safetensors"]}), Cover.SOME),
        (data(resources_ARN={"NotEndsWith": [".log"]}), Cover.SOME),
        (data(userIdentity_arn={"NotEquals": ["arn:aws:sts::111122223333:assumed-role/serve/x"]}), Cover.SOME),
        (data(eventType={"NotEquals": ["AwsServiceEvent"]}), Cover.ALL),
        (fields(eventCategory={"Equals": ["Data"]}, resources_type={"Equals": ["AWS::Lambda::Function"]}), Cover.NONE),
        (fields(eventCategory={"Equals": ["Management"]}), Cover.NONE),
        ([*data(readOnly={"Equals": ["false"]}), *data()], Cover.ALL),
        ([], Cover.NONE),
        (["x", {"FieldSelectors": None}, {"FieldSelectors": [{"Field": None}]}], Cover.SOME),
    ],
)
def test_advanced_selectors_of_the_objects_below_a_prefix(selectors: Any, cover: Cover) -> None:
    assert advanced(selectors, READ) is cover


@pytest.mark.parametrize(
    ("tests", "cover"),
    [
        ({"Equals": [INVOKED.arn]}, Cover.ALL),
        ({"Equals": [f"{INVOKED.arn}-2"]}, Cover.NONE),
        ({"StartsWith": ["arn:aws:lambda:"]}, Cover.ALL),
        ({"StartsWith": [f"{INVOKED.arn}-2"]}, Cover.NONE),
        ({"EndsWith": [":embed"]}, Cover.ALL),
        ({"NotEquals": [INVOKED.arn]}, Cover.NONE),
        ({"NotEndsWith": [":embed"]}, Cover.NONE),
    ],
)
def test_one_thing_is_recorded_or_not(tests: Any, cover: Cover) -> None:
    kind = {"Equals": ["AWS::Lambda::Function"]}
    assert advanced(fields(resources_type=kind, resources_ARN=tests), INVOKED) is cover


@pytest.mark.parametrize(
    ("selector", "cover"),
    [
        ({"ReadWriteType": "All", "DataResources": [{"Type": S3, "Values": ["arn:aws:s3"]}]}, Cover.ALL),
        ({"ReadWriteType": "All", "DataResources": [{"Type": S3, "Values": ["arn:aws:s3:::models/"]}]}, Cover.ALL),
        ({"ReadWriteType": "ReadOnly", "DataResources": [{"Type": S3, "Values": ["arn:aws:s3:::"]}]}, Cover.ALL),
        ({"ReadWriteType": "WriteOnly", "DataResources": [{"Type": S3, "Values": ["arn:aws:s3:::"]}]}, Cover.NONE),
        ({"DataResources": [{"Type": S3, "Values": ["arn:aws:s3:::models/llama/v1/"]}]}, Cover.SOME),
        ({"DataResources": [{"Type": "AWS::Lambda::Function", "Values": ["arn:aws:lambda"]}]}, Cover.NONE),
        ({"IncludeManagementEvents": True, "DataResources": None}, Cover.NONE),
    ],
)
def test_basic_selectors_of_objects(selector: Any, cover: Cover) -> None:
    assert basic([selector], READ) is cover


@pytest.mark.parametrize(
    ("selector", "cover"),
    [
        ({"ReadWriteType": "All", "IncludeManagementEvents": True}, Cover.ALL),
        ({"ReadWriteType": "ReadOnly", "IncludeManagementEvents": True}, Cover.NONE),
        ({"ReadWriteType": "All", "IncludeManagementEvents": False}, Cover.NONE),
        ({"IncludeManagementEvents": True, "ExcludeManagementEventSources": ["kms.amazonaws.com"]}, Cover.ALL),
        ({"IncludeManagementEvents": True, "ExcludeManagementEventSources": ["iam.amazonaws.com"]}, Cover.NONE),
    ],
)
def test_basic_selectors_of_calls(selector: Any, cover: Cover) -> None:
    assert basic([selector], CALL) is cover
