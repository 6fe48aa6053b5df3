"""IAM and STS act on users, roles, groups and policies, each with an ARN in which the path is part of the name."""

from typing import Any

from moto.iam.models import iam_backends

from stanch.range.gate.directory import find_role, find_user
from stanch.range.gate.identity import Identity
from stanch.range.gate.permission import Need
from stanch.range.request.call import Call

OWN_BY_DEFAULT = (
    "GetUser",
    "ListAccessKeys",
    "CreateAccessKey",
    "UpdateAccessKey",
    "DeleteAccessKey",
    "ChangePassword",
)
"""Calls that mean the caller's own user when they name none."""

FREE = ("GetCallerIdentity", "GetSessionToken")
"""Calls that need no permission: no policy can refuse them."""


def iam_needs(call: Call, identity: Identity) -> list[Need]:
    """What an IAM call needs, with the ARN of the user, role, group, profile or policy that it names."""
    account = identity.account or ""
    context: dict[str, tuple[str, ...]] = {}
    if call.text("PolicyArn") and ("Attach" in call.operation or "Detach" in call.operation):
        context["iam:PolicyARN"] = (str(call.text("PolicyArn")),)
    if call.text("PermissionsBoundary"):
        context["iam:PermissionsBoundary"] = (str(call.text("PermissionsBoundary")),)
    needs = [Need(f"iam:{call.operation}", _resource(call, identity, account), context=context)]
    if call.operation == "AddRoleToInstanceProfile":
        needs.append(Need("iam:PassRole", role_arn(identity, account, str(call.text("RoleName")))))
    return needs


def sts_needs(call: Call, identity: Identity) -> list[Need]:
    """What an STS call needs: a role is asked for by ARN, and its trust policy has a say."""
    if call.operation in FREE:
        return []
    arn = call.text("RoleArn")
    if arn:
        context = {"sts:RoleSessionName": (str(call.text("RoleSessionName") or ""),)}
        if call.text("ExternalId"):
            context["sts:ExternalId"] = (str(call.text("ExternalId")),)
        parts = arn.split(":")
        return [Need(f"sts:{call.operation}", arn, parts[4] if len(parts) > 5 else None, "trust", context)]
    if call.operation == "GetFederationToken":
        arn = f"arn:{identity.partition}:sts::{identity.account}:federated-user/{call.text('Name')}"
        return [Need("sts:GetFederationToken", arn)]
    return [Need(f"sts:{call.operation}")]


def role_arn(identity: Identity, account: str, name: str) -> str:
    """The ARN of a role of the account, as it would be if it does not exist."""
    role = find_role(account, identity.partition, name)
    return str(role.arn) if role is not None else f"arn:{identity.partition}:iam::{account}:role/{name}"


def _resource(call: Call, identity: Identity, account: str) -> str:
    prefix = f"arn:{identity.partition}:iam::{account}:"
    backend: Any = iam_backends[account][identity.partition]
    if name := call.text("InstanceProfileName"):
        profile = backend.instance_profiles.get(name)
        return str(profile.arn) if profile else f"{prefix}instance-profile{_path(call)}{name}"
    if name := call.text("RoleName"):
        role = find_role(account, identity.partition, name)
        return str(role.arn) if role else f"{prefix}role{_path(call)}{name}"
    name = call.text("UserName")
    if name is None and call.operation in OWN_BY_DEFAULT:
        name = identity.user_name
    if name:
        user = find_user(account, identity.partition, name)
        return str(user.arn) if user else f"{prefix}user{_path(call)}{name}"
    if name := call.text("GroupName"):
        group = backend.groups.get(name)
        return str(group.arn) if group else f"{prefix}group{_path(call)}{name}"
    if name := call.text("PolicyName"):
        return f"{prefix}policy{_path(call)}{name}"
    return call.text("PolicySourceArn", "PolicyArn") or "*"


def _path(call: Call) -> str:
    return call.text("Path") or "/"
