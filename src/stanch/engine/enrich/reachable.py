"""Containment acts on identities, hosts and buckets: which of them one event brings into play.

Reads: the caller, and what the call changed. Only what may be ours is named; whether it may be touched is for the plan.
"""

from collections.abc import Iterator, Mapping
from typing import Any, Protocol

from stanch.domain.estate import Side
from stanch.domain.event import Actor
from stanch.engine.enrich.caller import Caller, instance_named
from stanch.engine.enrich.grants import Reach
from stanch.engine.enrich.opened import opened
from stanch.engine.enrich.touched import Touched
from stanch.engine.untrusted import at, table, text

_GLOBAL = ("iam", "organizations", "route53", "cloudfront", "support")  # their region says nothing of the caller's


class Viewed(Protocol):
    """What is asked of an enriched event."""

    @property
    def record(self) -> Mapping[str, Any]:
        """The raw record."""

    @property
    def caller(self) -> Caller:
        """Who called."""

    @property
    def touched(self) -> tuple[Touched, ...]:
        """What the call touched."""

    @property
    def account_side(self) -> Side:
        """The side of the caller's account."""

    @property
    def grant_reach(self) -> Reach:
        """The widest grantee of the request."""


def containable(view: Viewed) -> tuple[str, ...]:
    """The ARNs, each once: role or user, instance, changed role or user, opened or openly read bucket, opened thing."""
    return tuple(dict.fromkeys((*_identity(view), *_changed_identity(view), *_open_bucket(view), *_opened(view))))


def containable_caller(principal: str, actor: Actor, source: str, region: str) -> Iterator[str]:
    """The same of a caller alone: its role or user, and the instance whose role it is."""
    if not principal.startswith("arn:"):
        return
    yield principal
    instance = instance_named(actor.session)
    if instance and actor.account and region and source.partition(".")[0] not in _GLOBAL:
        yield f"arn:{principal.split(':', 2)[1]}:ec2:{region}:{actor.account}:instance/{instance}"


def _identity(view: Viewed) -> Iterator[str]:
    who = view.caller
    if view.account_side is Side.OUTSIDE or who.type not in ("AssumedRole", "IAMUser", "FederatedUser"):
        return
    if who.principal.startswith("arn:"):
        yield who.principal
    source, region = text(view.record.get("eventSource")) or "", text(view.record.get("awsRegion"))
    if who.instance and who.account and region and source.partition(".")[0] not in _GLOBAL:
        yield f"arn:{who.partition}:ec2:{region}:{who.account}:instance/{who.instance}"


def _changed_identity(view: Viewed) -> Iterator[str]:
    """The role or user that an IAM call changed; a denied or reading call changed none."""
    record = view.record
    if record.get("eventSource") != "iam.amazonaws.com" or record.get("readOnly") is True or record.get("errorCode"):
        return
    made = text(at(record, "responseElements", "role", "arn")) or text(at(record, "responseElements", "user", "arn"))
    if made:
        yield made
        return
    account = text(record.get("recipientAccountId")) or view.caller.account
    request = table(record.get("requestParameters"))
    for parameter, kind in (("roleName", "role"), ("userName", "user")):
        if account and (name := text(request.get(parameter))):
            yield f"arn:{view.caller.partition}:iam::{account}:{kind}/{name}"


def _open_bucket(view: Viewed) -> Iterator[str]:
    """A bucket whose own settings a call changed or opened, and one that somebody outside could read."""
    buckets = [thing.arn.partition("/")[0] for thing in view.touched if thing.bucket]
    if not buckets:
        return
    reading = view.account_side is Side.OUTSIDE
    changing = "PublicAccessBlock" in (text(view.record.get("eventName")) or "")
    if reading or changing or (view.record.get("readOnly") is not True and view.grant_reach >= Reach.UNKNOWN):
        yield from buckets


def _opened(view: Viewed) -> Iterator[str]:
    """A key, a topic, a vault that a call changed; a stranger changes nothing of ours that is named here."""
    yield from opened(view.record, view.caller.partition)
