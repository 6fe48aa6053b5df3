"""A resource share is told to both sides: to its owner, and to each account that it names.

Source: GetResourceShares, RAM API Reference. A share with an organisation or a unit of it is told to its owner alone.
"""

from typing import Any

from moto.ram.models import ResourceAccessManagerBackend, ram_backends

from stanch.range.gate.sessions import Sessions
from stanch.range.patches.replacing import replaces


def install(_: Sessions) -> None:
    """Put Resource Access Manager right."""
    original = ResourceAccessManagerBackend.get_resource_shares

    @replaces(ResourceAccessManagerBackend, "get_resource_shares")
    def get_resource_shares(self: Any, resource_owner: str | None) -> dict[str, Any]:
        if resource_owner != "OTHER-ACCOUNTS":
            return original(self, resource_owner)
        others = [regions[self.region_name] for account, regions in ram_backends.items() if account != self.account_id]
        shares = [share for other in others for share in other.resource_shares if self.account_id in share.principals]
        return {"resourceShares": [share.describe() for share in shares]}
