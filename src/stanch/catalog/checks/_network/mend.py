"""What a rule opens to the internet is taken out of it by naming exactly that part."""

import json
from collections.abc import Mapping
from typing import Any

from stanch.catalog.checks._network.wide import is_wide, network
from stanch.catalog.checks._things import in_region, mapped, mappings
from stanch.domain.verdict import Evidence

_KEYS = ("IpProtocol", "FromPort", "ToPort")


def revoked(rule: Evidence, region: str | None) -> tuple[str, ...]:
    """The command that takes the internet out of a security group's rule, which the evidence shows."""
    outward = rule.at.startswith("IpPermissionsEgress")
    verb = "revoke-security-group-egress" if outward else "revoke-security-group-ingress"
    group = rule.arn.rpartition("/")[2]
    part = json.dumps([_internet_of(mapped(rule.seen))], separators=(",", ":"))
    return ("aws", "ec2", verb, "--group-id", group, "--ip-permissions", part, *in_region(region))


def _internet_of(rule: Mapping[str, Any]) -> dict[str, Any]:
    kept: dict[str, Any] = {key: rule[key] for key in _KEYS if rule.get(key) is not None}
    fields = (("IpRanges", "CidrIp"), ("Ipv6Ranges", "CidrIpv6"))
    told = [(key, field, one.get(field)) for key, field in fields for one in mappings(rule.get(key))]
    wide = [one for one in told if _wide(one[2])]
    # Where no single range is the internet, they are so together, and none of them can stay.
    for key, field, net in wide or (told if not rule.get("PrefixListIds") else []):
        kept.setdefault(key, []).append({field: net})
    lists = [{"PrefixListId": one.get("PrefixListId")} for one in mappings(rule.get("PrefixListIds"))]
    return kept if "IpRanges" in kept or "Ipv6Ranges" in kept else {**kept, "PrefixListIds": lists}


def _wide(text: object) -> bool:
    net = network(text)
    return net is not None and is_wide(net)
