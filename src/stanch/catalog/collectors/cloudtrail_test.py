"""The collector of CloudTrail against recorded answers and the range."""

from typing import Any

from tests.collecting import collected, lacks, says, survives_denials
from tests.ground import Ground
from tests.recorded_aws import ACCOUNT, REGION, RecordedAws

from stanch.catalog.collectors import cloudtrail

AT = f"arn:aws:cloudtrail:{REGION}:{ACCOUNT}"
HERE = f"{AT}:account"
OWN, SHADOW = f"{AT}:trail/main", "arn:aws:cloudtrail:us-east-1:999988887777:trail/organisation"
STORES = [f"{AT}:eventdatastore/{number}" for number in (1, 2)]
SELECTORS = [{"ReadWriteType": "All", "IncludeManagementEvents": True, "DataResources": []}]
ADVANCED = [{"Name": "weights", "FieldSelectors": [{"Field": "eventCategory", "Equals": ["Data"]}]}]


def account(**changes: Any) -> RecordedAws:
    trails = [
        {"TrailARN": OWN, "HomeRegion": REGION, "LogFileValidationEnabled": True, "HasInsightSelectors": True},
        {"TrailARN": SHADOW, "HomeRegion": "us-east-1", "IsOrganizationTrail": True, "HasInsightSelectors": False},
    ]

    def stores(_: Any, asked: Any) -> dict[str, Any]:
        if asked.get("NextToken"):
            return {"EventDataStores": [{"EventDataStoreArn": STORES[1]}]}
        return {"EventDataStores": [{"EventDataStoreArn": STORES[0]}], "NextToken": "page-2"}

    return RecordedAws(
        {
            "cloudtrail:DescribeTrails": says({"trailList": trails}),
            "cloudtrail:GetTrailStatus": says({"IsLogging": True}),
            "cloudtrail:GetEventSelectors": lambda _, asked: (
                {"EventSelectors": SELECTORS} if asked["TrailName"] == OWN else {"AdvancedEventSelectors": ADVANCED}
            ),
            "cloudtrail:GetInsightSelectors": says({"InsightSelectors": [{"InsightType": "ApiCallRateInsight"}]}),
            "cloudtrail:ListEventDataStores": stores,
            "cloudtrail:GetEventDataStore": lambda _, asked: {
                "EventDataStoreArn": asked["EventDataStore"],
                "AdvancedEventSelectors": ADVANCED,
            },
            **changes,
        }
    )


def test_a_trail_is_told_with_its_status_and_selectors() -> None:
    things, unknowns = collected(cloudtrail, account())
    assert unknowns == []
    data = things[OWN].data
    assert data["LogFileValidationEnabled"] is True
    assert data["Status"] == {"IsLogging": True}
    assert data["EventSelectors"] == SELECTORS
    assert data["AdvancedEventSelectors"] is None
    assert data["InsightSelectors"] == [{"InsightType": "ApiCallRateInsight"}]
    assert things[STORES[1]].data["AdvancedEventSelectors"] == ADVANCED
    assert things[HERE].data == {"Trails": sorted([OWN, SHADOW]), "EventDataStores": STORES}


def test_a_trail_of_another_region_is_in_force_here_and_has_no_insights_to_ask_for() -> None:
    aws = account()
    things, _ = collected(cloudtrail, aws)
    assert things[SHADOW].data["AdvancedEventSelectors"] == ADVANCED
    assert things[SHADOW].data["InsightSelectors"] is None
    assert [asked["TrailName"] for name, asked in aws.calls if name == "cloudtrail:GetInsightSelectors"] == [OWN]


def test_insights_that_are_off_are_none() -> None:
    off = lacks("cloudtrail:GetInsightSelectors", "InsightNotEnabledException")
    things, unknowns = collected(cloudtrail, account(**{"cloudtrail:GetInsightSelectors": off}))
    assert unknowns == []
    assert things[OWN].data["InsightSelectors"] is None


def test_an_account_without_a_trail_says_so() -> None:
    empty = {
        "cloudtrail:DescribeTrails": says({"trailList": []}),
        "cloudtrail:ListEventDataStores": says({"EventDataStores": []}),
    }
    things, unknowns = collected(cloudtrail, account(**empty))
    assert unknowns == []
    assert {arn: thing.data for arn, thing in things.items()} == {HERE: {"Trails": [], "EventDataStores": []}}


def test_each_denial_is_one_gap_with_its_permission() -> None:
    survives_denials(cloudtrail, account())


def test_a_trail_of_the_range_is_found_logging(ground: Ground) -> None:
    owner, name, bucket = ground.admin, ground.name("main"), ground.bucket()
    arn = owner.call("cloudtrail", "CreateTrail", Name=name, S3BucketName=bucket)["TrailARN"]
    owner.call("cloudtrail", "StartLogging", Name=name)
    things, _ = collected(cloudtrail, owner)
    assert things[arn].data["Status"]["IsLogging"] is True
    assert things[arn].data["S3BucketName"] == bucket
