"""The collector of GuardDuty against recorded answers."""

from typing import Any

from tests.collecting import collected, says, survives_denials, turned
from tests.recorded_aws import ACCOUNT, REGION, RecordedAws

from stanch.catalog.collectors import guardduty

AT = f"arn:aws:guardduty:{REGION}:{ACCOUNT}"
HERE, DETECTOR = f"{AT}:account", f"{AT}:detector/d1"
TOLD = {
    "ServiceRole": f"arn:aws:iam::{ACCOUNT}:role/guardduty",
    "Status": "ENABLED",
    "FindingPublishingFrequency": "SIX_HOURS",
    "Features": [{"Name": "S3_DATA_EVENTS", "Status": "DISABLED"}],
}
EXPORT = {"DestinationId": "e1", "DestinationType": "S3", "Status": "PUBLISHING"}


def account(**changes: Any) -> RecordedAws:
    export = {**EXPORT, "PublishingFailureStartTimestamp": 0, "DestinationProperties": {"DestinationArn": "arn:x"}}
    return RecordedAws(
        {
            "guardduty:ListDetectors": says({"DetectorIds": ["d1"]}),
            "guardduty:GetDetector": says(TOLD),
            "guardduty:ListFilters": turned("FilterNames", "NextToken", "NextToken", ["quiet", "loud"]),
            "guardduty:GetFilter": lambda _, asked: {
                "Name": asked["FilterName"],
                "Action": "ARCHIVE" if asked["FilterName"] == "quiet" else "NOOP",
                "FindingCriteria": {},
            },
            "guardduty:ListIPSets": says({"IpSetIds": ["i1"]}),
            "guardduty:GetIPSet": says(
                {"Name": "trusted", "Format": "TXT", "Location": "https://s3/x", "Status": "ACTIVE"}
            ),
            "guardduty:ListPublishingDestinations": turned("Destinations", "NextToken", "NextToken", [EXPORT]),
            "guardduty:DescribePublishingDestination": says(export),
            "guardduty:GetAdministratorAccount": says({"Administrator": {"AccountId": "999988887777"}}),
            **changes,
        }
    )


def test_a_detector_is_told_with_what_it_looks_for_and_what_is_silenced() -> None:
    things, unknowns = collected(guardduty, account())
    assert unknowns == []
    data = things[DETECTOR].data
    assert data["FindingPublishingFrequency"] == "SIX_HOURS"
    assert data["Features"] == TOLD["Features"]
    assert [(one["Name"], one["Action"]) for one in data["Filters"]] == [("quiet", "ARCHIVE"), ("loud", "NOOP")]
    assert data["IPSets"][0]["Status"] == "ACTIVE"
    assert data["PublishingDestinations"][0]["DestinationProperties"] == {"DestinationArn": "arn:x"}
    assert data["Administrator"] == {"AccountId": "999988887777"}


def test_a_region_without_a_detector_says_so_in_one_call() -> None:
    aws = account(**{"guardduty:ListDetectors": says({"DetectorIds": []})})
    things, unknowns = collected(guardduty, aws)
    assert unknowns == []
    assert {arn: thing.data for arn, thing in things.items()} == {HERE: {"DetectorIds": []}}
    assert len(aws.calls) == 1


def test_a_detector_of_nobody_else_has_no_administrator() -> None:
    alone = says({"Administrator": {}})
    things, _ = collected(guardduty, account(**{"guardduty:GetAdministratorAccount": alone}))
    assert things[DETECTOR].data["Administrator"] is None


def test_each_denial_is_one_gap_with_its_permission() -> None:
    survives_denials(guardduty, account())
