"""An interface is what has addresses and security groups; a host has one or several.

EC2 describes it alike as a thing of its own and inside an instance.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from stanch.catalog.checks._things import mapped, mappings


@dataclass(frozen=True, slots=True)
class Interface:
    """One network interface; `address` is its public IPv4 address, `addresses6` its IPv6 addresses."""

    id: str
    subnet: str
    vpc: str
    groups: tuple[str, ...]
    address: str | None = None
    addresses6: tuple[str, ...] = ()

    @property
    def alike(self) -> "Interface":
        """The same without what tells it from others that the same gates stand before."""
        return replace(self, id="", address=self.address and "any", addresses6=self.addresses6 and ("any",))

    @property
    def families(self) -> tuple[int, ...]:
        """The IP versions in which it can be called from outside."""
        return (*((4,) if self.address else ()), *((6,) if self.addresses6 else ()))


def interface_of(data: Mapping[str, Any]) -> Interface:
    """An interface as EC2 describes it."""
    private = mappings(data.get("PrivateIpAddresses"))
    public = [mapped(one.get("Association")).get("PublicIp") for one in (data, *private)]
    sixes = [one.get("Ipv6Address") for one in mappings(data.get("Ipv6Addresses"))]
    return Interface(
        str(data.get("NetworkInterfaceId") or ""),
        str(data.get("SubnetId") or ""),
        str(data.get("VpcId") or ""),
        tuple(str(group.get("GroupId")) for group in mappings(data.get("Groups"))),
        next((one for one in public if isinstance(one, str) and one), None),
        tuple(one for one in sixes if isinstance(one, str) and one),
    )


def interfaces_of(instance: Mapping[str, Any]) -> list[Interface]:
    """The interfaces of an instance; where it tells none, one made of what it says of itself."""
    told = mappings(instance.get("NetworkInterfaces"))
    if told:
        return [interface_of(one) for one in told]
    if not instance.get("SubnetId"):
        return []
    itself = {**instance, "Groups": instance.get("SecurityGroups")}
    if instance.get("PublicIpAddress"):
        itself["Association"] = {"PublicIp": instance["PublicIpAddress"]}
    return [interface_of(itself)]
