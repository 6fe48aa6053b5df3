"""One deed by another hand: a page's example with the caller replaced by a key, a session, a host, a person or root."""

import copy
from collections.abc import Mapping, Sequence
from typing import Any

Identity = Mapping[str, Any]
"""A record's userIdentity."""

_TOLD = ("IAMUser", "AssumedRole", "FederatedUser", "Root")


def user(arn: str) -> Identity:
    """A call with the lasting key of this user."""
    name = arn.rpartition("/")[2]
    return _of("IAMUser", arn, arn, "AIDAEXAMPLE", "AKIAEXAMPLE000000001") | {"userName": name}


def root(account: str) -> Identity:
    """A call of the root user."""
    arn = f"arn:aws:iam::{account}:root"
    return _of("Root", arn, arn, account, "ASIAEXAMPLE000000009")


def session(role: str, name: str, **context: str) -> Identity:
    """A call with a session of this role, which STS names without the role's path."""
    account, short = role.split(":")[4], role.rpartition("/")[2]
    arn = f"arn:aws:sts::{account}:assumed-role/{short}/{name}"
    issuer = {"type": "Role", "principalId": "AROAEXAMPLE", "arn": role, "accountId": account, "userName": short}
    made = {"creationDate": "2026-11-22T00:00:00Z", "mfaAuthenticated": "false"}
    told = {"sessionContext": {"sessionIssuer": issuer, "attributes": made, **context}}
    return _of("AssumedRole", arn, role, f"AROAEXAMPLE:{name}", "ASIAEXAMPLE000000001") | told


def host(role: str, instance: str) -> Identity:
    """A call with what EC2 gave to this instance."""
    return session(role, instance, ec2RoleDelivery="2.0")


def by(identity: Identity, records: Sequence[Mapping[str, Any]], region: str | None = None) -> list[dict[str, Any]]:
    """The records with every known caller replaced, in his account, and in this region where one is named."""
    told = [copy.deepcopy(dict(record)) for record in records]
    for record in told:
        if record.get("userIdentity", {}).get("type") in _TOLD:
            record["userIdentity"], record["recipientAccountId"] = dict(identity), identity["accountId"]
            record["awsRegion"] = region or record.get("awsRegion")
    return told


def _of(type_: str, arn: str, owner: str, principal: str, key: str) -> dict[str, Any]:
    account = owner.split(":")[4]
    return {"type": type_, "principalId": principal, "arn": arn, "accountId": account, "accessKeyId": key}
