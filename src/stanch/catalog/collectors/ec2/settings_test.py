"""The collector of a region's settings against the range, and against recorded answers for what was changed."""

from collections.abc import Mapping
from typing import Any

from tests.collecting import collected, reader, says, survives_denials, turned
from tests.ground import Ground
from tests.recorded_aws import ACCOUNT, REGION, RecordedAws

from stanch.catalog.collectors.ec2 import settings
from stanch.contracts.aws import AwsError
from stanch.contracts.collector import unseen

ARN = f"arn:aws:ec2:{REGION}:{ACCOUNT}:settings"
EXCLUSIONS = [{"ExclusionId": f"vpcbpa-exclude-{n}", "ResourceArn": f"arn:aws:ec2:::vpc/vpc-{n}"} for n in (1, 2)]


def account(mode: str = "block-bidirectional") -> RecordedAws:
    blocked: Mapping[str, Any] = {"VpcBlockPublicAccessOptions": {"InternetGatewayBlockMode": mode}}
    return RecordedAws(
        {
            "ec2:DescribeVpcBlockPublicAccessExclusions": turned(
                "VpcBlockPublicAccessExclusions", "NextToken", "NextToken", EXCLUSIONS
            ),
            "ec2:DescribeVpcBlockPublicAccessOptions": says(blocked),
            "ec2:GetAllowedImagesSettings": says({"State": "enabled", "ImageCriteria": []}),
            "ec2:GetEbsDefaultKmsKeyId": says({"KmsKeyId": "alias/disks"}),
            "ec2:GetEbsEncryptionByDefault": says({"EbsEncryptionByDefault": True}),
            "ec2:GetImageBlockPublicAccessState": says({"ImageBlockPublicAccessState": "block-new-sharing"}),
            "ec2:GetInstanceMetadataDefaults": says({"AccountLevel": {"HttpTokens": "required"}}),
            "ec2:GetSerialConsoleAccessStatus": says({"SerialConsoleAccessEnabled": True}),
            "ec2:GetSnapshotBlockPublicAccessState": says({"State": "block-all-sharing"}),
        }
    )


def test_an_untouched_region_has_the_defaults_of_aws(ground: Ground) -> None:
    aws = reader(ground.admin, settings)
    things, unknowns = collected(settings, aws)
    assert unknowns == []
    (told,) = things.values()
    assert told.arn == f"arn:aws:ec2:{aws.region}:{ground.account}:settings"
    assert told.data["EbsEncryptionByDefault"] is False
    assert told.data["SnapshotBlockPublicAccessState"] == "unblocked"
    assert told.data["InstanceMetadataDefaults"] == {"ManagedBy": "account"}
    # The exclusions are asked for only where something is blocked.
    assert set(settings.PERMISSIONS) - aws.needed == {"ec2:DescribeVpcBlockPublicAccessExclusions"}


def test_every_setting_and_every_exclusion_is_told() -> None:
    things, unknowns = collected(settings, account())
    assert unknowns == []
    assert things[ARN].data == {
        "AllowedImagesSettings": {"State": "enabled", "ImageCriteria": []},
        "EbsDefaultKmsKeyId": "alias/disks",
        "EbsEncryptionByDefault": True,
        "ImageBlockPublicAccessState": "block-new-sharing",
        "InstanceMetadataDefaults": {"HttpTokens": "required"},
        "SerialConsoleAccessEnabled": True,
        "SnapshotBlockPublicAccessState": "block-all-sharing",
        "VpcBlockPublicAccessOptions": {"InternetGatewayBlockMode": "block-bidirectional"},
    }
    excluded = [thing.data for thing in things.values() if thing.kind == "ec2/vpc-block-public-access-exclusion"]
    assert excluded == EXCLUSIONS


def test_each_denied_permission_is_told_and_nothing_is_invented() -> None:
    survives_denials(settings, account())


def test_exclusions_are_not_asked_for_where_nothing_is_blocked() -> None:
    aws = account(mode="off")
    things, _ = collected(settings, aws)
    assert list(things) == [ARN]
    assert len(aws.calls) == 8


def test_a_call_that_the_region_does_not_know_costs_that_setting_alone() -> None:
    aws = account(mode="off")
    unknown = AwsError("ec2:GetAllowedImagesSettings", "InvalidAction", "The action is not valid for this endpoint")
    aws.failing["ec2:GetAllowedImagesSettings"] = [unknown]
    things, unknowns = collected(settings, aws)
    assert [(one.operation, one.code, one.permission) for one in unknowns] == [
        ("ec2:GetAllowedImagesSettings", "InvalidAction", None)
    ]
    assert [key for key, value in things[ARN].data.items() if unseen(value)] == ["AllowedImagesSettings"]
