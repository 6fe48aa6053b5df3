"""What AWS accepts of a policy depends on what it hangs on: an identity's names no principal, a trust no resource.

IAM User Guide, "IAM JSON policy elements reference" and "Access Analyzer policy check reference"; Organizations User
Guide, "SCP syntax" and "RCP syntax".
"""

from collections.abc import Iterator
from typing import Literal

from stanch.iam.policy import Policy, PolicyError, Principal, Statement

Kind = Literal["identity", "boundary", "session", "scp", "rcp", "resource", "trust", "vpce"]

_WITHOUT_PRINCIPAL: tuple[Kind, ...] = ("identity", "boundary", "session", "scp")
_EVERYONE = (Principal("AWS", "*"),)


def require_fit(policy: Policy, kind: Kind) -> None:
    """Raises PolicyError where AWS would not let a policy, well-formed in itself, hang on this kind of thing."""
    for fault in _faults(policy, kind):
        raise fault


def _faults(policy: Policy, kind: Kind) -> Iterator[PolicyError]:
    seen: set[str] = set()
    for index, statement in enumerate(policy.statements):
        path = f"Statement[{index}]"
        if kind in _WITHOUT_PRINCIPAL:
            yield from _sid(statement, path, seen)
        yield from _principal(statement, path, kind)
        yield from _resource(statement, path, kind)
        if kind == "rcp" and not _is_full_access(statement):
            yield from _denial(statement, path)
        if kind == "trust":
            yield from _trusting(statement, path)


def _sid(statement: Statement, path: str, seen: set[str]) -> Iterator[PolicyError]:
    if not statement.sid:
        return
    if not (statement.sid.isascii() and statement.sid.isalnum()):
        yield PolicyError(f"{path}.Sid", "has other characters than letters and digits", "leave them out")
    if statement.sid in seen:
        yield PolicyError(f"{path}.Sid", "is that of an earlier statement", "give each its own, or none")
    seen.add(statement.sid)


def _principal(statement: Statement, path: str, kind: Kind) -> Iterator[PolicyError]:
    says = statement.principals is not None or statement.not_principals is not None
    if kind in _WITHOUT_PRINCIPAL and says:
        yield PolicyError(path, "names a principal", "leave it out: the policy is about whom it hangs on")
    if kind not in _WITHOUT_PRINCIPAL and not says:
        yield PolicyError(path, "names no principal", "add a Principal")


def _resource(statement: Statement, path: str, kind: Kind) -> Iterator[PolicyError]:
    says = statement.resources is not None or statement.not_resources is not None
    if kind == "trust" and says:
        yield PolicyError(path, "names a resource", "leave it out: the role is the resource")
    if kind in (*_WITHOUT_PRINCIPAL, "rcp") and not says:
        yield PolicyError(path, "names no resource", 'add a Resource, such as "*"')


def _denial(statement: Statement, path: str) -> Iterator[PolicyError]:
    if statement.effect != "Deny":
        yield PolicyError(f"{path}.Effect", "is Allow", "write Deny: only RCPFullAWSAccess allows")
    if statement.principals != _EVERYONE:
        yield PolicyError(path, "is not about everyone", 'write "Principal": "*" and a Condition on the caller')
    if statement.actions is None:
        yield PolicyError(path, "has a NotAction", "name the actions under Action")


def _is_full_access(statement: Statement) -> bool:
    return statement.principals == _EVERYONE and statement.actions == statement.resources == ("*",)


def _trusting(statement: Statement, path: str) -> Iterator[PolicyError]:
    for at, action in enumerate(statement.actions or ()):
        if not action.lower().startswith("sts:"):
            yield PolicyError(
                f"{path}.Action[{at}]", "is no action of STS", "a trust is about sts:AssumeRole and the like"
            )
