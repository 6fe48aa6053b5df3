"""A finding of another service says what it saw; here it gains the few names that every call in CloudTrail has.

The finding stays as it was logged. Added are eventSource (a name that no API has), eventName, eventID, eventTime,
userIdentity, sourceIPAddress, awsRegion, recipientAccountId and resources.
"""

import hashlib
from collections.abc import Iterator, Mapping
from typing import Any

from stanch.catalog.sources._unreadable import Unreadable

MOST_RESOURCES = 50


def text(value: object) -> str | None:
    """A non-empty string, or None."""
    return value if isinstance(value, str) and value else None


def table(value: object) -> dict[str, Any]:
    """A JSON object, or an empty one."""
    return value if isinstance(value, dict) else {}


def tables(value: object) -> Iterator[dict[str, Any]]:
    """The objects of a list; a single object counts as a list of one."""
    for item in value if isinstance(value, list) else [value]:
        if isinstance(item, dict):
            yield item


def at(value: object, *path: str) -> Any:
    """What lies at a path of object keys, or None where the path breaks off."""
    for name in path:
        value = value.get(name) if isinstance(value, dict) else None
    return value


def finding_id(log: str, *said: object) -> str:
    """An event's id from what a finding says: a repeat that says nothing new is the same event."""
    return f"{log}:" + hashlib.sha256("\x1f".join(map(str, said)).encode("utf-8", "replace")).hexdigest()[:32]


def with_facts(finding: dict[str, Any], facts: Mapping[str, Any]) -> dict[str, Any]:
    """The finding with the facts that are known; nothing of a finding carries these names by itself."""
    return finding | {name: value for name, value in facts.items() if value not in (None, [], {})}


def resource_of(arn: str, kind: str | None, account: str | None) -> dict[str, str]:
    """One resource as CloudTrail names it."""
    parts = arn.split(":", 5)
    owner = (parts[4] if len(parts) == 6 else "") or account
    return {"ARN": arn} | ({"type": kind} if kind else {}) | ({"accountId": owner} if owner else {})


def is_table(finding: object) -> dict[str, Any]:
    """The finding as an object; raises Unreadable."""
    if isinstance(finding, Unreadable):
        raise finding
    if not isinstance(finding, dict):
        raise Unreadable("a finding that is no JSON object")
    return finding
