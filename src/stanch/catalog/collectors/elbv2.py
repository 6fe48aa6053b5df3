"""A load balancer that faces the internet makes a private host's port public, and its rules may ask who is calling.

Reads: load balancers with their attributes, listeners with their rules, target groups with what stands behind them.
Blind to: classic load balancers (a collector of their own), web ACLs, and who the identity provider lets in.
"""

from collections.abc import Iterator, Mapping
from functools import partial
from typing import Any

from stanch.catalog.collectors._answers import items, part
from stanch.contracts.collector import Look, Scope, Thing

SCOPE = Scope.REGION
PERMISSIONS = (
    "elasticloadbalancing:DescribeListeners",
    "elasticloadbalancing:DescribeLoadBalancerAttributes",
    "elasticloadbalancing:DescribeLoadBalancers",
    "elasticloadbalancing:DescribeRules",
    "elasticloadbalancing:DescribeTargetGroups",
    "elasticloadbalancing:DescribeTargetHealth",
)
_PAGE = 400
_WITH_RULES = "application"


def collect(look: Look) -> Iterator[Thing]:
    """Every load balancer, listener and target group of the region."""
    balancers = items(look.list("elbv2", "DescribeLoadBalancers", "LoadBalancers", of="elbv2", PageSize=_PAGE))
    yield from look.each(partial(_balancer, look), balancers)
    of_each = look.each(partial(_listeners, look), balancers)
    listeners = [(one, listener) for one, found in zip(balancers, of_each, strict=True) for listener in items(found)]
    yield from look.each(lambda pair: _listener(look, *pair), listeners)
    groups = items(look.list("elbv2", "DescribeTargetGroups", "TargetGroups", of="elbv2", PageSize=_PAGE))
    yield from look.each(partial(_group, look), groups)


def _balancer(look: Look, balancer: Mapping[str, Any]) -> Thing:
    name = balancer["LoadBalancerArn"]
    answer = look.ask("elbv2", "DescribeLoadBalancerAttributes", of=name, LoadBalancerArn=name)
    attributes = part(answer, "Attributes")
    if isinstance(attributes, list):
        attributes = {one["Key"]: one.get("Value") for one in attributes}
    return Thing("elbv2/load-balancer", name, {**balancer, "Attributes": attributes})


def _listeners(look: Look, balancer: Mapping[str, Any]) -> Any:
    name = balancer["LoadBalancerArn"]
    return look.list("elbv2", "DescribeListeners", "Listeners", of=name, LoadBalancerArn=name)


def _listener(look: Look, balancer: Mapping[str, Any], listener: Mapping[str, Any]) -> Thing:
    """Only an application load balancer has rules; the others send all there is to one target group."""
    name, rules = listener["ListenerArn"], None
    if balancer.get("Type") == _WITH_RULES:
        rules = look.list("elbv2", "DescribeRules", "Rules", of=name, ListenerArn=name)
    return Thing("elbv2/listener", name, {**listener, "Rules": rules})


def _group(look: Look, group: Mapping[str, Any]) -> Thing:
    name = group["TargetGroupArn"]
    answer = look.ask("elbv2", "DescribeTargetHealth", of=name, TargetGroupArn=name)
    health = part(answer, "TargetHealthDescriptions")
    return Thing("elbv2/target-group", name, {**group, "TargetHealthDescriptions": health})
