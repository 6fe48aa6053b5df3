"""A DNS firewall is a group of rules that is associated with VPCs; the range keeps them, and refuses no question.

Source: CreateFirewallRuleGroup, CreateFirewallRule and AssociateFirewallRuleGroup, Route 53 Resolver API Reference.
"""

import json
from typing import Any

from moto.moto_api._internal import mock_random
from moto.route53resolver.responses import Route53ResolverResponse

from stanch.range.gate.sessions import Sessions
from stanch.range.patches.replacing import adds

_GROUPS, _RULES, _ASSOCIATIONS = "FirewallRuleGroups", "FirewallRules", "FirewallRuleGroupAssociations"
_OF_A_RULE = ("FirewallRuleGroupId", "FirewallDomainListId", "Name", "Priority", "Action", "BlockResponse")
_OF_AN_ASSOCIATION = ("FirewallRuleGroupId", "VpcId", "Priority", "Name", "MutationProtection")


def install(_: Sessions) -> None:
    """Put Resolver right."""
    for method in (create_firewall_rule_group, create_firewall_rule, associate_firewall_rule_group):
        adds(Route53ResolverResponse, method.__name__)(method)
    for name, method in (
        ("list_firewall_rule_groups", _listing(_GROUPS)),
        ("list_firewall_rules", _listing(_RULES)),
        ("list_firewall_rule_group_associations", _listing(_ASSOCIATIONS)),
    ):
        adds(Route53ResolverResponse, name)(method)


def create_firewall_rule_group(self: Any) -> str:
    """Keep a group without rules."""
    name = f"rslvr-frg-{mock_random.get_random_hex(16)}"
    account = self.current_account
    arn = f"arn:{self.partition}:route53resolver:{self.region}:{account}:firewall-rule-group/{name}"
    told = {"Id": name, "Arn": arn, "Name": self._get_param("Name"), "OwnerId": account, "ShareStatus": "NOT_SHARED"}
    _kept(self, _GROUPS).append(told)
    return json.dumps({"FirewallRuleGroup": told})


def create_firewall_rule(self: Any) -> str:
    """Keep a rule of a group."""
    told = {key: self._get_param(key) for key in _OF_A_RULE if self._get_param(key) is not None}
    _kept(self, _RULES).append(told)
    return json.dumps({"FirewallRule": told})


def associate_firewall_rule_group(self: Any) -> str:
    """Let a group be for a VPC."""
    told = {key: self._get_param(key) for key in _OF_AN_ASSOCIATION if self._get_param(key) is not None}
    told |= {"Id": f"rslvr-frgassoc-{mock_random.get_random_hex(16)}", "Status": "COMPLETE"}
    _kept(self, _ASSOCIATIONS).append(told)
    return json.dumps({"FirewallRuleGroupAssociation": told})


def _listing(key: str) -> Any:
    def listed(self: Any) -> str:
        """All, or those of one group, on one page."""
        of = self._get_param("FirewallRuleGroupId")
        return json.dumps({key: [one for one in _kept(self, key) if of in (None, one.get("FirewallRuleGroupId"))]})

    return listed


def _kept(response: Any, key: str) -> list[dict[str, Any]]:
    kept: list[dict[str, Any]] = vars(response.route53resolver_backend).setdefault(f"kept_{key}", [])
    return kept
