"""Whether a host can send to the internet is told by its groups, its subnet's list and routes, and a gateway together.

Reads: VPCs with all that lets traffic in and out, endpoints with their policies, services offered to others, flow logs.
Blind to: firewalls in the path, VPN connections and what lies behind a transit gateway.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from stanch.catalog.collectors._answers import document, items
from stanch.catalog.collectors.ec2._listing import PAGE, Kind, arn, listed, thing, things
from stanch.contracts.collector import Look, Scope, Thing

SCOPE = Scope.REGION
PERMISSIONS = (
    "ec2:DescribeEgressOnlyInternetGateways",
    "ec2:DescribeFlowLogs",
    "ec2:DescribeInternetGateways",
    "ec2:DescribeManagedPrefixLists",
    "ec2:DescribeNatGateways",
    "ec2:DescribeNetworkAcls",
    "ec2:DescribeRouteTables",
    "ec2:DescribeSecurityGroups",
    "ec2:DescribeSubnets",
    "ec2:DescribeTransitGatewayAttachments",
    "ec2:DescribeVpcEndpointServiceConfigurations",
    "ec2:DescribeVpcEndpointServicePermissions",
    "ec2:DescribeVpcEndpoints",
    "ec2:DescribeVpcPeeringConnections",
    "ec2:DescribeVpcs",
    "ec2:DescribeVpnGateways",
    "ec2:GetManagedPrefixListEntries",
)
_WHOLE = (
    Kind("vpc", "DescribeVpcs", "Vpcs", "VpcId"),
    Kind("subnet", "DescribeSubnets", "Subnets", "SubnetId"),
    Kind("security-group", "DescribeSecurityGroups", "SecurityGroups", "GroupId"),
    Kind("network-acl", "DescribeNetworkAcls", "NetworkAcls", "NetworkAclId"),
    Kind("route-table", "DescribeRouteTables", "RouteTables", "RouteTableId"),
    Kind("internet-gateway", "DescribeInternetGateways", "InternetGateways", "InternetGatewayId"),
    Kind(
        "egress-only-internet-gateway",
        "DescribeEgressOnlyInternetGateways",
        "EgressOnlyInternetGateways",
        "EgressOnlyInternetGatewayId",
    ),
    Kind("natgateway", "DescribeNatGateways", "NatGateways", "NatGatewayId"),
    Kind("vpc-peering-connection", "DescribeVpcPeeringConnections", "VpcPeeringConnections", "VpcPeeringConnectionId"),
    Kind(
        "transit-gateway-attachment",
        "DescribeTransitGatewayAttachments",
        "TransitGatewayAttachments",
        "TransitGatewayAttachmentId",
    ),
    Kind("vpn-gateway", "DescribeVpnGateways", "VpnGateways", "VpnGatewayId"),
    Kind("vpc-flow-log", "DescribeFlowLogs", "FlowLogs", "FlowLogId"),
)
_ENDPOINT = Kind("vpc-endpoint", "DescribeVpcEndpoints", "VpcEndpoints", "VpcEndpointId")
_SERVICE = Kind(
    "vpc-endpoint-service", "DescribeVpcEndpointServiceConfigurations", "ServiceConfigurations", "ServiceId"
)
_PREFIXES = Kind("prefix-list", "DescribeManagedPrefixLists", "PrefixLists", "PrefixListId")
_OF_AWS = "AWS"
_ENTRIES_A_PAGE = 100


def collect(look: Look) -> Iterator[Thing]:
    """Every part of the region's network that lets traffic in or out, or records it."""
    yield from things(look, _WHOLE)
    for endpoint in items(listed(look, _ENDPOINT)):
        yield thing(look, _ENDPOINT, {**endpoint, "PolicyDocument": document(endpoint, "PolicyDocument")})
    yield from look.each(lambda service: _service(look, service), items(listed(look, _SERVICE)))
    yield from look.each(lambda prefixes: _prefixes(look, prefixes), items(listed(look, _PREFIXES)))


def _service(look: Look, service: Mapping[str, Any]) -> Thing:
    """An endpoint service lets the principals it allows reach what stands behind it from their own network."""
    name = arn(look, _SERVICE, service)
    asked = {"ServiceId": service["ServiceId"], "MaxResults": PAGE}
    allowed = look.list("ec2", "DescribeVpcEndpointServicePermissions", "AllowedPrincipals", of=name, **asked)
    return Thing("ec2/vpc-endpoint-service", name, {**service, "AllowedPrincipals": allowed})


def _prefixes(look: Look, prefixes: Mapping[str, Any]) -> Thing:
    """A rule may name a list instead of networks; those that AWS keeps are the addresses of its own services."""
    name = prefixes["PrefixListArn"]
    if prefixes.get("OwnerId") == _OF_AWS:
        return Thing("ec2/prefix-list", name, prefixes)
    asked = {"PrefixListId": prefixes["PrefixListId"], "MaxResults": _ENTRIES_A_PAGE}
    entries = look.list("ec2", "GetManagedPrefixListEntries", "Entries", of=name, **asked)
    return Thing("ec2/prefix-list", name, {**prefixes, "Entries": entries})
