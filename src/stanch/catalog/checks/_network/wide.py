"""A rule for 0.0.0.0/1 and another for 128.0.0.0/1 open as much as one for 0.0.0.0/0: what counts is how much is left.

A network is wide when it holds a good part of the internet; a scanner or a thief needs no more. Where AWS draws the
line between a named network and everybody (S3 User Guide, "The meaning of public"), so does this.
"""

import ipaddress
from collections.abc import Iterable
from functools import lru_cache

Net = ipaddress.IPv4Network | ipaddress.IPv6Network

_WIDEST = {4: 7, 6: 31}
"""The longest prefix of a wide network."""
_LEAST = {4: 1 << 32 - _WIDEST[4], 6: 1 << 128 - _WIDEST[6]}
"""The addresses of the smallest wide network."""
_NO_INTERNET = tuple(map(ipaddress.ip_network, ("224.0.0.0/3", "fc00::/7", "fe80::/10", "ff00::/8")))


def network(text: object) -> Net | None:
    """The network that a text names, or None where it names none."""
    return _named(text) if isinstance(text, str) else None


@lru_cache(maxsize=65536)
def _named(text: str) -> Net | None:
    try:
        return ipaddress.ip_network(text, strict=False)
    except ValueError:
        return None


@lru_cache(maxsize=65536)
def is_wide(net: Net) -> bool:
    """Whether a network holds a good part of the internet."""
    return net.prefixlen <= _WIDEST[net.version] and not any(_within(net, other) for other in _NO_INTERNET)


def is_wide_together(nets: Iterable[Net], version: int) -> bool:
    """Whether many networks, none of them wide by itself, hold as much of the internet as a wide one."""
    told = [net for net in nets if net.version == version and not any(_within(net, one) for one in _NO_INTERNET)]
    fours = ipaddress.collapse_addresses(net for net in told if isinstance(net, ipaddress.IPv4Network))
    sixes = ipaddress.collapse_addresses(net for net in told if isinstance(net, ipaddress.IPv6Network))
    return sum(net.num_addresses for net in fours) + sum(net.num_addresses for net in sixes) >= _LEAST[version]


def covered(net: Net, others: Iterable[Net]) -> bool:
    """Whether these networks together leave nothing of this one."""
    if net.version == 4:
        fours = [other for other in others if isinstance(other, ipaddress.IPv4Network)]
        return any(_within(net, whole) for whole in ipaddress.collapse_addresses(fours))
    sixes = [other for other in others if isinstance(other, ipaddress.IPv6Network)]
    return any(_within(net, whole) for whole in ipaddress.collapse_addresses(sixes))


def _within(net: Net, whole: Net) -> bool:
    if isinstance(net, ipaddress.IPv4Network):
        return isinstance(whole, ipaddress.IPv4Network) and net.subnet_of(whole)
    return isinstance(whole, ipaddress.IPv6Network) and net.subnet_of(whole)
