"""A connection through a NAT gateway, a load balancer or an endpoint is tracked, whatever the security groups say.

Network ACLs track nothing and cut it. They see only the far end of a packet: the source coming in, the destination
going out. So a host is denied where its path runs, in the subnet of the gateway; in its own subnet no rule can name it.
"""

import ipaddress
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from stanch.contracts.aws import Aws
from stanch.domain.estate import Network

LIMIT, RAISED = 20, 40
"""Rules that an ACL may have in one direction: AWS's quota, and the most it can be raised to."""

WAYS = {"in": False, "out": True}
"""Direction as seen from the subnet -> EC2's `Egress`."""

TRACKED = {
    "natgateway": "NAT gateway",
    "networkloadbalancer": "network load balancer",
    "vpcendpoint": "PrivateLink endpoint",
    "gatewayloadbalancerendpoint": "firewall endpoint",
    "lambda": "function",
    "globalacceleratormanaged": "accelerator",
}
"""Interface types through which every connection is tracked; EC2 spells them `nat_gateway` or `natGateway`."""

_LAST = 32766  # rule numbers above it are the ACL's own "deny the rest"

Denies = dict[str, list[int]]
"""`in 10.0.0.5/32` -> the numbers of the rules that deny all of it."""


@dataclass(frozen=True, slots=True)
class Waypoint:
    """One interface through which connections are tracked; `near` where the host has an interface in its subnet."""

    interface: str
    kind: str
    subnet: str
    near: bool

    def __str__(self) -> str:
        return f"{self.kind} {self.interface} in {self.subnet}"


def waypoints(aws: Aws, enis: Iterable[Mapping[str, Any]]) -> list[Waypoint]:
    """Every such interface in the VPCs in which a host has these interfaces.

    All of them, whatever the route tables say: an endpoint is reached by the local route, and a route is soon changed.
    """
    own = list(enis)
    subnets = {str(eni["SubnetId"]) for eni in own}
    found = []
    for vpc in vpcs(own):
        here = [{"Name": "vpc-id", "Values": [vpc]}]
        for eni in aws.pages("ec2", "DescribeNetworkInterfaces", "NetworkInterfaces", Filters=here):
            kind = TRACKED.get(str(eni.get("InterfaceType")).replace("_", "").lower())
            if kind:
                subnet = str(eni["SubnetId"])
                found.append(Waypoint(str(eni["NetworkInterfaceId"]), kind, subnet, subnet in subnets))
    return sorted(found, key=lambda point: point.interface)


def vpcs(enis: Iterable[Mapping[str, Any]]) -> list[str]:
    """The VPCs of these interfaces; a host may have them in several."""
    return sorted({str(eni["VpcId"]) for eni in enis})


def networks(enis: Iterable[Mapping[str, Any]]) -> list[str]:
    """All addresses and delegated prefixes of these interfaces, in as few networks as hold nothing else."""
    found: list[Network] = [ipaddress.ip_network(text) for eni in enis for text in _addresses(eni)]
    fours = ipaddress.collapse_addresses(n for n in found if isinstance(n, ipaddress.IPv4Network))
    sixes = ipaddress.collapse_addresses(n for n in found if isinstance(n, ipaddress.IPv6Network))
    return [*map(str, fours), *map(str, sixes)]


def acls(aws: Aws, in_vpcs: Iterable[str]) -> dict[str, dict[str, Any]]:
    """The network ACLs of these VPCs by id; one that is gone is not among them."""
    here = [{"Name": "vpc-id", "Values": sorted(in_vpcs)}]
    found = aws.pages("ec2", "DescribeNetworkAcls", "NetworkAcls", Filters=here)
    return {str(acl["NetworkAclId"]): acl for acl in found}


def guarded(acl: Mapping[str, Any]) -> set[str]:
    """The subnets that an ACL guards."""
    return {str(association["SubnetId"]) for association in acl.get("Associations") or ()}


def denies(acl: Mapping[str, Any], of: Iterable[str]) -> Denies:
    """The rules of an ACL that deny everything of exactly these networks; those without one are left out."""
    wanted = {ipaddress.ip_network(text): text for text in of}
    found: Denies = {}
    for entry in _entries(acl):
        text = wanted.get(_network(entry))
        if text and _denies_all(entry):
            way = "out" if entry["Egress"] else "in"
            found.setdefault(f"{way} {text}", []).append(int(entry["RuleNumber"]))
    return {key: sorted(numbers) for key, numbers in sorted(found.items())}


def is_denied(acl: Mapping[str, Any], way: str, network: str) -> bool:
    """Whether nothing of this network passes the ACL in this direction: a rule denies all of it before any allows."""
    asked = ipaddress.ip_network(network)
    allowed = first_allow(acl, way, network)
    return any(
        int(entry["RuleNumber"]) < allowed and _denies_all(entry) and _holds(_network(entry), asked)
        for entry in _entries(acl, way)
    )


def first_allow(acl: Mapping[str, Any], way: str, network: str) -> int:
    """The number of the first rule that lets anything of this network pass; beyond the last where none does."""
    asked = ipaddress.ip_network(network)
    allows = (
        int(entry["RuleNumber"])
        for entry in _entries(acl, way)
        if entry["RuleAction"] == "allow" and _network(entry).overlaps(asked)
    )
    return min(allows, default=_LAST + 1)


def free_numbers(acl: Mapping[str, Any], way: str, network: str) -> list[int]:
    """The rule numbers that nobody uses in this direction, before the first that allows; lowest first."""
    used = {int(entry["RuleNumber"]) for entry in _entries(acl, way)}
    end = min(first_allow(acl, way, network), len(used) + RAISED + 1)
    return [number for number in range(1, end) if number not in used]


def room(acl: Mapping[str, Any], way: str) -> int:
    """How many rules can still be added in this direction; more than usual shows that the quota was raised."""
    used = sum(1 for _ in _entries(acl, way))
    return max(0, (RAISED if used > LIMIT else LIMIT) - used)


def family(network: str) -> str:
    """The parameter by which EC2 takes a network of this version."""
    return "Ipv6CidrBlock" if ":" in network else "CidrBlock"


def _addresses(eni: Mapping[str, Any]) -> list[str]:
    private = [str(address["PrivateIpAddress"]) for address in eni.get("PrivateIpAddresses") or ()]
    public = [str(address["Ipv6Address"]) for address in eni.get("Ipv6Addresses") or ()]
    delegated = [str(prefix["Ipv4Prefix"]) for prefix in eni.get("Ipv4Prefixes") or ()]
    return [*private, *public, *delegated, *(str(prefix["Ipv6Prefix"]) for prefix in eni.get("Ipv6Prefixes") or ())]


def _entries(acl: Mapping[str, Any], way: str | None = None) -> list[Mapping[str, Any]]:
    return [
        entry
        for entry in acl.get("Entries") or ()
        if int(entry["RuleNumber"]) <= _LAST and (way is None or bool(entry["Egress"]) == WAYS[way])
    ]


def _denies_all(entry: Mapping[str, Any]) -> bool:
    return entry["RuleAction"] == "deny" and str(entry["Protocol"]) == "-1"


def _network(entry: Mapping[str, Any]) -> Network:
    return ipaddress.ip_network(str(entry.get("CidrBlock") or entry.get("Ipv6CidrBlock")), strict=False)


def _holds(outer: Network, inner: Network) -> bool:
    if isinstance(outer, ipaddress.IPv4Network) and isinstance(inner, ipaddress.IPv4Network):
        return inner.subnet_of(outer)
    if isinstance(outer, ipaddress.IPv6Network) and isinstance(inner, ipaddress.IPv6Network):
        return inner.subnet_of(outer)
    return False
