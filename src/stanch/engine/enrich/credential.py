"""An access key shows what it is: AKIA lasts until somebody deletes it, ASIA expires; its session shows where it began.

Reads: userIdentity and sessionCredentialFromConsole.
Blind to: sessions of pods, tasks and functions that show none of the marks below; they are plain sessions.
"""

import re
from collections.abc import Mapping
from enum import StrEnum
from typing import Any

from stanch.engine.enrich.caller import Caller
from stanch.engine.untrusted import at, table, text


class Credential(StrEnum):
    """What a call was signed with."""

    ROOT_KEY = "root-key"
    """A lasting key of the root user."""
    USER_KEY = "user-key"
    """A lasting key of an IAM user, or a session that somebody made from one outside the console."""
    CONSOLE = "console"
    """A person's browser session."""
    INSTANCE = "instance"
    """What EC2 gave to a host."""
    WORKLOAD = "workload"
    """What EKS, ECS or Lambda gave to a pod, task or function."""
    SESSION = "session"
    """Any other temporary key."""


_CONSOLE = "signin.amazonaws.com"
_TASK = re.compile(r"[0-9a-f]{32}")  # ECS names a task's session by the task's id
_CLUSTER = re.compile(r"oidc(?:\.|-)eks")


def credential_of(record: Mapping[str, Any], who: Caller) -> Credential | None:
    """What signed this call; None where nothing did: nobody, a sign-in, or AWS itself."""
    if who.is_aws or record.get("eventType") == "AwsConsoleSignIn":
        return None
    if _of_console(record):
        return Credential.CONSOLE
    if who.type in ("IAMUser", "FederatedUser"):
        return Credential.USER_KEY
    if not who.access_key:
        return None
    if who.type == "Root":
        return Credential.ROOT_KEY if who.access_key.startswith("AKIA") else Credential.SESSION
    if who.instance:
        return Credential.INSTANCE
    return Credential.WORKLOAD if _of_workload(record, who) else Credential.SESSION


def _of_console(record: Mapping[str, Any]) -> bool:
    said = record.get("sessionCredentialFromConsole")
    return said is True or said == "true" or at(record, "userIdentity", "invokedBy") == _CONSOLE


def _of_workload(record: Mapping[str, Any], who: Caller) -> bool:
    identity = table(record.get("userIdentity"))
    if at(identity, "inScopeOf", "issuerType") is not None:
        return True
    provider = text(at(identity, "sessionContext", "webIdFederationData", "federatedProvider")) or ""
    if _CLUSTER.search(provider):
        return True
    session = who.session or ""
    return session.startswith("eks-") or _TASK.fullmatch(session) is not None
