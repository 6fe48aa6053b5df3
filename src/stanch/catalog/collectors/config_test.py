"""The collector of Config against recorded answers and the range."""

from typing import Any

from tests.collecting import collected, reader, says, survives_denials, turned
from tests.ground import Ground
from tests.recorded_aws import ACCOUNT, REGION, RecordedAws

from stanch.catalog.collectors import config

AT = f"arn:aws:config:{REGION}:{ACCOUNT}"
HERE = f"{AT}:account"
RULES = [f"{AT}:config-rule/{name}" for name in ("one", "two")]


def account(**changes: Any) -> RecordedAws:
    rules = [{"ConfigRuleArn": arn, "ConfigRuleName": "r", "Source": {"Owner": "AWS"}} for arn in RULES]
    return RecordedAws(
        {
            "config:DescribeConfigurationRecorders": says({"ConfigurationRecorders": [{"name": "default"}]}),
            "config:DescribeConfigurationRecorderStatus": says(
                {"ConfigurationRecordersStatus": [{"name": "default", "recording": False}]}
            ),
            "config:DescribeDeliveryChannels": says({"DeliveryChannels": [{"s3BucketName": "acme-config"}]}),
            "config:DescribeDeliveryChannelStatus": says({"DeliveryChannelsStatus": [{"name": "default"}]}),
            "config:DescribeConfigurationAggregators": says({"ConfigurationAggregators": []}),
            "config:DescribeConfigRules": turned("ConfigRules", "NextToken", "NextToken", rules),
            **changes,
        }
    )


def test_a_recorder_that_stands_still_is_told() -> None:
    things, unknowns = collected(config, account())
    assert unknowns == []
    data = things[HERE].data
    assert data["ConfigurationRecorders"] == [{"name": "default"}]
    assert data["ConfigurationRecordersStatus"] == [{"name": "default", "recording": False}]
    assert data["DeliveryChannels"] == [{"s3BucketName": "acme-config"}]
    assert things.keys() == {HERE, *RULES}


def test_each_denial_is_one_gap_with_its_permission() -> None:
    survives_denials(config, account())


def test_config_that_is_off_has_empty_lists_and_the_permissions_are_enough(ground: Ground) -> None:
    owner = ground.outsider
    aws = reader(owner, config)
    things, unknowns = collected(config, aws)
    assert unknowns == []
    assert set(map(repr, things[f"arn:aws:config:{owner.region}:{ground.outside_account}:account"].data.values())) == {
        "[]"
    }
    statuses = {"config:DescribeConfigurationRecorderStatus", "config:DescribeDeliveryChannelStatus"}
    assert aws.needed == set(config.PERMISSIONS) - statuses
