"""Who uses a role, a bucket or a host is what containing it would break."""

import re
from collections.abc import Collection, Mapping
from typing import Any

from stanch.domain.arn import role_of_session
from stanch.engine.untrusted import at, text

# The id of an instance ends its own ARN, and is the session name of what runs on it.
_HOST = re.compile(r"(?<=/)i-[0-9a-f]{8,17}$")
KEPT_USERS = 50
"""Distinct users remembered for one resource; more are counted, not named."""


class Usage:
    """Notes, for each role, user, bucket and host, who used it from where; bounded, whatever a hostile log names.

    It reads the record itself: it sees every event, and a full view of each would cost more than all the rules.
    """

    def __init__(self, only: Collection[str] | None = None) -> None:
        """`only` are the resources that will be asked for, where that is known."""
        self._only = None if only is None else {_named(resource) for resource in only}
        self._users: dict[str, dict[tuple[str, str], int]] = {}
        self._unnamed: dict[str, int] = {}

    def note(self, record: Mapping[str, Any]) -> None:
        """Take in one event that AWS allowed."""
        if record.get("errorCode") or record.get("errorMessage"):
            return
        arn = text(at(record, "userIdentity", "arn"))
        if arn is None:
            return
        bucket = text(at(record, "requestParameters", "bucketName"))
        self.count(arn, text(record.get("sourceIPAddress")), bucket or "", 1)

    def count(self, arn: str, address: str | None, bucket: str, times: int) -> None:
        """Take in calls of one caller, on this bucket ("" for none), that AWS allowed."""
        self.count_on(role_of_session(arn) or arn, arn, address, times)
        if host := _HOST.search(arn):
            self.count_on(host[0], arn, address, times)
        if bucket:
            name = f"arn:{arn.split(':', 2)[1]}:s3:::{bucket}" if arn.startswith("arn:") else bucket
            self.count_on(name, arn, address, times)

    def count_on(self, resource: str, arn: str, address: str | None, times: int) -> None:
        """Take in calls of one caller with, or on, just this resource."""
        if self._only is not None and resource not in self._only:
            return
        user = (arn, address or "an unknown address")
        users = self._users.setdefault(resource, {})
        if user in users or len(users) < KEPT_USERS:
            users[user] = users.get(user, 0) + times
        else:
            self._unnamed[resource] = self._unnamed.get(resource, 0) + times

    def others(self, resource: str, addresses: Collection[str]) -> tuple[str, ...]:
        """Who used this resource besides those at the incident's own addresses, busiest first, in words."""
        known = self._users.get(_named(resource), {})
        users = {user: count for user, count in known.items() if user[1] not in addresses}
        words = [
            f"{arn} from {address} ({_calls(count)})"
            for (arn, address), count in sorted(users.items(), key=lambda item: (-item[1], item[0]))
        ]
        if unnamed := self._unnamed.get(_named(resource), 0):
            words.append(f"and {_calls(unnamed)} by others")
        return tuple(words)


def _calls(count: int) -> str:
    return f"{count} call" if count == 1 else f"{count} calls"


def _named(resource: str) -> str:
    """What a resource is counted under."""
    host = _HOST.search(resource)
    return host[0] if host else resource
