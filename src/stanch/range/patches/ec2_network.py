"""A network ACL has room for twenty rules each way; the interfaces of gateways and endpoints say what they are."""

import itertools
from ipaddress import ip_network
from typing import Any

from moto.ec2.exceptions import EC2ClientError
from moto.ec2.models import elastic_ip_addresses
from moto.ec2.models.nat_gateways import NatGateway, NatGatewayBackend
from moto.ec2.models.network_acls import NetworkAclBackend, NetworkAclEntry
from moto.ec2.models.vpcs import VPCBackend, VPCEndPoint

from stanch.range.patches.replacing import replaces

RULES = 20
LAST = 32766
"""The highest number a rule may have; the ones above are the ACL's own."""

_ADDRESSES = ip_network("198.18.0.0/15")
_numbers = itertools.count(1)
_create_gateway = NatGatewayBackend.create_nat_gateway
_create_endpoint = VPCBackend.create_vpc_endpoint
_create_entry = NetworkAclBackend.create_network_acl_entry


def install() -> None:
    """Put the network right."""
    replaces(NatGatewayBackend, "create_nat_gateway")(create_nat_gateway)
    replaces(VPCBackend, "create_vpc_endpoint")(create_vpc_endpoint)
    replaces(NetworkAclBackend, "create_network_acl_entry")(create_network_acl_entry)
    replaces(NetworkAclBackend, "delete_network_acl_entry")(delete_network_acl_entry)
    replaces(elastic_ip_addresses, "random_ip")(public_address)


def public_address() -> str:
    """An elastic address that no other holds, from the network set aside for benchmarks.

    moto's own are loopback addresses, which no log of AWS shows; two hosts that drew the same one would be confused.
    """
    return str(_ADDRESSES[next(_numbers) % _ADDRESSES.num_addresses])


def create_nat_gateway(self: Any, *arguments: Any, **named: Any) -> NatGateway:
    """Its interface is of its own kind, and nobody's to change."""
    gateway: NatGateway = _create_gateway(self, *arguments, **named)
    _belongs_to(gateway._eni, "nat_gateway")  # noqa: SLF001 - moto has no public name for it
    return gateway


def create_vpc_endpoint(self: Any, *arguments: Any, **named: Any) -> VPCEndPoint:
    """Its interfaces are of their own kind, and nobody's to change."""
    endpoint: VPCEndPoint = _create_endpoint(self, *arguments, **named)
    for name in endpoint.network_interface_ids or ():
        _belongs_to(self.get_network_interface(name), "vpc_endpoint")
    return endpoint


def create_network_acl_entry(
    self: Any, network_acl_id: str, rule_number: int, *arguments: Any, **named: Any
) -> NetworkAclEntry:
    """Refused where the ACL is full in that direction."""
    acl = self.get_network_acl(network_acl_id)
    egress = named["egress"]
    held = [e for e in acl.network_acl_entries if e.egress == egress and int(e.rule_number) <= LAST]
    if int(rule_number) <= LAST and len(held) >= RULES:
        raise EC2ClientError("NetworkAclEntryLimitExceeded", f"{network_acl_id} has {RULES} rules in this direction")
    return _create_entry(self, network_acl_id, rule_number, *arguments, **named)


def delete_network_acl_entry(self: Any, network_acl_id: str, rule_number: int, egress: bool) -> NetworkAclEntry:
    """An entry that is not there is said to be absent; moto falls over it."""
    acl = self.get_network_acl(network_acl_id)
    for entry in acl.network_acl_entries:
        if entry.egress == egress and entry.rule_number == rule_number:
            acl.network_acl_entries.remove(entry)
            return entry  # type: ignore[no-any-return]
    raise EC2ClientError("InvalidNetworkAclEntry.NotFound", f"{network_acl_id} has no rule {rule_number}")


def _belongs_to(interface: Any, kind: str) -> None:
    interface.interface_type = kind
    interface.requester_managed = True
