"""A service that works for a customer does so in a session of the role it was given, and may do what that role may."""

import os
from datetime import UTC, datetime, timedelta

from stanch.range.gate.directory import find_role_by_arn
from stanch.range.gate.sessions import Session, Sessions

LIFETIME = timedelta(hours=1)


def session_of(sessions: Sessions, role_arn: str, name: str) -> Session | None:
    """A fresh session of this role, called `name`; None where there is no such role."""
    role = find_role_by_arn(role_arn)
    if role is None:
        return None
    place = (str(role.account_id), str(role.partition))
    return sessions.issue("role", place, str(role.name), name, datetime.now(UTC), LIFETIME)


def endpoint() -> str:
    """Where the range itself listens: what acts for a customer passes the gate like anybody else."""
    return f"http://127.0.0.1:{os.environ['MOTO_PORT']}"
