"""An AWS account is twelve digits, and the fifth part of most ARNs."""

import re

from stanch.domain.arn import Arn, ArnError

_ACCOUNT = re.compile(r"[0-9]{12}")


def is_account(text: str) -> bool:
    """Tell whether the text is an account id."""
    return _ACCOUNT.fullmatch(text) is not None


def read_arn(text: str) -> Arn | None:
    """Take an ARN or an ARN pattern apart; None for anything else, which in a policy is common."""
    try:
        return Arn.parse(text)
    except ArnError:
        return None


def account_of(principal: str) -> str | None:
    """The account of an account id or of an ARN that carries one; None for anything else, wildcards included."""
    if is_account(principal):
        return principal
    arn = read_arn(principal)
    return arn.account if arn and is_account(arn.account) else None
