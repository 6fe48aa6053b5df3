"""A resource share gives resources to other accounts without a word in any policy of theirs.

Reads: the shares that the account made and those that others gave it, with resources and principals.
Blind to: what the share's permissions allow in detail.
"""

from collections import defaultdict
from collections.abc import Iterator
from typing import Any

from stanch.catalog.collectors._answers import items
from stanch.contracts.collector import Look, Scope, Thing

SCOPE = Scope.REGION
PERMISSIONS = ("ram:GetResourceShareAssociations", "ram:GetResourceShares")


def collect(look: Look) -> Iterator[Thing]:
    """Each share with who owns it, and for the account's own with `Principals` and `Resources`."""
    of = f"ram in {look.region}"
    own, given = (
        look.list("ram", "GetResourceShares", "resourceShares", of=f"{of}: {owner}", resourceOwner=owner)
        for owner in ("SELF", "OTHER-ACCOUNTS")
    )
    principals = resources = None
    if own:
        principals, resources = _associated(look, of, "PRINCIPAL"), _associated(look, of, "RESOURCE")
    for share in items(own):
        arn = share["resourceShareArn"]
        parts = {"Principals": _of_share(principals, arn), "Resources": _of_share(resources, arn)}
        yield Thing("ram/resource-share", arn, {**share, "resourceOwner": "SELF", **parts})
    for share in items(given):
        yield Thing("ram/resource-share", share["resourceShareArn"], {**share, "resourceOwner": "OTHER-ACCOUNTS"})


def _associated(look: Look, of: str, kind: str) -> Any:
    """By share, what is associated with it; a marker when that could not be seen."""
    key = "resourceShareAssociations"
    listed = look.list("ram", "GetResourceShareAssociations", key, of=f"{of}: {kind}", associationType=kind)
    if not isinstance(listed, list):
        return listed
    found: dict[str, list[Any]] = defaultdict(list)
    for one in listed:
        found[one["resourceShareArn"]].append(one)
    return found


def _of_share(found: Any, arn: str) -> Any:
    return found.get(arn, []) if isinstance(found, defaultdict) else found
