"""Temporary credentials outlive the moment they were issued in, and nothing but their issue time tells them apart.

The register remembers, for every `ASIA` key of the range, whose it is, when it was issued and what limits it.
"""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Literal

from moto.iam.models import iam_backends

Kind = Literal["role", "user", "federated"]


@dataclass(frozen=True)
class Session:
    """One set of temporary credentials. Times are UTC, whole seconds, as in `aws:TokenIssueTime`."""

    access_key_id: str
    secret: str = field(repr=False)
    token: str = field(repr=False)
    kind: Kind
    account: str
    partition: str
    principal: str
    """Name of the role, or of the user that asked for the session."""
    name: str
    """Role session name, federated name, or the user's own name."""
    issued: datetime
    expires: datetime
    policies: tuple[str, ...] | None = None
    """Session policy documents; None when the session was issued without any."""
    instance: str | None = None
    """The EC2 instance to which the instance metadata service delivered the credentials."""


class Sessions:
    """Every session that the range has issued, by access key id."""

    def __init__(self) -> None:
        self._by_key: dict[str, Session] = {}

    def issue(
        self,
        kind: Kind,
        place: tuple[str, str],
        principal: str,
        name: str,
        now: datetime,
        lifetime: timedelta,
        policies: Sequence[str] | None = None,
        instance: str | None = None,
    ) -> Session:
        """New credentials for a principal at `place` (account, partition)."""
        account, partition = place
        key = iam_backends[account][partition].create_temp_access_key()
        issued = now.astimezone(UTC).replace(microsecond=0)
        session = Session(
            access_key_id=str(key.access_key_id),
            secret=str(key.secret_access_key),
            token="IQoJb3JpZ2luX2Vj" + secrets.token_urlsafe(240),
            kind=kind,
            account=account,
            partition=partition,
            principal=principal,
            name=name,
            issued=issued,
            expires=issued + lifetime,
            policies=None if policies is None else tuple(policies),
            instance=instance,
        )
        self._by_key[session.access_key_id] = session
        return session

    def get(self, access_key_id: str) -> Session | None:
        """The session behind a key; None for a key that the range did not issue as temporary."""
        return self._by_key.get(access_key_id)
