"""Whom a bucket policy can name: a role for all its sessions, a user, the root user, or all of another account.

Source: "aws:PrincipalArn" and "aws:PrincipalAccount", global condition keys, IAM User Guide.
"""

import re
from collections.abc import Collection, Iterable
from dataclasses import dataclass

from stanch.catalog.actions._responder import is_own
from stanch.domain.arn import Arn, ArnError, role_of_session
from stanch.domain.estate import Perimeter, Side

_ACCOUNT = re.compile(r"([0-9]{12})(?::.*)?")
_KINDS = ("role", "user", "root", "federated-user")
# A policy pattern reads these, and IAM has no such names: a name with one comes from nobody whom IAM knows.
_PATTERN = re.compile(r"[*?$]")


@dataclass(frozen=True, slots=True)
class Callers:
    """Patterns for aws:PrincipalArn, accounts for aws:PrincipalAccount, and in words who is in neither, and why."""

    principals: tuple[str, ...]
    accounts: tuple[str, ...]
    spared: tuple[str, ...]


def callers(
    actors: Iterable[str], perimeter: Perimeter, owner: str, responder: str, cut: Collection[str] = ()
) -> Callers:
    """Sort an incident's callers; the responder, the owner's account as a whole and services of AWS are spared.

    So are those whose own sessions and keys are cut: a role that serves elsewhere keeps serving with fresh ones.

    Of an account outside the perimeter every principal is named, for whoever holds it makes new ones at will.
    """
    principals: list[str] = []
    accounts: list[str] = []
    spared: list[str] = []
    placed: list[tuple[str, Arn | None, str]] = []
    for actor in actors:
        named = _named(actor)
        if actor in cut:
            spared.append(f"{actor}: its own sessions or keys are cut")
        elif named is None:
            spared.append(f"{actor}: no principal that a statement could name")
        else:
            placed.append((actor, *named))
    for actor, arn, account in placed:
        if arn is not None and is_own(str(arn), responder):
            spared.append(f"{actor}: it is who stanch acts as")
        elif account != owner and (arn is None or perimeter.account(account) is Side.OUTSIDE):
            accounts.append(account)
        elif arn is None:
            spared.append(f"{actor}: all of the bucket's own account")
        else:
            principals.extend(_patterns(arn))
    return Callers(tuple(sorted(set(principals))), tuple(sorted(set(accounts))), tuple(dict.fromkeys(spared)))


def _named(actor: str) -> tuple[Arn | None, str] | None:
    """The IAM principal behind a caller's name, and its account; a log may know no more than the account."""
    only_account = _ACCOUNT.fullmatch(actor)
    if only_account:
        return None, only_account.group(1)
    try:
        arn = Arn.parse(role_of_session(actor) or actor)
    except ArnError:
        return None
    if arn.service not in ("iam", "sts") or arn.kind not in _KINDS or not _ACCOUNT.fullmatch(arn.account):
        return None
    return None if _PATTERN.search(str(arn)) else (arn, arn.account)


def _patterns(arn: Arn) -> tuple[str, ...]:
    """STS drops a role's path, and a role's name is unique in its account: so it is meant under any path."""
    if arn.kind != "role":
        return (str(arn),)
    prefix = f"arn:{arn.partition}:iam::{arn.account}:role/"
    return (f"{prefix}{arn.name}", f"{prefix}*/{arn.name}")
