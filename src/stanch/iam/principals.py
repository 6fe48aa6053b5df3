"""How a policy names the caller decides how much the grant is worth: by session, by role, or by account only.

IAM User Guide, "Policy evaluation logic" and "AWS JSON policy elements: Principal".
"""

from collections.abc import Sequence
from enum import IntEnum

from stanch.iam.accounts import is_account, read_arn
from stanch.iam.policy import Principal, Statement
from stanch.iam.request import Caller


class Grant(IntEnum):
    """The strength of a resource policy's Allow inside the resource's own account."""

    NONE = 0
    ACCOUNT = 1  # hands the decision to the account: its identity policies must allow too
    ROLE = 2  # to the role: suffices alone, but the session's boundary and session policy must allow
    DIRECT = 3  # to the very session or user, or to everyone: suffices alone


def grant(statement: Statement, caller: Caller) -> Grant:
    """How an Allow statement of a resource or trust policy names the caller. One without Principal names nobody."""
    if statement.principals is not None:
        return _strongest(statement.principals, caller)
    if statement.not_principals is not None and _strongest(statement.not_principals, caller) is Grant.NONE:
        return Grant.DIRECT
    return Grant.NONE


def denies(statement: Statement, caller: Caller, *, bounded: bool) -> bool:
    """Tell whether a Deny statement of a resource or trust policy is about the caller.

    bounded: the caller has a permissions boundary, and then NotPrincipal spares it in no case.
    """
    if statement.principals is not None:
        return _strongest(statement.principals, caller) is not Grant.NONE
    if statement.not_principals is not None:
        return bounded or not _spared(statement.not_principals, caller)
    return False


def _strongest(principals: Sequence[Principal], caller: Caller) -> Grant:
    return max((_match(principal, caller) for principal in principals), default=Grant.NONE)


def _match(principal: Principal, caller: Caller) -> Grant:
    named = principal.value
    if principal.kind == "AWS":
        return Grant.DIRECT if named == "*" else _match_identity(named, caller)
    if principal.kind == "Service":
        same = caller.kind == "service" and named in ("*", caller.service)
    elif principal.kind == "Federated":
        same = caller.signs_in and named in ("*", caller.arn)
    else:
        same = False  # a canonical id stands for an account of S3, and no request tells it
    return Grant.DIRECT if same else Grant.NONE


def _match_identity(named: str, caller: Caller) -> Grant:
    if caller.account is None or caller.signs_in:
        return Grant.NONE
    if _names_account(named, caller):
        return Grant.DIRECT if caller.kind == "root" else Grant.ACCOUNT
    if named == caller.arn:
        return Grant.DIRECT
    return Grant.ROLE if named == caller.role_arn else Grant.NONE


def _names_account(named: str, caller: Caller) -> bool:
    if is_account(named):
        return named == caller.account
    arn, own = read_arn(named), read_arn(caller.arn or "")
    if arn is None or (arn.service, arn.resource) != ("iam", "root") or arn.account != caller.account:
        return False
    return own is None or arn.partition == own.partition


def _spared(listed: Sequence[Principal], caller: Caller) -> bool:
    """NotPrincipal spares a caller only if all its names are listed: account, role and session, or account and user."""
    if any(principal.kind == "AWS" and principal.value == "*" for principal in listed):
        return True
    if caller.account is None or caller.signs_in:
        return _strongest(listed, caller) is not Grant.NONE
    names = [principal.value for principal in listed if principal.kind == "AWS"]
    account = any(_names_account(name, caller) for name in names)
    if caller.kind == "root":
        return account
    return account and all(own in names for own in (caller.arn, caller.role_arn) if own)
