"""A role is edited only where AWS lets anyone edit it, and never the one that stanch acts as."""

from typing import Any

from stanch.catalog.actions._responder import refuse_own
from stanch.contracts.action import Refused
from stanch.contracts.aws import Aws


def editable(aws: Aws, name: str, responder: str) -> dict[str, Any]:
    """The role as GetRole shows it. Raises Refused for a service-linked one, Identity Center's, and the responder's."""
    role: dict[str, Any] = aws.call("iam", "GetRole", RoleName=name)["Role"]
    arn, path = str(role["Arn"]), str(role["Path"])
    if path.startswith("/aws-service-role/"):
        raise Refused(f"{arn} is service-linked and cannot be edited: stop what uses it in the service itself")
    if path.startswith("/aws-reserved/sso.amazonaws.com/"):
        raise Refused(
            f"{arn} belongs to IAM Identity Center and cannot be edited: disable the user there, delete its active "
            "sessions, and put the Deny into the permission set"
        )
    refuse_own(arn, responder, aws.caller)
    return role
