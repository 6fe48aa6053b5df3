"""Who uses a role, a bucket or a host is what containing it would break."""

from collections.abc import Collection

from stanch.domain.arn import role_of_session
from stanch.engine.gather import Seen

KEPT_USERS = 50
"""Distinct users remembered for one resource; more are counted, not named."""


class Usage:
    """Notes, for each resource, who used it from where; bounded, whatever a hostile log names."""

    def __init__(self) -> None:
        self._users: dict[str, dict[tuple[str, str], int]] = {}
        self._unnamed: dict[str, int] = {}

    def note(self, seen: Seen) -> None:
        """Take in one event that AWS allowed."""
        if seen.failed:
            return
        actor = seen.actor
        user = (actor.arn, actor.address or "an unknown address")
        self._count(role_of_session(actor.arn) or actor.arn, user)
        for asset in seen.assets:
            self._count(_store(asset.arn), user)

    def others(self, resource: str, addresses: Collection[str]) -> tuple[str, ...]:
        """Who used this resource besides those at the incident's own addresses, busiest first, in words."""
        users = {user: count for user, count in self._users.get(resource, {}).items() if user[1] not in addresses}
        words = [
            f"{arn} from {address} ({count} calls)"
            for (arn, address), count in sorted(users.items(), key=lambda item: (-item[1], item[0]))
        ]
        if unnamed := self._unnamed.get(resource, 0):
            words.append(f"and {unnamed} calls by others")
        return tuple(words)

    def _count(self, resource: str, user: tuple[str, str]) -> None:
        users = self._users.setdefault(resource, {})
        if user in users or len(users) < KEPT_USERS:
            users[user] = users.get(user, 0) + 1
        else:
            self._unnamed[resource] = self._unnamed.get(resource, 0) + 1


def _store(arn: str) -> str:
    """The bucket of an object ARN; any other ARN as it is."""
    return arn.split("/", 1)[0] if ":s3:::" in arn else arn
