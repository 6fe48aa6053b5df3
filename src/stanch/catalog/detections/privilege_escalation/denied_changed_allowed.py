"""Refused, then a change of permissions, then allowed: somebody gave himself what he was not meant to have.

Reads: one lineage's refused calls, its changes of policies, groups, trusts and grants, and its first success after.
Blind to: an attacker who knows what he lacks and never tries it first; a change that somebody else makes for him.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from stanch.contracts.behaviour import HOUR, About, Cell, History, Sighting
from stanch.domain.event import is_identity
from stanch.domain.finding import Technique
from stanch.domain.severity import Severity

ABOUT = About(
    title="A refused call was allowed after the caller changed permissions",
    severity=Severity.HIGH,
    confidence=0.75,
    techniques=(Technique("attack", "T1098.003", "19"), Technique("attack", "T1078.004", "19")),
    playbook="stolen_user_key",
    by_hand="undo the change of permissions",
)


@dataclass(frozen=True, slots=True)
class Limits:
    """How close the three must lie."""

    before_hours: int = 24
    """Hours between the refusal and the change."""
    after_hours: int = 24
    """Hours between the change and the success."""


LIMITS = Limits()
_OF_IDENTITIES = frozenset({
    "AddUserToGroup", "AttachGroupPolicy", "AttachRolePolicy", "AttachUserPolicy", "DeleteRolePermissionsBoundary",
    "DeleteRolePolicy", "DeleteUserPermissionsBoundary", "DeleteUserPolicy", "DetachRolePolicy", "DetachUserPolicy",
    "PutGroupPolicy", "PutRolePermissionsBoundary", "PutRolePolicy", "PutUserPermissionsBoundary", "PutUserPolicy",
    "UpdateAssumeRolePolicy",
})  # fmt: skip
"""Changes whose target is a user, a role or a group."""
_OF_POLICIES = frozenset({"CreatePolicyVersion", "SetDefaultPolicyVersion"})
"""Changes of a policy whose holders the log does not name."""
_OF_RESOURCES = {
    "PutBucketPolicy": "s3.amazonaws.com",
    "DeleteBucketPolicy": "s3.amazonaws.com",
    "PutBucketAcl": "s3.amazonaws.com",
    "PutKeyPolicy": "kms.amazonaws.com",
    "CreateGrant": "kms.amazonaws.com",
    "PutResourcePolicy": "secretsmanager.amazonaws.com",
}
"""Changes of a resource's own policy, by the service whose calls they open."""
_Call = tuple[str, str, str, str]


def judge(history: History, limits: Limits) -> Iterator[Sighting]:
    """Yield one sighting for each change that opened at least one call to the one who made it."""
    own = [cell for cell in history.cells if not cell.is_aws and is_identity(cell.principal)]
    changes = [cell for cell in own if not cell.failed and _changes(cell)]
    if not changes:
        return
    refused: dict[_Call, Cell] = {}
    allowed: dict[_Call, Cell] = {}
    for cell in own:
        if cell.failed and not cell.denied:
            continue
        outcome = refused if cell.denied else allowed
        earliest = outcome.setdefault(_call(cell), cell)
        if cell.first < earliest.first:
            outcome[_call(cell)] = cell
    turned = [(cell, allowed[call]) for call, cell in refused.items() if call in allowed]
    for change in changes:
        opened = [(before, after) for before, after in turned if _opened(before, change, after, limits)]
        if opened:
            yield _sighting(change, opened)


def _changes(cell: Cell) -> bool:
    if cell.name in _OF_IDENTITIES or cell.name in _OF_POLICIES:
        return cell.source == "iam.amazonaws.com"
    return _OF_RESOURCES.get(cell.name) == cell.source


def _call(cell: Cell) -> _Call:
    return cell.principal, cell.source, cell.name, cell.on


def _opened(refused: Cell, change: Cell, success: Cell, limits: Limits) -> bool:
    """Whether the three lie in this order and not far apart, and the change is one that could open this call."""
    before, after = change.last - refused.first, success.first - change.first
    in_order = 0 <= before < limits.before_hours * HOUR and 0 <= after < limits.after_hours * HOUR
    return in_order and refused.first <= success.first and _concerns(change, refused)


def _concerns(change: Cell, refused: Cell) -> bool:
    if change.name in _OF_RESOURCES:  # of keys and secrets the cells do not tell which: their service must do
        return change.source == refused.source and change.on == refused.on
    if change.name in _OF_POLICIES:
        return True
    if change.name == "UpdateAssumeRolePolicy":
        return refused.name == "AssumeRole" and _name(refused.on) == _name(change.on)
    # A group's members are not in the log: its own member may have changed it.
    return "Group" in change.name or not change.on or _name(change.on) == _name(refused.principal)


def _name(arn: str) -> str:
    return arn.rpartition("/")[2]


def _sighting(change: Cell, opened: Sequence[tuple[Cell, Cell]]) -> Sighting:
    names = ", ".join(sorted({success.name for _, success in opened}))
    cells = (change, *(cell for pair in opened for cell in pair))
    return Sighting(cells, f"refused {names}, then {change.name}, then {names} allowed")
