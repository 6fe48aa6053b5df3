"""A new member account holds one role, which may do everything and which the management account may assume."""

from typing import Any

from moto.iam.models import iam_backends
from moto.organizations.models import OrganizationsBackend

from stanch.range.gate.sessions import Sessions
from stanch.range.patches.replacing import replaces

_create = OrganizationsBackend.create_account
_ALL = '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}'


def install(_: Sessions) -> None:
    """Put Organizations right."""
    replaces(OrganizationsBackend, "create_account")(create_account)


def create_account(self: Any, **kwargs: Any) -> dict[str, Any]:
    """What moto makes is a role without any permission."""
    made: dict[str, Any] = _create(self, **kwargs)
    account = made["CreateAccountStatus"]["AccountId"]
    for role in iam_backends[account][self.partition].roles.values():
        role.policies["AdministratorAccess"] = _ALL
    return made
