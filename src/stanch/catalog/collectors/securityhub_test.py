"""The collector of Security Hub against recorded answers."""

from typing import Any

from tests.collecting import collected, says, survives_denials, turned
from tests.recorded_aws import ACCOUNT, REGION, RecordedAws

from stanch.catalog.collectors import securityhub
from stanch.contracts.aws import AwsError

AT = f"arn:aws:securityhub:{REGION}:{ACCOUNT}"
HERE = f"{AT}:account"
INSIGHTS = [f"{AT}:insight/{ACCOUNT}/custom/{number}" for number in (1, 2)]
HUB = {"HubArn": f"{AT}:hub/default", "AutoEnableControls": True}
STANDARD = {"StandardsSubscriptionArn": f"{AT}:subscription/fsbp", "StandardsArn": "arn:x", "StandardsInput": {},
            "StandardsStatus": "READY"}  # fmt: skip
TARGET = {"ActionTargetArn": f"{AT}:action/custom/contain", "Name": "Contain", "Description": "d"}
RULE = {"RuleArn": f"{AT}:automation-rule/1", "RuleStatus": "ENABLED", "RuleName": "suppress", "IsTerminal": False}


def account(**changes: Any) -> RecordedAws:
    insights = [{"InsightArn": arn, "Name": "LLM", "Filters": {}, "GroupByAttribute": "ResourceId"} for arn in INSIGHTS]
    return RecordedAws(
        {
            "securityhub:DescribeHub": says(HUB),
            "securityhub:GetEnabledStandards": says({"StandardsSubscriptions": [STANDARD]}),
            "securityhub:GetInsights": turned("Insights", "NextToken", "NextToken", insights),
            "securityhub:DescribeActionTargets": says({"ActionTargets": [TARGET]}),
            "securityhub:ListAutomationRules": says({"AutomationRulesMetadata": [RULE]}),
            "securityhub:ListFindingAggregators": says({"FindingAggregators": [{"FindingAggregatorArn": "arn:agg"}]}),
            **changes,
        }
    )


def test_the_hub_is_told_with_standards_insights_actions_and_automation() -> None:
    things, unknowns = collected(securityhub, account())
    assert unknowns == []
    assert things[HERE].data == {
        "Hub": HUB,
        "Standards": [STANDARD],
        "FindingAggregators": [{"FindingAggregatorArn": "arn:agg"}],
        "AutomationRules": [RULE],
        "Insights": INSIGHTS,
        "ActionTargets": [TARGET],
    }
    assert things[INSIGHTS[1]].data["Name"] == "LLM"


def test_an_account_without_a_hub_is_none_in_one_call() -> None:
    def off(*_: Any) -> None:
        raise AwsError("securityhub:DescribeHub", "InvalidAccessException", "Account is not subscribed")

    aws = account(**{"securityhub:DescribeHub": off})
    things, unknowns = collected(securityhub, aws)
    assert unknowns == []
    assert things[HERE].data == {"Hub": None}
    assert len(aws.calls) == 1


def test_each_denial_is_one_gap_with_its_permission() -> None:
    survives_denials(securityhub, account())
