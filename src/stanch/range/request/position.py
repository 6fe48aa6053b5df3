"""Where a caller stands decides what AWS knows of it: a public address, or a VPC endpoint and no address at all.

Every request to the range really comes from loopback. It says in `X-Forwarded-For` where it pretends to come from; an
address inside a VPC of its account goes out through that VPC's endpoint for the service, else through the public
address of the host that has it.
"""

import ipaddress
from dataclasses import dataclass

from moto.ec2.models import ec2_backends

from stanch.range.request.call import Http


@dataclass(frozen=True)
class Position:
    """`address` is what CloudTrail shows; `endpoint` and `vpc` are set when the call came through a VPC endpoint."""

    address: str
    endpoint: str | None = None
    vpc: str | None = None


def position(http: Http, account: str | None, region: str, service: str) -> Position:
    """The caller's place in the network, in the VPCs of `account`."""
    address = http.headers.get("x-forwarded-for", "").split(",")[0].strip() or "127.0.0.1"
    try:
        ip = ipaddress.ip_address(address)
    except ValueError:
        return Position("127.0.0.1")
    if account is None or account not in ec2_backends or not ip.is_private or ip.is_loopback:
        return Position(address)
    backend = ec2_backends[account][region]
    for vpc in list(backend.vpcs.values()):
        if ip.version == 4 and ip in ipaddress.ip_network(vpc.cidr_block) and not vpc.is_default:
            for endpoint in list(backend.vpc_end_points.values()):
                if endpoint.vpc_id == vpc.id and str(endpoint.service_name).endswith(f".{service}"):
                    return Position(address, endpoint.id, vpc.id)
    for interface in list(backend.enis.values()):
        if interface.private_ip_address == address and interface.public_ip:
            return Position(interface.public_ip)
    return Position(address)
