"""A name is asked for over a way out that no route shows: only Resolver can record the question, or refuse it.

Reads: groups of DNS firewall rules with their rules, logs of queries, and the VPCs that each of them is for.
Blind to: lists of domains, whether a firewall that fails lets everything through, endpoints and forwarding rules.
"""

from collections.abc import Callable, Iterator, Mapping
from functools import partial
from typing import Any

from stanch.catalog.collectors._answers import items
from stanch.catalog.collectors._place import account_in
from stanch.contracts.collector import Look, Scope, Thing, unseen

SCOPE = Scope.REGION
PERMISSIONS = (
    "route53resolver:ListFirewallRuleGroupAssociations",
    "route53resolver:ListFirewallRuleGroups",
    "route53resolver:ListFirewallRules",
    "route53resolver:ListResolverQueryLogConfigAssociations",
    "route53resolver:ListResolverQueryLogConfigs",
)


def collect(look: Look) -> Iterator[Thing]:
    """Every group of firewall rules and every query log that the account has or was given, each with `Associations`."""
    listed = partial(look.list, "route53resolver", of=account_in(look, "route53resolver"))
    groups = items(listed("ListFirewallRuleGroups", "FirewallRuleGroups"))
    if groups:
        found = listed("ListFirewallRuleGroupAssociations", "FirewallRuleGroupAssociations")
        yield from look.each(partial(_group, look, partial(_of, found, "FirewallRuleGroupId")), groups)
    logs = items(listed("ListResolverQueryLogConfigs", "ResolverQueryLogConfigs"))
    if logs:
        found = listed("ListResolverQueryLogConfigAssociations", "ResolverQueryLogConfigAssociations")
        for log in logs:
            told = {**log, "Associations": _of(found, "ResolverQueryLogConfigId", log["Id"])}
            yield Thing("route53resolver/query-log-config", str(log["Arn"]), told)


def _group(look: Look, associations: Callable[[str], Any], group: Mapping[str, Any]) -> Thing:
    arn, name = str(group["Arn"]), str(group["Id"])
    rules = look.list("route53resolver", "ListFirewallRules", "FirewallRules", of=arn, FirewallRuleGroupId=name)
    told = {**group, "FirewallRules": rules, "Associations": associations(name)}
    return Thing("route53resolver/firewall-rule-group", arn, told)


def _of(found: Any, key: str, name: str) -> Any:
    """The associations of one of them, or the marker that hides all."""
    return found if unseen(found) else [one for one in found if one.get(key) == name]
