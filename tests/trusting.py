"""Identities as the collector of IAM tells them, for tests of what they can become and read."""

from collections.abc import Mapping, Sequence
from typing import Any

from tests.posturing import ACCOUNT

STRANGER = "999988887777"
MODELS = "arn:aws:s3:::models-eu"
ASSET = '[[asset]]\nname = "model"\nkind = "weights"\nwhere = "s3://models-eu/"\n'
DECOY = '[[asset]]\nname = "bait"\nkind = "weights"\nwhere = "s3://models-eu/"\ndecoy = true\n'
EVERYTHING = {"Effect": "Allow", "Action": "*", "Resource": "*"}
READS = {"Effect": "Allow", "Action": "s3:GetObject", "Resource": f"{MODELS}/*"}
ODD: tuple[Any, ...] = (None, "all", 7, [], {}, ["x", None], {"$unseen": "any:Call: AccessDenied"}, [{"a": None}])
"""What a hand may have put where a list or an object should be."""


def document(*statements: Mapping[str, Any]) -> dict[str, Any]:
    """A policy."""
    return {"Version": "2012-10-17", "Statement": list(statements)}


def trusting(principal: Any, conditions: Mapping[str, Any] | None = None, action: Any = "sts:AssumeRole") -> Any:
    """A trust in one principal."""
    statement = {"Effect": "Allow", "Principal": principal, "Action": action}
    return document({**statement, "Condition": conditions} if conditions else statement)


def role(
    name: str, trust: Any = None, *allowed: Mapping[str, Any], account: str = ACCOUNT, path: str = "/", **data: Any
) -> dict[str, Any]:
    """A role with a trust and an inline policy; without a trust it is a machine's."""
    arn = f"arn:aws:iam::{account}:role{path}{name}"
    told = {
        "Arn": arn,
        "RoleName": name,
        "RoleId": f"AROA{name.upper():0<17}",
        "Path": path,
        "AssumeRolePolicyDocument": trusting({"Service": "ec2.amazonaws.com"}) if trust is None else trust,
        "RolePolicyList": [{"PolicyName": "inline", "PolicyDocument": document(*allowed)}] if allowed else [],
        "AttachedManagedPolicies": [],
    }
    return {"kind": "iam/role", "arn": arn, "data": {**told, **data}}


def user(name: str, *allowed: Mapping[str, Any], **report: Any) -> dict[str, Any]:
    """A user with an inline policy and a row of the credential report."""
    arn = f"arn:aws:iam::{ACCOUNT}:user/{name}"
    row = {
        "user": name,
        "password_enabled": "false",
        "mfa_active": "false",
        "access_key_1_active": "false",
        "access_key_2_active": "false",
    }
    told = {
        "Arn": arn,
        "UserName": name,
        "UserId": f"AIDA{name.upper():0<17}",
        "Path": "/",
        "GroupList": [],
        "AttachedManagedPolicies": [],
        "UserPolicyList": [{"PolicyName": "inline", "PolicyDocument": document(*allowed)}] if allowed else [],
        "CredentialReport": {**row, **report},
    }
    return {"kind": "iam/user", "arn": arn, "data": told}


def bucket(arn: str = MODELS, account: str = ACCOUNT, **data: Any) -> dict[str, Any]:
    """A bucket that no policy opens."""
    told = {"Name": arn.rpartition(":")[2], "Policy": None, "PublicAccessBlock": None, "Acl": None}
    return {"kind": "s3/bucket", "arn": arn, "account": account, "data": {**told, **data}}


def thing(kind: str, arn: str, data: Any, account: str = ACCOUNT) -> dict[str, Any]:
    """Any other thing."""
    return {"kind": kind, "arn": arn, "account": account, "data": data}


def odd(line: Mapping[str, Any], keys: Sequence[str]) -> list[dict[str, Any]]:
    """The same thing as no collector writes it: with each odd value under each key, and without the key."""
    made = [{**line, "data": {**line["data"], key: value}} for key in keys for value in ODD]
    return made + [{**line, "data": {k: v for k, v in line["data"].items() if k != key}} for key in keys]
