"""STS hands out new keys for old ones: the chain of AssumeRole calls leads from a session back to who began it.

Reads: the access key that a successful STS call or CreateAccessKey hands out (responseElements) and who asked for it.
Blind to: credentials that a service hands out by itself (an instance profile, a task role): such a session is its own
origin; and chains whose AssumeRole call is not in the logs at hand.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from stanch.domain.event import Event
from stanch.engine.enrich.caller import caller_of
from stanch.engine.untrusted import at, table, text

_HANDS_OUT_A_SESSION = frozenset(
    {
        "AssumeRole",
        "AssumeRoleWithSAML",
        "AssumeRoleWithWebIdentity",
        "AssumeRoot",
        "GetFederationToken",
        "GetSessionToken",
    }
)


@dataclass(frozen=True, slots=True, order=True)
class _Link:
    """One handing out: when, by whom (key and ARN), and what came of it."""

    time: str
    parent_key: str
    parent_arn: str
    child_key: str
    child_arn: str
    role: str


class Lineage:
    """Who descends from whom. Events may come in any order; questions are answered from all that were noted."""

    def __init__(self) -> None:
        self._by_key: dict[str, _Link] = {}
        self._by_arn: dict[str, _Link | None] = {}
        self._families: dict[str, list[_Link]] | None = None

    def note(self, event: Event) -> None:
        """Remember a successful handing out of credentials; any other event is passed over."""
        link = _link_of(event)
        if link is None:
            return
        known = self._by_key.get(link.child_key)
        if known is None or link < known:  # a key is handed out once: of two claims the older is believed
            self._by_key[link.child_key] = link
            self._families = None
        if not link.child_arn.partition(":sts:")[1]:
            return  # a user has other keys too: only a session's ARN stands for what was handed out
        if link.child_arn not in self._by_arn:
            self._by_arn[link.child_arn] = link
        elif (other := self._by_arn[link.child_arn]) is not None and _parent(other) != _parent(link):
            self._by_arn[link.child_arn] = None  # two callers chose the same session name: the ARN alone tells nothing

    def origin(self, access_key: str | None, arn: str) -> str:
        """The ARN of the identity the chain began with; `arn` itself where no chain is known. Cycles end."""
        seen: set[tuple[str, str]] = set()
        here = (access_key or "", arn)
        while here not in seen:
            seen.add(here)
            link = self._link_to(*here)
            if link is None:
                return here[1]
            here = _parent(link)
        return min(found for _, found in seen)

    def sessions_of(self, origin: str) -> set[str]:
        """The ARNs of the sessions, and of the users whose new keys, descend from this origin."""
        return {link.child_arn for link in self._descending(origin)}

    def roles_of(self, origin: str) -> set[str]:
        """The ARNs, with their paths, of the roles that descendants of this origin assumed."""
        return {link.role for link in self._descending(origin) if link.role}

    def _descending(self, origin: str) -> list[_Link]:
        if self._families is None:
            self._families = {}
            for link in self._by_key.values():
                self._families.setdefault(self.origin(link.child_key, link.child_arn), []).append(link)
        return self._families.get(origin, [])

    def _link_to(self, key: str, arn: str) -> _Link | None:
        return self._by_key.get(key) or (self._by_arn.get(arn) if not key else None)


def _parent(link: _Link) -> tuple[str, str]:
    return link.parent_key, link.parent_arn


def _link_of(event: Event) -> _Link | None:
    record = event.record
    if record.get("errorCode"):
        return None
    match record.get("eventName"):
        case str(name) if name in _HANDS_OUT_A_SESSION:
            key, arn = _session_in(record)
        case "CreateAccessKey":
            key, arn = _new_key_in(record)
        case _:
            return None
    caller = caller_of(record)
    if key is None or caller.type == "AWSService":
        return None  # a service starting an instance or a function did not begin anything
    role = text(at(record, "requestParameters", "roleArn")) or ""
    return _Link(event.time.isoformat(), caller.access_key or "", caller.arn, key, arn or caller.arn, role)


def _session_in(record: Mapping[str, Any]) -> tuple[str | None, str | None]:
    answer = table(record.get("responseElements"))
    key = text(at(answer, "credentials", "accessKeyId"))
    return key, text(at(answer, "assumedRoleUser", "arn")) or text(at(answer, "federatedUser", "arn"))


def _new_key_in(record: Mapping[str, Any]) -> tuple[str | None, str | None]:
    made = table(at(record, "responseElements", "accessKey"))
    key, user = text(made.get("accessKeyId")), text(made.get("userName"))
    caller = caller_of(record)
    arn = f"arn:{caller.partition}:iam::{caller.account}:user/{user}" if user and caller.account else None
    return key, arn
