"""A classic load balancer is described whole by one call: its listeners, its hosts and which way it faces.

Blind to: its access logs, and the ciphers of its listeners.
"""

from collections.abc import Iterator

from stanch.catalog.collectors._answers import items
from stanch.contracts.collector import Look, Scope, Thing
from stanch.domain.arn import Arn

SCOPE = Scope.REGION
PERMISSIONS = ("elasticloadbalancing:DescribeLoadBalancers",)
_PAGE = 400


def collect(look: Look) -> Iterator[Thing]:
    """Every classic load balancer of the region."""
    key = "LoadBalancerDescriptions"
    for balancer in items(look.list("elb", "DescribeLoadBalancers", key, of="elb", PageSize=_PAGE)):
        resource = f"loadbalancer/{balancer['LoadBalancerName']}"
        name = str(Arn(look.partition, "elasticloadbalancing", look.region, look.account, resource))
        yield Thing("elb/load-balancer", name, balancer)
