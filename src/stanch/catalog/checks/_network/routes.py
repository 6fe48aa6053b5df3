"""The most specific route wins, and a subnet without a table of its own follows its network's main one.

VPC User Guide, "Route priority" and "Subnet route tables".
"""

from collections.abc import Iterator, Mapping
from typing import Any

from stanch.catalog.checks._network.wide import Net, covered, is_wide, network
from stanch.catalog.checks._things import mapped, mappings
from stanch.contracts.collector import Place

_TARGETS = (
    "GatewayId",
    "NatGatewayId",
    "EgressOnlyInternetGatewayId",
    "TransitGatewayId",
    "VpcPeeringConnectionId",
    "NetworkInterfaceId",
    "InstanceId",
    "LocalGatewayId",
    "CarrierGatewayId",
    "CoreNetworkArn",
)


class Tables:
    """The route table of every subnet."""

    def __init__(self, places: list[Place]) -> None:
        self._of: dict[str, Place] = {}
        self._main: dict[str, Place] = {}
        self._named = {str(place.thing.data.get("RouteTableId")): place for place in places}
        for place in places:
            for one in mappings(place.thing.data.get("Associations")):
                if mapped(one.get("AssociationState")).get("State") == "disassociated":
                    continue
                if one.get("Main"):
                    self._main[str(place.thing.data.get("VpcId"))] = place
                elif one.get("SubnetId"):
                    self._of[str(one["SubnetId"])] = place

    def of(self, subnet: str, vpc: str) -> Place | None:
        """The table that a subnet's traffic follows, or None where nobody saw it."""
        return self._of.get(subnet) or self._main.get(vpc)

    def named(self, name: str) -> Place | None:
        """The table of this id."""
        return self._named.get(name)


def ways_out(table: Place, version: int) -> Iterator[tuple[int, str]]:
    """Whereto a table sends a good part of the internet: the route's place in the list, and the target's id."""
    routes = list(enumerate(mappings(table.thing.data.get("Routes"))))
    nets = {index: _destination(route) for index, route in routes}
    for index, route in routes:
        net = nets[index]
        if net is None or net.version != version or not is_wide(net) or route.get("State") == "blackhole":
            continue
        closer = [other for other in nets.values() if other is not None and _is_closer(other, net)]
        target = next((str(route[key]) for key in _TARGETS if route.get(key)), "")
        if target and target != "local" and not covered(net, closer):
            yield index, target


def _destination(route: Mapping[str, Any]) -> Net | None:
    return network(route.get("DestinationCidrBlock") or route.get("DestinationIpv6CidrBlock"))


def _is_closer(other: Net, net: Net) -> bool:
    return other.version == net.version and other.prefixlen > net.prefixlen
