"""An address tells on which side a caller stands only where the estate's lists can tell it: a private one rarely can.

Reads: sourceIPAddress, vpcEndpointId, vpcEndpointAccountId. Through a VPC endpoint a call shows the private address of
its host, and private ranges are the same in every account: then the endpoint decides, by its id or by its owner.
"""

from stanch.domain.estate import Network, Perimeter, Side
from stanch.engine.enrich.caller import NOT_PUBLIC, Caller


def network_side(who: Caller, endpoint_owner: str | None, perimeter: Perimeter) -> Side:
    """The side of the network a call came from; `endpoint_owner` is the account of the VPC endpoint, where logged."""
    said = perimeter.network(who.address, who.vpc_endpoint)
    if said is not Side.OUTSIDE or (who.vpc_endpoint and perimeter.vpc_endpoints):
        return said
    if who.vpc_endpoint and endpoint_owner and perimeter.accounts:
        return perimeter.account(endpoint_owner)
    if who.network is None and not any(map(_is_private, perimeter.networks)):
        return Side.UNKNOWN  # nobody said which private addresses are ours
    return said


def _is_private(network: Network) -> bool:
    return any(network.version == own.version and network.subnet_of(own) for own in NOT_PUBLIC)  # type: ignore[arg-type]
