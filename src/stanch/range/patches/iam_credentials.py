"""A user may have API keys for one service, such as Bedrock: they are no access keys, and IAM lists them apart."""

import secrets
from typing import Any

from moto.core.responses import ActionResult
from moto.core.utils import utcnow
from moto.iam.responses import IamResponse

from stanch.range.patches.replacing import adds


def install() -> None:
    """Give IAM the credentials of single services; the range itself takes none of them."""
    adds(IamResponse, "create_service_specific_credential")(create_service_specific_credential)
    adds(IamResponse, "list_service_specific_credentials")(list_service_specific_credentials)


def create_service_specific_credential(self: Any) -> ActionResult:
    """A new key of a user for one service."""
    user, service = self.backend.get_user(self._get_param("UserName")), self._get_param("ServiceName")
    kept = {
        "UserName": user.name,
        "Status": "Active",
        "CreateDate": utcnow(),
        "ServiceName": service,
        "ServiceCredentialAlias": f"{user.name}-at-{user.account_id}",
        "ServiceSpecificCredentialId": f"ACCA{secrets.token_hex(8).upper()}",
    }
    user.service_credentials = [*_of(user), kept]
    return ActionResult({"ServiceSpecificCredential": {**kept, "ServiceCredentialSecret": secrets.token_urlsafe(24)}})


def list_service_specific_credentials(self: Any) -> ActionResult:
    """Those of one user, or of all users for one service."""
    named, service = self._get_param("UserName"), self._get_param("ServiceName")
    users = [self.backend.get_user(named)] if named else list(self.backend.users.values())
    found = [key for user in users for key in _of(user) if service in (None, key["ServiceName"])]
    return ActionResult({"ServiceSpecificCredentials": found, "IsTruncated": False})


def _of(user: Any) -> list[dict[str, Any]]:
    return list(getattr(user, "service_credentials", ()))
