"""Security groups add up and remember; a network ACL is read by number, forgets, and must let the answer back as well.

VPC User Guide, "Security group rules" and "Network ACL rules".
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from stanch.catalog.checks._network.wide import Net, covered, is_wide, network
from stanch.catalog.checks._things import mappings
from stanch.contracts.collector import Place, unseen

ANY = "-1"
_NUMBERS = {"6": "tcp", "17": "udp", "1": "icmp", "58": "icmpv6"}
ANSWERS = range(49152, 65536)
"""Where every system lets its callers' ports begin at the latest (RFC 6335); what answers them must pass."""


@dataclass(frozen=True, slots=True)
class Traffic:
    """A protocol and a port, in one IP version."""

    port: int
    protocol: str = "tcp"
    version: int = 4


def permits(permission: Mapping[str, Any], traffic: Traffic) -> bool:
    """Whether a security group's rule is about this protocol and port."""
    if not _is_protocol(permission.get("IpProtocol"), traffic.protocol):
        return False
    first, last = permission.get("FromPort"), permission.get("ToPort")
    if first is None or last is None or first == -1:
        return True
    return isinstance(first, int) and isinstance(last, int) and first <= traffic.port <= last


def sources(permission: Mapping[str, Any], lists: Mapping[str, Place]) -> Iterator[Net | str]:
    """The networks of a security group's rule; a text for a prefix list whose entries nobody saw."""
    for key, field in (("IpRanges", "CidrIp"), ("Ipv6Ranges", "CidrIpv6")):
        for one in mappings(permission.get(key)):
            net = network(one.get(field))
            if net is not None:
                yield net
    for one in mappings(permission.get("PrefixListIds")):
        yield from _entries(str(one.get("PrefixListId")), lists)


def _entries(name: str, lists: Mapping[str, Place]) -> Iterator[Net | str]:
    """What a prefix list holds. AWS's own hold the addresses of one of its services, and no internet."""
    place = lists.get(name)
    entries = place.thing.data.get("Entries") if place else None
    if place is None or unseen(entries):
        yield f"the entries of {name}"
    for entry in mappings(entries):
        net = network(entry.get("Cidr"))
        if net is not None:
            yield net


def acl_lets(entries: object, *, outward: bool, traffic: Traffic) -> bool:
    """Whether a network ACL leaves a good part of the internet a way: rules by number, the first that fits decides."""
    refused: list[Net] = []
    rules = [one for one in mappings(entries) if bool(one.get("Egress")) is outward]
    for rule in sorted(rules, key=_number):
        net = network(rule.get("CidrBlock") or rule.get("Ipv6CidrBlock"))
        if net is None or net.version != traffic.version or not _fits(rule, traffic):
            continue
        if rule.get("RuleAction") != "allow":
            refused.append(net)
        elif is_wide(net) and not covered(net, refused):
            return True
    return False


def acl_lets_answer(entries: object, *, outward: bool, traffic: Traffic) -> bool:
    """Whether some answer gets through, tried at both ends of the ports that callers use and in the middle."""
    tried = (ANSWERS[0], ANSWERS[len(ANSWERS) // 2], ANSWERS[-1])
    return any(
        acl_lets(entries, outward=outward, traffic=Traffic(port, traffic.protocol, traffic.version)) for port in tried
    )


def _number(rule: Mapping[str, Any]) -> int:
    number = rule.get("RuleNumber")
    return number if isinstance(number, int) else 1 << 16


def _fits(rule: Mapping[str, Any], traffic: Traffic) -> bool:
    if not _is_protocol(rule.get("Protocol"), traffic.protocol):
        return False
    ports = rule.get("PortRange")
    if not isinstance(ports, Mapping) or str(rule.get("Protocol")) == ANY:
        return True
    first, last = ports.get("From"), ports.get("To")
    return isinstance(first, int) and isinstance(last, int) and first <= traffic.port <= last


def _is_protocol(told: object, wanted: str) -> bool:
    word = str(told).lower()
    return word in (ANY, "all") or _NUMBERS.get(word, word) == wanted


def first_ports(permissions: object) -> list[tuple[str, int]]:
    """Protocols and ports at which a group's rules begin: enough to try whether anything at all gets out."""
    found = {("tcp", 443)}
    for one in mappings(permissions):
        protocol = _NUMBERS.get(str(one.get("IpProtocol")), str(one.get("IpProtocol")))
        port = one.get("FromPort")
        if protocol in ("tcp", "udp") and isinstance(port, int) and port >= 0:
            found.add((protocol, port))
    return sorted(found, key=lambda pair: (pair != ("tcp", 443), pair))
