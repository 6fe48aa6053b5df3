"""How a policy names the caller decides how much the grant is worth: by session, by role, or by account only.

IAM User Guide, "Policy evaluation logic" and "AWS JSON policy elements: NotPrincipal".
"""

from typing import TYPE_CHECKING

from stanch.iam.naming import Grant
from stanch.iam.policy import Statement
from stanch.iam.request import Caller

if TYPE_CHECKING:
    from stanch.iam.clause import Clause

__all__ = ["Grant", "denies", "grant"]


def grant(statement: "Statement | Clause", caller: Caller) -> Grant:
    """How an Allow statement of a resource or trust policy names the caller. One without Principal names nobody."""
    clause = statement.clause if isinstance(statement, Statement) else statement
    if clause.principals is not None:
        return clause.principals.strength(caller)
    if clause.not_principals is not None and clause.not_principals.strength(caller) is Grant.NONE:
        return Grant.DIRECT
    return Grant.NONE


def denies(statement: "Statement | Clause", caller: Caller, *, bounded: bool) -> bool:
    """Tell whether a Deny statement of a resource or trust policy is about the caller.

    bounded: the caller has a permissions boundary, and then NotPrincipal spares it in no case.
    """
    clause = statement.clause if isinstance(statement, Statement) else statement
    if clause.principals is not None:
        return clause.principals.strength(caller) is not Grant.NONE
    if clause.not_principals is not None:
        return bounded or not clause.not_principals.spares(caller)
    return False
