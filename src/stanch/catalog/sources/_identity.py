"""An ARN says what kind of caller it names; here it becomes the userIdentity that CloudTrail would have written."""

from typing import Any

NOBODY = {"type": "AWSAccount", "principalId": "ANONYMOUS_PRINCIPAL", "accountId": "anonymous"}
"""A caller without credentials, as CloudTrail names it."""

_PARTITIONS = {"cn": "aws-cn", "eusc": "aws-eusc", "us-gov": "aws-us-gov"}


def partition_of(*hints: str | None) -> str:
    """The partition told by the first hint that tells one, an ARN or a region; the commercial one without any."""
    for hint in hints:
        parts = (hint or "").split(":", 2)
        if len(parts) == 3 and parts[0] == "arn" and parts[1]:
            return parts[1]
        for prefix, partition in _PARTITIONS.items():
            if (hint or "").startswith(prefix + "-"):
                return partition
    return "aws"


def from_arn(arn: str) -> dict[str, Any]:
    """The userIdentity behind an ARN; of something that is no caller (an instance, a bucket) type is `Resource`."""
    parts = arn.split(":", 5)
    if len(parts) != 6 or parts[0] != "arn":
        return {"type": "Unknown", "principalId": arn}
    service, account, resource = parts[2], parts[4], parts[5]
    identity: dict[str, Any] = {"type": "Resource", "arn": arn}
    if account:
        identity["accountId"] = account
    kind, _, name = resource.partition("/")
    match service, kind:
        case "sts", "assumed-role":
            issuer = {"type": "Role", "accountId": account, "userName": name.partition("/")[0]}
            identity |= {"type": "AssumedRole", "sessionContext": {"sessionIssuer": issuer}}
        case "sts", "federated-user":
            identity |= {"type": "FederatedUser", "userName": name}
        case "iam", "user":
            identity |= {"type": "IAMUser", "userName": name.rpartition("/")[2]}
        case "iam", "role":
            identity |= {"type": "Role", "userName": name.rpartition("/")[2]}
        case "iam", "root":
            identity |= {"type": "Root"}
    return identity


def from_key(
    partition: str, account: str | None, kind: str | None, principal: str | None, name: str | None, key: str | None
) -> dict[str, Any] | None:
    """The userIdentity of an access key as findings describe it; None when it says nothing of anybody.

    `kind` is IAMUser, Role or AssumedRole, FederatedUser, Root ...; of a role `principal` is `AROA...:session`, `name`
    the role's. Such descriptions leave out the role's or user's path.
    """
    if principal == "ANONYMOUS_PRINCIPAL" or name == "ANONYMOUS_PRINCIPAL":
        return dict(NOBODY)
    arn = _arn(partition, account, kind, principal, name)
    if arn is not None:
        identity = from_arn(arn)
    elif principal or key:
        identity = {"type": kind or "Unknown"} | ({"accountId": account} if account else {})
    else:
        return None
    if principal:
        identity["principalId"] = principal
    if key:
        identity["accessKeyId"] = key
    return identity


def _arn(partition: str, account: str | None, kind: str | None, principal: str | None, name: str | None) -> str | None:
    if not account:
        return None
    if kind == "Root":
        return f"arn:{partition}:iam::{account}:root"
    if not name:
        return None
    session = (principal or "").partition(":")[2]
    if kind in ("Role", "AssumedRole"):
        role = f"assumed-role/{name}/{session}" if session else f"role/{name}"
        return f"arn:{partition}:{'sts' if session else 'iam'}::{account}:{role}"
    if kind == "FederatedUser":
        return f"arn:{partition}:sts::{account}:federated-user/{name}"
    return f"arn:{partition}:iam::{account}:user/{name}" if kind == "IAMUser" else None
