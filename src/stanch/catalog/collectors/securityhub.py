"""Security Hub shows what its standards judge and its products send, less what an automation rule suppresses.

Blind to: findings, single controls that were disabled, which products send, member accounts.
"""

from collections.abc import Iterator
from functools import partial

from stanch.catalog.collectors._answers import items, paged, part
from stanch.catalog.collectors._place import account_in
from stanch.contracts.collector import Look, Scope, Thing, unseen

SCOPE = Scope.REGION
PERMISSIONS = (
    "securityhub:DescribeActionTargets",
    "securityhub:DescribeHub",
    "securityhub:GetEnabledStandards",
    "securityhub:GetInsights",
    "securityhub:ListAutomationRules",
    "securityhub:ListFindingAggregators",
)

_OFF = ("InvalidAccessException", "ResourceNotFoundException")
"""How the hub of an account that has none is answered for."""
_PAGES = ("NextToken", "NextToken")


def collect(look: Look) -> Iterator[Thing]:
    """The hub or None where it is off; what it judges by, its own insights, its actions, and its automation."""
    account = account_in(look, "securityhub")
    hub = look.ask("securityhub", "DescribeHub", of=account, none=_OFF)
    listed = partial(look.list, "securityhub", of=account)
    if hub is None:
        yield Thing("securityhub/account", account, {"Hub": None})
        return
    insights = listed("GetInsights", "Insights")
    targets = listed("DescribeActionTargets", "ActionTargets")
    rules = paged(look, "securityhub", "ListAutomationRules", "AutomationRulesMetadata", of=account, token=_PAGES)
    data = {
        "Hub": hub,
        "Standards": listed("GetEnabledStandards", "StandardsSubscriptions"),
        "FindingAggregators": listed("ListFindingAggregators", "FindingAggregators"),
        "AutomationRules": rules,
        "Insights": insights if unseen(insights) else [part(one, "InsightArn") for one in insights],
        "ActionTargets": targets,
    }
    yield Thing("securityhub/account", account, data)
    for insight in items(insights):
        yield Thing("securityhub/insight", str(insight["InsightArn"]), insight)
