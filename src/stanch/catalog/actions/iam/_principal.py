"""Roles and users are edited only where AWS lets anyone edit them, and never the one that stanch acts as."""

from typing import Any

from stanch.catalog.actions._responder import refuse_own
from stanch.contracts.action import Refused
from stanch.contracts.aws import Aws
from stanch.domain.arn import Arn


def editable_role(aws: Aws, resource: Arn, responder: str) -> dict[str, Any]:
    """The role as GetRole shows it, its path told.

    Raises Refused for one of another account, a service-linked one, Identity Center's and the responder's own.
    """
    role: dict[str, Any] = aws.call("iam", "GetRole", RoleName=resource.name)["Role"]
    arn, path = str(role["Arn"]), str(role["Path"])
    _refuse_namesake(arn, resource)
    if path.startswith("/aws-service-role/"):
        raise Refused(f"{arn} is service-linked and cannot be edited: stop what uses it in the service itself")
    if path.startswith("/aws-reserved/sso.amazonaws.com/"):
        raise Refused(
            f"{arn} belongs to IAM Identity Center and cannot be edited: disable the user there, delete its active "
            "sessions, and put the Deny into the permission set"
        )
    refuse_own(arn, responder, aws.caller)
    return role


def editable_user(aws: Aws, resource: Arn, responder: str) -> str:
    """The user's ARN with its path; raises Refused for one of another account and the responder's own."""
    arn = str(aws.call("iam", "GetUser", UserName=resource.name)["User"]["Arn"])
    _refuse_namesake(arn, resource)
    refuse_own(arn, responder, aws.caller)
    return arn


def _refuse_namesake(found: str, resource: Arn) -> None:
    """IAM is asked by name alone, and another account may have one of the same name."""
    if (Arn.parse(found).partition, Arn.parse(found).account) != (resource.partition, resource.account):
        raise Refused(f"{resource} is not in reach: these credentials reach {found}, which is another")
