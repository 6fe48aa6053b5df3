"""`userIdentity` says who made the call and with which credentials.

Source: "CloudTrail userIdentity element", CloudTrail User Guide. The account that owns a resource sees a caller from
another account by account and principal id only.
"""

from datetime import UTC
from typing import Any

from stanch.range.gate.identity import Identity

ANONYMOUS = {"type": "AWSAccount", "principalId": "", "accountId": "anonymous"}


def user_identity(identity: Identity) -> dict[str, Any]:
    """As the caller's own account records it."""
    caller = identity.caller
    if caller.account is None:
        return dict(ANONYMOUS)
    record: dict[str, Any] = {
        "type": {"user": "IAMUser", "role-session": "AssumedRole", "federated": "FederatedUser"}[caller.kind],
        "principalId": identity.principal_id,
        "arn": caller.arn,
        "accountId": caller.account,
        "accessKeyId": identity.access_key_id,
    }
    if caller.kind == "user":
        record["userName"] = identity.user_name
    if identity.session is not None:
        record["sessionContext"] = _session_context(identity)
    return record


def user_identity_abroad(identity: Identity) -> dict[str, Any]:
    """As the account that owns the resource records a caller from another account."""
    if identity.caller.account is None:
        return dict(ANONYMOUS)
    return {"type": "AWSAccount", "principalId": identity.principal_id, "accountId": identity.caller.account}


def _session_context(identity: Identity) -> dict[str, Any]:
    session, owner = identity.session, identity.principal
    assert session is not None  # noqa: S101 - the only caller has looked
    context: dict[str, Any] = {}
    if session.kind != "user":
        context["sessionIssuer"] = {
            "type": "Role" if session.kind == "role" else "IAMUser",
            "principalId": owner.id,
            "arn": owner.arn,
            "accountId": session.account,
            "userName": owner.name,
        }
    issued = session.issued.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    context["attributes"] = {"creationDate": issued, "mfaAuthenticated": "false"}
    if session.instance is not None:
        context["ec2RoleDelivery"] = "2.0"
    return context
