"""Who uses a role, a bucket or a host is what containing it would break."""

import re
from collections.abc import Collection, Mapping
from functools import lru_cache
from typing import Any

from stanch.domain.arn import Arn, ArnError
from stanch.engine.enrich.caller import caller_of
from stanch.engine.untrusted import at, text

# The id of an instance ends its own ARN, and is the session name of what runs on it.
_HOST = re.compile(r"(?<=/)i-[0-9a-f]{8,17}$")
KEPT_USERS = 50
"""Distinct users remembered for one resource; more are counted, not named."""

_Key = str | tuple[str, str]


class Usage:
    """Notes, for each role, user, bucket and host, who used it from where; bounded, whatever a hostile log names.

    A role is known by its account and name: its sessions drop its path. A caller of another account has no ARN in the
    trail of whose bucket he reads, and is named by his account and principal id.
    """

    def __init__(self, only: Collection[str] | None = None) -> None:
        """`only` are the resources that will be asked for, where that is known."""
        self._only = None if only is None else {_key(resource) for resource in only}
        self._users: dict[_Key, dict[tuple[str, str], int]] = {}
        self._unnamed: dict[_Key, int] = {}

    def note(self, record: Mapping[str, Any]) -> None:
        """Take in one event that AWS allowed."""
        if record.get("errorCode") or record.get("errorMessage"):
            return
        caller = caller_of(record)
        bucket = text(at(record, "requestParameters", "bucketName"))
        named = bucket_named(caller.partition, bucket) if bucket else ""
        self.count(caller.arn, caller.principal, caller.address, 1, bucket=named)

    def count(self, name: str, principal: str, address: str | None, times: int, *, bucket: str = "") -> None:
        """Take in calls of one caller, on this bucket (its ARN, "" for none), that AWS allowed.

        `name` is what the log calls him, an ARN or not, `principal` the role or user behind it.
        """
        host = _HOST.search(name)
        for key in {_key(principal), host[0] if host else _key(principal)}:
            self._count(key, name, address, times)
        if bucket:
            self._count(_key(bucket), name, address, times)

    def count_on(self, resource: str, name: str, address: str | None, times: int) -> None:
        """Take in calls of one caller with, or on, just this resource."""
        self._count(_key(resource), name, address, times)

    def _count(self, key: _Key, name: str, address: str | None, times: int) -> None:
        if self._only is not None and key not in self._only:
            return
        user = (name, address or "an unknown address")
        users = self._users.setdefault(key, {})
        if user in users or len(users) < KEPT_USERS:
            users[user] = users.get(user, 0) + times
        else:
            self._unnamed[key] = self._unnamed.get(key, 0) + times

    def others(self, resource: str, addresses: Collection[str]) -> tuple[str, ...]:
        """Who used this resource besides those at the incident's own addresses, busiest first, in words."""
        key = _key(resource)
        known = self._users.get(key, {})
        users = {user: count for user, count in known.items() if user[1] not in addresses}
        words = [
            f"{name} from {address} ({_calls(count)})"
            for (name, address), count in sorted(users.items(), key=lambda item: (-item[1], item[0]))
        ]
        if unnamed := self._unnamed.get(key, 0):
            words.append(f"and {_calls(unnamed)} by others")
        return tuple(words)


def bucket_named(partition: str, name: str) -> str:
    """The ARN of a bucket, as a call in this partition names it."""
    return f"arn:{partition}:s3:::{name}"


def _calls(count: int) -> str:
    return f"{count} call" if count == 1 else f"{count} calls"


@lru_cache(maxsize=65536)
def _key(resource: str) -> _Key:
    """What a resource is counted under."""
    if host := _HOST.search(resource):
        return host[0]
    try:
        arn = Arn.parse(resource)
    except ArnError:
        return resource
    return (arn.account, arn.name) if (arn.service, arn.kind) == ("iam", "role") else resource
