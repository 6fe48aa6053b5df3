"""Security Hub shows what is counted: one insight for each way in which models and their data leave.

A custom action sends what a person has chosen there to the responder.
"""

from collections.abc import Sequence
from typing import Any

from stanch.deploy.fill import literal
from stanch.domain.estate import Estate

_MOST = 20
"""Values of one filter that Security Hub takes."""
# How GuardDuty's types read in Security Hub (GuardDuty User Guide, "Integration with AWS Security Hub").
_READS = ("TTPs/Exfiltration:S3-", "TTPs/Discovery:S3-", "TTPs/Discovery/Discovery:S3-", "TTPs/UnauthorizedAccess:S3-")
_WITHOUT_ACTIONS = {"aws-cn", "aws-us-gov"}
"""Partitions whose CloudFormation has no AWS::SecurityHub::ActionTarget."""


def contain_by_hand(estate: Estate) -> dict[str, Any]:
    """The custom action as a resource; nothing where one of the perimeter's partitions cannot make it."""
    if lacks_actions(estate):
        return {}
    return {
        "ContainByHand": {
            "Type": "AWS::SecurityHub::ActionTarget",
            "Condition": "HasHub",
            "DependsOn": "HubReady",
            "Properties": {
                "Id": "StanchContain",
                "Name": "Contain with stanch",
                "Description": "Sends the chosen findings to the responder",
            },
        }
    }


def lacks_actions(estate: Estate) -> list[str]:
    """The partitions of the perimeter in which the custom action must be made by hand."""
    return sorted(_WITHOUT_ACTIONS.intersection(estate.perimeter.partitions))


def insights(estate: Estate) -> dict[str, Any]:
    """The insights as resources of the template `foundation`."""
    buckets = list(dict.fromkeys(asset.bucket for asset in estate.assets if asset.bucket))
    arns = [{"Fn::Sub": f"arn:${{AWS::Partition}}:s3:::{literal(bucket)}"} for bucket in buckets]
    found = {
        f"InsightAssets{number or ''}": _insight(
            "stanch: findings on buckets of weights and training data",
            "ResourceId",
            {"ResourceId": [_is(arn, "PREFIX") for arn in arns[start : start + _MOST]]},
        )
        for number, start in enumerate(range(0, len(arns), _MOST))
    }
    found["InsightStolenHost"] = _insight(
        "stanch: credentials of an inference host used elsewhere",
        "ResourceAwsIamAccessKeyPrincipalName",
        {"Type": _begin(["Effects/Data Exfiltration/UnauthorizedAccess:IAMUser-"])},
    )
    found["InsightReads"] = _insight(
        "stanch: reads that nobody expected",
        "ResourceId",
        {"Type": _begin(_READS)},
    )
    found["InsightOpened"] = _insight(
        "stanch: storage, images and keys opened to strangers",
        "ResourceType",
        {
            "ProductName": [_is("IAM Access Analyzer", "EQUALS")],
            "ResourceType": [
                _is(kind, "EQUALS") for kind in ("AwsS3Bucket", "AwsEc2Snapshot", "AwsEcrRepository", "AwsKmsKey")
            ],
        },
    )
    found["InsightOurs"] = _insight("stanch: incidents", "SeverityLabel", {"ProductName": [_is("stanch", "EQUALS")]})
    return found


def _insight(name: str, group: str, filters: dict[str, Any]) -> dict[str, Any]:
    standing = {
        "RecordState": [_is("ACTIVE", "EQUALS")],
        "WorkflowStatus": [_is("NEW", "EQUALS"), _is("NOTIFIED", "EQUALS")],
    }
    return {
        "Type": "AWS::SecurityHub::Insight",
        "Condition": "HasHub",
        "DependsOn": "HubReady",
        "Properties": {"Name": name, "GroupByAttribute": group, "Filters": {**filters, **standing}},
    }


def _is(value: Any, comparison: str) -> dict[str, Any]:
    return {"Value": value, "Comparison": comparison}


def _begin(words: Sequence[str]) -> list[dict[str, Any]]:
    return [_is(word, "PREFIX") for word in words]
