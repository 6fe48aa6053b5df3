"""Data events cost: they are asked for the assets and for nothing else."""

from collections.abc import Sequence
from typing import Any

import boto3
from botocore.validate import validate_parameters
from tests.deploy.resolved import template

from stanch.deploy.render import Rendered
from stanch.deploy.selectors import MOST_VALUES, selectors, values_of
from stanch.domain.estate import Asset, AssetKind, Estate, Perimeter

PERIMETER = Perimeter(accounts=("111122223333", "444455556666"), regions=("eu-central-1", "eu-west-1"))


def estate(*wheres: str, kind: AssetKind = AssetKind.WEIGHTS) -> Estate:
    return Estate(PERIMETER, tuple(Asset(f"a{index}", kind, where) for index, where in enumerate(wheres)))


def asked(ours: Estate) -> dict[str, Sequence[Any]]:
    """The ARNs by operator and kind."""
    found: dict[str, Sequence[Any]] = {}
    for event in selectors(ours).events[1:]:
        _, kind, arn = event["FieldSelectors"]
        ((operator, values),) = [(key, value) for key, value in arn.items() if key != "Field"]
        found[f"{kind['Equals'][0]} {operator}"] = [value["Fn::Sub"] for value in values]
    return found


def test_a_prefix_covers_what_is_below_it_and_is_asked_once() -> None:
    found = asked(estate("s3://w/llama/", "s3://w/llama/decoy.bin", "s3://w/llama/v2/", "s3://w/other.bin", "s3://t"))
    assert found == {
        "AWS::S3::Object StartsWith": ["arn:${AWS::Partition}:s3:::t/", "arn:${AWS::Partition}:s3:::w/llama/"],
        "AWS::S3::Object Equals": ["arn:${AWS::Partition}:s3:::w/other.bin"],
    }


def test_a_pattern_is_asked_in_each_account_and_region_that_it_leaves_open() -> None:
    found = asked(estate("arn:*:sagemaker:*:111122223333:endpoint/chat-*", kind=AssetKind.INFERENCE_API))
    assert found["AWS::SageMaker::Endpoint StartsWith"] == [
        "arn:${AWS::Partition}:sagemaker:eu-central-1:111122223333:endpoint/chat-",
        "arn:${AWS::Partition}:sagemaker:eu-west-1:111122223333:endpoint/chat-",
    ]


def test_what_cannot_be_seen_is_told() -> None:
    found = selectors(estate("tag:model=llama", "arn:*:ecr:*:*:repository/models"))
    assert [one.split(" ")[0] for one in found.left_out] == ["a0", "a1"]
    assert len(found.events) == 1, "management events alone"


def test_reads_of_logs_are_not_logged_into_the_logs() -> None:
    assert asked(estate("s3://trail-bucket", kind=AssetKind.LOGS)) == {}


def test_values_are_counted_as_cloudtrail_counts_them() -> None:
    many = estate(*(f"s3://bucket-{number}/models/" for number in range(MOST_VALUES)))
    assert values_of(selectors(many).events) == MOST_VALUES + 3


def test_cloudtrail_takes_the_selectors(rendered: Rendered) -> None:
    trail = template(rendered, "foundation")["Trail"]["Properties"]
    client = boto3.client("cloudtrail", region_name="eu-central-1", aws_access_key_id="x", aws_secret_access_key="x")
    shape = client.meta.service_model.operation_model("PutEventSelectors").input_shape
    events = trail["AdvancedEventSelectors"]
    validate_parameters({"TrailName": "stanch", "AdvancedEventSelectors": events}, shape)
    assert trail["EnableLogFileValidation"] is True
    assert trail["IsOrganizationTrail"] is True
    assert [event["FieldSelectors"][0]["Equals"] for event in events] == [["Management"], *[["Data"]] * 3]
