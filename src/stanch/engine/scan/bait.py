"""Who minted a decoy key is not whoever stole it: planting one hands out nothing that its use would lead back to."""

from collections.abc import Mapping
from typing import Any

from stanch.domain.estate import Estate
from stanch.engine.untrusted import at, text

_MINTS = frozenset({"CreateUser", "CreateAccessKey"})


def decoy_users(estate: Estate) -> frozenset[tuple[str, str]]:
    """Account and name of each user that the estate declares a decoy; a request to IAM names no path."""
    found = set()
    for asset in estate.assets:
        parts = asset.where.split(":", 5)
        if asset.decoy and len(parts) == 6 and parts[2] == "iam" and parts[5].startswith("user/"):
            found.add((parts[4], parts[5].rpartition("/")[2]))
    return frozenset(found)


def plants(record: Mapping[str, Any], users: frozenset[tuple[str, str]]) -> bool:
    """Whether a call makes one of these users, or a key for it."""
    if not users or record.get("eventName") not in _MINTS or record.get("eventSource") != "iam.amazonaws.com":
        return False
    account, name = text(record.get("recipientAccountId")), text(at(record, "requestParameters", "userName"))
    return (account, name) in users
