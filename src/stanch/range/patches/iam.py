"""IAM tells a user by an id that starts with AIDA, and caps users by permissions boundaries as it caps roles."""

# ruff: noqa: SLF001 - the names are moto's, and it has no public ones for this

from typing import Any

from moto.core.config import default_user_config
from moto.core.responses import ActionResult, EmptyResult
from moto.iam.models import User
from moto.iam.responses import IamResponse

from stanch.range.patches.replacing import adds, replaces


def install() -> None:
    """Put IAM right."""
    default_user_config["iam"] = {"load_aws_managed_policies": True}
    original_init = User.__init__
    original_create = IamResponse.create_user

    @replaces(User, "__init__")
    def user(self: Any, *arguments: Any, **options: Any) -> None:
        original_init(self, *arguments, **options)
        self.id = f"AIDA{self.id[4:]}".upper()
        self.permissions_boundary = None

    @replaces(IamResponse, "create_user")
    def create_user(self: Any) -> ActionResult:
        result: ActionResult = original_create(self)
        if self._get_param("PermissionsBoundary"):
            _limit(self, self._get_param("PermissionsBoundary"))
        return result

    @adds(IamResponse, "put_user_permissions_boundary")
    def put_user_permissions_boundary(self: Any) -> ActionResult:
        self.backend.get_policy(self._get_param("PermissionsBoundary"))
        return _limit(self, self._get_param("PermissionsBoundary"))

    @adds(IamResponse, "delete_user_permissions_boundary")
    def delete_user_permissions_boundary(self: Any) -> ActionResult:
        return _limit(self, None)


def _limit(response: Any, arn: str | None) -> ActionResult:
    user = response.backend.get_user(response._get_param("UserName"))
    user.permissions_boundary = (
        None if arn is None else {"PermissionsBoundaryType": "Policy", "PermissionsBoundaryArn": arn}
    )
    return EmptyResult()
