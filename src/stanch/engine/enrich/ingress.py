"""A network of prefix length 0 is everybody: which doors a request opens to the whole internet.

Reads: the rules in requests of EC2 (security groups, network ACLs), RDS and Redshift (their own groups) and Lightsail.
Blind to: rules that were there before, and rules that name another security group or a prefix list.
"""

from collections.abc import Iterator, Mapping
from ipaddress import ip_network
from typing import Any

from stanch.engine.enrich.parameters import request_of, values_at
from stanch.engine.untrusted import table, text

EVERYTHING, ADMINISTRATION, DATA, WEB, OTHER = "everything", "administration", "data", "web", "other"

_WIDEST = {4: 7, 6: 15}  # shorter prefixes than any one owner has: 0.0.0.0/1 and 128.0.0.0/1 are the internet in halves
_MANY_PORTS = 1024
_PORTS = {
    ADMINISTRATION: frozenset({21, 22, 23, 135, 139, 445, 2375, 2376, 3389, 5900, 5985, 5986, 6443, 10250}),
    DATA: frozenset(
        {111, 1433, 1521, 2049, 2379, 3306, 5432, 5439, 5601, 6333, 6379, 7000, 8020, 9042, 9092, 9200, 9300}
        | {11211, 19530, 27017, 27018, 50070}
    ),
    WEB: frozenset({80, 443}),
}
_EPHEMERAL, _LAST_PORT = 1024, 65535  # a network ACL keeps no state: answers come back to these, in every VPC
_NETWORKS = ("cidrIp", "cidrIpv4", "cidrIpv6", "cidrBlock", "ipv6CidrBlock", "cIDRIP", "cidrs", "ipv6Cidrs")
_NESTED = ("ipRanges.cidrIp", "ipv6Ranges.cidrIpv6")
_RULES = {
    "AuthorizeClusterSecurityGroupIngress": (),
    "AuthorizeDBSecurityGroupIngress": (),
    "AuthorizeSecurityGroupIngress": ("ipPermissions",),
    "CreateNetworkAclEntry": (),
    "ModifySecurityGroupRules": ("securityGroupRule.securityGroupRule", "securityGroupRules.securityGroupRule"),
    "OpenInstancePublicPorts": ("portInfo",),
    "PutInstancePublicPorts": ("portInfos",),
    "ReplaceNetworkAclEntry": (),
}
_DATABASES = ("rds.", "redshift.")


def opened_to_world(record: Mapping[str, Any]) -> tuple[str, ...]:
    """What the request opens to everybody, each once: `everything`, `administration`, `data`, `web`, `other`."""
    paths = _RULES.get(text(record.get("eventName")) or "")
    if paths is None:
        return ()
    request = request_of(record)
    if request.get("egress") is True or request.get("ruleAction") == "deny":
        return ()
    if (text(record.get("eventSource")) or "").startswith(_DATABASES):
        return (DATA,) if any(map(_is_world, _networks(request))) else ()
    rules = [request, *(table(rule) for path in paths for rule in values_at(request, path))]
    return tuple(dict.fromkeys(door for rule in rules for door in _doors(rule)))


def _doors(rule: Mapping[str, Any]) -> Iterator[str]:
    if not any(map(_is_world, _networks(rule))):
        return
    protocol = next(map(str, _first(rule, "ipProtocol", "aclProtocol", "protocol")), "")
    if protocol.lower() in ("-1", "all", ""):
        yield EVERYTHING
        return
    first, last = _port(rule, "fromPort", "portRange.from"), _port(rule, "toPort", "portRange.to")
    if first is None or last is None or protocol in ("1", "58", "icmp", "icmpv6"):
        yield OTHER
    elif "portRange" in rule and first >= _EPHEMERAL and last == _LAST_PORT:
        return
    elif last - first >= _MANY_PORTS:
        yield EVERYTHING
    else:
        known = [door for door, numbers in _PORTS.items() if any(first <= port <= last for port in numbers)]
        yield from known or [OTHER]


def _networks(rule: Mapping[str, Any]) -> Iterator[str]:
    for path in (*_NETWORKS, *_NESTED):
        yield from (network for value in values_at(rule, path) if (network := text(value)))


def _is_world(network: str) -> bool:
    try:
        asked = ip_network(network, strict=False)
    except ValueError:
        return False
    return asked.prefixlen <= _WIDEST[asked.version]


def _first(rule: Mapping[str, Any], *paths: str) -> Iterator[Any]:
    return (value for path in paths for value in values_at(rule, path))


def _port(rule: Mapping[str, Any], *paths: str) -> int | None:
    given = next(_first(rule, *paths), None)
    return given if isinstance(given, int) and not isinstance(given, bool) else None
