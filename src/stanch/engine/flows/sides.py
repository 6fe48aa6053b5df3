"""An address inside the networks of the perimeter is ours; where none are declared, one of the private ranges is.

Reads: the estate's networks, as sorted ranges of integers, for a flow log names a million addresses.
"""

import ipaddress
from bisect import bisect_right
from collections.abc import Iterable

from stanch.domain.estate import Network, Perimeter, Side

_LOCAL = ("0.0.0.0/8", "127.0.0.0/8", "169.254.0.0/16", "224.0.0.0/3", "::/127", "fe80::/10", "ff00::/8")
"""Link-local, loopback, multicast: no packet to these leaves the subnet."""
_PRIVATE = ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10", "198.18.0.0/15", "fc00::/7")

_Ranges = tuple[list[int], list[int]]


class Sides:
    """The side of an address. Without declared networks a public address may be ours (an office, a NAT gateway)."""

    def __init__(self, perimeter: Perimeter) -> None:
        self._declared = bool(perimeter.networks)
        ours = perimeter.networks or tuple(map(ipaddress.ip_network, _PRIVATE))
        local = tuple(map(ipaddress.ip_network, _LOCAL))
        self._inside = {version: _ranges((*ours, *local), version) for version in (4, 6)}

    def of(self, address: str) -> Side | None:
        """The side; None for what is no address."""
        try:
            ip = ipaddress.ip_address(address)
        except ValueError:
            return None
        if ip.version == 6 and ip.ipv4_mapped:
            ip = ip.ipv4_mapped
        starts, ends = self._inside[ip.version]
        number = int(ip)
        at = bisect_right(starts, number) - 1
        if at >= 0 and number <= ends[at]:
            return Side.INSIDE
        return Side.OUTSIDE if self._declared else Side.UNKNOWN


def _ranges(networks: Iterable[Network], version: int) -> _Ranges:
    """First and last addresses, sorted and disjoint."""
    starts: list[int] = []
    ends: list[int] = []
    spans = sorted((int(net[0]), int(net[-1])) for net in networks if net.version == version)
    for start, end in spans:
        if ends and start <= ends[-1]:
            ends[-1] = max(ends[-1], end)
        else:
            starts.append(start)
            ends.append(end)
    return starts, ends
