"""IAM tells a user by an id that starts with AIDA, and caps users by permissions boundaries as it caps roles.

Of AWS's own policies, an account's authorization details hold those that are in use there.
"""

# ruff: noqa: SLF001 - the names are moto's, and it has no public ones for this

from typing import Any

from moto.core.config import default_user_config
from moto.core.responses import ActionResult, EmptyResult
from moto.iam.models import AWSManagedPolicy, IAMBackend, User
from moto.iam.responses import IamResponse

from stanch.range.patches.replacing import adds, replaces


def install() -> None:
    """Put IAM right."""
    default_user_config["iam"] = {"load_aws_managed_policies": True}
    original_init = User.__init__
    original_create = IamResponse.create_user
    original_details = IAMBackend.get_account_authorization_details

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

    @replaces(IAMBackend, "get_account_authorization_details")
    def get_account_authorization_details(self: Any, policy_filter: list[str]) -> dict[str, Any]:
        answer: dict[str, Any] = original_details(self, policy_filter)
        limits = {
            one.permissions_boundary["PermissionsBoundaryArn"]
            for one in (*self.roles.values(), *self.users.values())
            if one.permissions_boundary
        }
        answer["managed_policies"] = [
            policy
            for policy in answer["managed_policies"]
            if not isinstance(policy, AWSManagedPolicy) or policy.attachment_count or policy.arn in limits
        ]
        return answer

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
