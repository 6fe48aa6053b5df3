"""A Principal element names accounts, users, roles, sessions, services and providers; most callers have several names.

IAM User Guide, "AWS JSON policy elements: Principal".
"""

from collections.abc import Iterable
from enum import IntEnum
from typing import TYPE_CHECKING

from stanch.iam.accounts import is_account, read_arn

if TYPE_CHECKING:
    from stanch.iam.policy import Principal
    from stanch.iam.request import Caller


class Grant(IntEnum):
    """The strength of a resource policy's Allow inside the resource's own account."""

    NONE = 0
    ACCOUNT = 1  # hands the decision to the account: its identity policies must allow too
    ROLE = 2  # to the role: suffices alone, but the session's boundary and session policy must allow
    DIRECT = 3  # to the very session or user, or to everyone: suffices alone


class Naming:
    """The principals of one Principal or NotPrincipal element, each kind by itself.

    A canonical user id stands for an account of S3, and no request tells it: it names nobody here.
    """

    __slots__ = ("_accounts", "_names", "_providers", "_roles", "_services", "everyone")

    def __init__(self, listed: Iterable["Principal"]) -> None:
        by_kind: dict[str, set[str]] = {"AWS": set(), "Service": set(), "Federated": set(), "CanonicalUser": set()}
        for principal in listed:
            by_kind[principal.kind].add(principal.value)
        self._names, self._services, self._providers = by_kind["AWS"], by_kind["Service"], by_kind["Federated"]
        self.everyone = "*" in self._names
        self._accounts = frozenset(filter(None, map(_account_named, self._names)))
        self._roles = frozenset(filter(None, map(_without_path, self._names)))

    def strength(self, caller: "Caller") -> Grant:
        """How the caller is named: the closest of all the names that are his."""
        if self.everyone:
            return Grant.DIRECT
        if caller.kind == "service":
            return Grant.DIRECT if "*" in self._services or caller.service in self._services else Grant.NONE
        if caller.signs_in:
            return Grant.DIRECT if "*" in self._providers or caller.arn in self._providers else Grant.NONE
        if caller.account is None:
            return Grant.NONE
        if caller.arn in self._names and caller.arn != caller.role_arn:
            return Grant.DIRECT
        if self._names_role(caller):
            return Grant.ROLE
        if self._names_account(caller):
            return Grant.DIRECT if caller.kind == "root" else Grant.ACCOUNT
        return Grant.NONE

    def spares(self, caller: "Caller") -> bool:
        """Whether NotPrincipal leaves the caller out: only if all his names are listed, the account's among them."""
        if self.everyone:
            return True
        if caller.account is None or caller.signs_in:
            return self.strength(caller) is not Grant.NONE
        if not self._names_account(caller):
            return False
        himself = caller.kind == "root" or caller.arn in self._names
        return himself and (not caller.has_role or self._names_role(caller))

    def _names_role(self, caller: "Caller") -> bool:
        if caller.role_arn is not None:
            return caller.role_arn in self._names
        return caller.role_without_path in self._roles

    def _names_account(self, caller: "Caller") -> bool:
        if caller.account not in self._accounts:
            return False
        # An id names the account in any partition; an ARN only in its own.
        return caller.account in self._names or caller.root_arn is None or caller.root_arn in self._names


def _account_named(name: str) -> str | None:
    if is_account(name):
        return name
    arn = read_arn(name)
    return arn.account if arn and (arn.service, arn.resource) == ("iam", "root") else None


def _without_path(name: str) -> str | None:
    """The name that a role's session shows of it: role names are unique in an account, whatever their path."""
    arn = read_arn(name)
    if arn is None or arn.service != "iam" or not arn.resource.startswith("role/"):
        return None
    return f"arn:{arn.partition}:iam::{arn.account}:role/{arn.resource.rpartition('/')[2]}"
