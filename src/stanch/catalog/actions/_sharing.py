"""A snapshot or an image is shared by a list beside it: accounts, everybody, organisations and their units."""

from collections.abc import Mapping, Sequence

from stanch.catalog.actions._strangers import Ours

Shares = Mapping[str, Sequence[str]]
"""`{"users": [account, ...], "groups": ["all"] or [], "organizations": [ARN, ...], "units": [ARN, ...]}`, sorted.

A service that knows no organisations leaves the last two out.
"""

_WORDS = {"users": "account {}", "groups": "everybody ({})", "organizations": "{}", "units": "{}"}


def strangers(shares: Shares, ours: Ours) -> dict[str, list[str]]:
    """What of these shares is not ours, in the same shape."""
    return {kind: [name for name in names if not _inside(kind, name, ours)] for kind, names in shares.items()}


def common(one: Shares, other: Shares) -> dict[str, list[str]]:
    """What stands in both."""
    return {kind: [name for name in names if name in other.get(kind, ())] for kind, names in one.items()}


def less(one: Shares, other: Shares) -> dict[str, list[str]]:
    """What stands in the first alone."""
    return {kind: [name for name in names if name not in other.get(kind, ())] for kind, names in one.items()}


def named(shares: Shares) -> list[str]:
    """Those shared with, in words."""
    return [_WORDS[kind].format(name) for kind, names in shares.items() for name in names]


def _inside(kind: str, name: str, ours: Ours) -> bool:
    if kind == "users":
        return name in ours.accounts
    # arn:...:organization/o-example and arn:...:ou/o-example/ou-ab12-cdef: both name their organisation second.
    return any(part in ours.organizations for part in name.rpartition(":")[2].split("/")[1:2])
