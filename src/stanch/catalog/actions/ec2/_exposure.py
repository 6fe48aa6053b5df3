"""A host is reachable from the internet through an elastic address, an automatic one, or its IPv6 addresses.

An automatic address is lost for good when it is taken off; the host gets another one back.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from stanch.contracts.aws import Aws, AwsAbsent


def exposure(
    aws: Aws, instance_id: str, enis: Iterable[Mapping[str, Any]], known: Iterable[str] = ()
) -> dict[str, Any]:
    """The public ways in; `known` are elastic addresses to look at wherever they are now.

    `{"elastic": {allocation id: {"eni", "private"} | None}, "automatic": {eni: bool}, "ipv6": {eni: [address]}}`

    Among the IPv6 addresses are delegated prefixes (`2001:db8:1::/80`); those that stay (see `irremovable`) are not.
    """
    interfaces = list(enis)
    # EC2 does not name the instance on an address that was given to one of its interfaces.
    attached = (str(link["AllocationId"]) for eni in interfaces for link in _links(eni) if link.get("AllocationId"))
    elastic = _elastic(aws, instance_id, dict.fromkeys((*known, *attached)))
    held = {place["eni"] for place in elastic.values() if place}
    return {
        "elastic": elastic,
        "automatic": {_id(eni): _public(eni) is not None and _id(eni) not in held for eni in interfaces},
        "ipv6": {_id(eni): _ipv6(eni) for eni in interfaces},
    }


def automatic_addresses(enis: Iterable[Mapping[str, Any]], now: Mapping[str, Any]) -> dict[str, str]:
    """The automatic public addresses by interface: once taken off they are gone, so they are written down."""
    return {_id(eni): str(_public(eni)) for eni in enis if now["automatic"].get(_id(eni))}


def irremovable(enis: Iterable[Mapping[str, Any]]) -> list[str]:
    """The IPv6 addresses that EC2 lets nobody take off: primary ones, and those of an interface without IPv4."""
    return sorted(str(a["Ipv6Address"]) for eni in enis for a in eni.get("Ipv6Addresses") or () if _stays(eni, a))


def hide(aws: Aws, now: Mapping[str, Any]) -> None:
    """Take every public address off."""
    for allocation, place in now["elastic"].items():
        if place:
            _disassociate(aws, allocation)
    for eni, has in now["automatic"].items():
        if has:
            aws.call("ec2", "ModifyNetworkInterfaceAttribute", NetworkInterfaceId=eni, AssociatePublicIpAddress=False)
    for eni, addresses in now["ipv6"].items():
        if addresses:
            aws.call("ec2", "UnassignIpv6Addresses", NetworkInterfaceId=eni, **_by_form(addresses))


def expose(aws: Aws, before: Mapping[str, Any], now: Mapping[str, Any]) -> None:
    """Put the addresses back: the same elastic and IPv6 ones, another automatic one."""
    for allocation, place in before["elastic"].items():
        if place and now["elastic"].get(allocation) is None:
            aws.call(
                "ec2",
                "AssociateAddress",
                AllocationId=allocation,
                NetworkInterfaceId=place["eni"],
                PrivateIpAddress=place["private"],
                AllowReassociation=False,
            )
    for eni, had in before["automatic"].items():
        if had and not now["automatic"].get(eni):
            aws.call("ec2", "ModifyNetworkInterfaceAttribute", NetworkInterfaceId=eni, AssociatePublicIpAddress=True)
    for eni, addresses in before["ipv6"].items():
        missing = [address for address in addresses if address not in now["ipv6"].get(eni, ())]
        if missing:
            aws.call("ec2", "AssignIpv6Addresses", NetworkInterfaceId=eni, **_by_form(missing))


def public(now: Mapping[str, Any]) -> list[str]:
    """In words, the public ways in that there are."""
    elastic = [f"elastic address {allocation}" for allocation, place in now["elastic"].items() if place]
    automatic = [f"automatic public address on {eni}" for eni, has in now["automatic"].items() if has]
    return [*elastic, *automatic, *(f"{a} on {eni}" for eni, listed in now["ipv6"].items() for a in listed)]


def _ipv6(eni: Mapping[str, Any]) -> list[str]:
    addresses = [str(a["Ipv6Address"]) for a in eni.get("Ipv6Addresses") or () if not _stays(eni, a)]
    return sorted([*addresses, *(str(prefix["Ipv6Prefix"]) for prefix in eni.get("Ipv6Prefixes") or ())])


def _stays(eni: Mapping[str, Any], address: Mapping[str, Any]) -> bool:
    return bool(eni.get("Ipv6Native") or address.get("IsPrimaryIpv6"))


def _by_form(listed: Iterable[str]) -> dict[str, Any]:
    """The parameters that name these addresses and prefixes; EC2 wants no empty list."""
    forms = {"Ipv6Addresses": [a for a in listed if "/" not in a], "Ipv6Prefixes": [a for a in listed if "/" in a]}
    return {form: named for form, named in forms.items() if named}


def _links(eni: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """The public addresses that an interface says it has."""
    for private in (eni, *(eni.get("PrivateIpAddresses") or ())):
        if private.get("Association"):
            yield private["Association"]


def _elastic(aws: Aws, instance_id: str, known: Iterable[str]) -> dict[str, dict[str, str] | None]:
    mine = [{"Name": "instance-id", "Values": [instance_id]}]
    found = list(aws.call("ec2", "DescribeAddresses", Filters=mine).get("Addresses") or ())
    held = {str(address["AllocationId"]) for address in found}
    for allocation in known:
        if allocation not in held:
            found.extend(_address(aws, allocation))
    return {str(address["AllocationId"]): _place(address) for address in found}


def _address(aws: Aws, allocation: str) -> list[dict[str, Any]]:
    try:
        return list(aws.call("ec2", "DescribeAddresses", AllocationIds=[allocation])["Addresses"])
    except AwsAbsent:
        return []


def _place(address: Mapping[str, Any]) -> dict[str, str] | None:
    if not address.get("AssociationId"):
        return None
    return {"eni": str(address["NetworkInterfaceId"]), "private": str(address["PrivateIpAddress"])}


def _disassociate(aws: Aws, allocation: str) -> None:
    for address in _address(aws, allocation):
        if address.get("AssociationId"):
            aws.call("ec2", "DisassociateAddress", AssociationId=address["AssociationId"])


def _public(eni: Mapping[str, Any]) -> str | None:
    address = eni.get("Association", {}).get("PublicIp")
    return str(address) if address else None


def _id(eni: Mapping[str, Any]) -> str:
    return str(eni["NetworkInterfaceId"])
