"""A function outside a network sends to the whole internet; inside one, only where its subnets and groups lead.

Lambda Developer Guide, "Giving Lambda functions access to resources in an Amazon VPC": it never has a public address.
"""

from collections.abc import Iterator

from stanch.catalog.checks._network import Interface, Network, Passage
from stanch.catalog.checks._network.passage import best
from stanch.catalog.checks._reach import Way, reaching
from stanch.catalog.checks._things import blind, mapped, texts
from stanch.contracts.check import Judged, Posture
from stanch.contracts.collector import Place, unseen

KIND = "lambda/function"


def blind_to_functions(posture: Posture) -> Iterator[Judged]:
    """An unknown for each region whose functions nobody saw."""
    yield from blind(posture, "functions", "lambda", "lambda:ListFunctions")


def name_of(place: Place) -> str:
    """The function's name, as commands take it."""
    told = place.thing.data.get("FunctionName")
    return told if isinstance(told, str) and told else place.thing.arn.rpartition(":")[2]


def role_of(place: Place) -> str:
    """The ARN of the role that a function runs as; empty where nobody said."""
    told = place.thing.data.get("Role")
    return told if isinstance(told, str) else ""


def leaves(network: Network, place: Place) -> Passage:
    """Whether a function can send to the internet, by any of its subnets."""
    told = place.thing.data.get("VpcConfig")
    if hidden := unseen(told):
        return Passage(unseen=(hidden,))
    inside = mapped(told)
    subnets, vpc = texts(inside.get("SubnetIds")), str(inside.get("VpcId") or "")
    if not subnets:
        return Passage(by=("Lambda's own network",))
    groups = tuple(texts(inside.get("SecurityGroupIds")))
    sixes = ("any",) if inside.get("Ipv6AllowedForDualStack") is True else ()
    return best(network.leaves(Interface("", subnet, vpc, groups, None, sixes)) for subnet in subnets)


def read_by_functions(posture: Posture) -> dict[str, list[Way]]:
    """The stores that functions' roles get to, by the role's ARN, the shortest way first."""
    return reaching(posture, {role for place in posture.of(KIND) if (role := role_of(place))})
