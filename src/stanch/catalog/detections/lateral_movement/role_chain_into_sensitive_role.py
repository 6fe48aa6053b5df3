"""Roles may assume roles: an intruder climbs from one to the next until one opens the vault.

Reads: AssumeRole calls by role sessions, and what the assumed role then does within the same lineage.
Blind to: chains whose AssumeRole calls another account logged; a hop that the same identity makes on other days.
"""

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from stanch.catalog.detections._reads import Taken, by_store, given
from stanch.contracts.behaviour import HOUR, About, Cell, History, Sighting
from stanch.domain.baseline import DAY, day_of
from stanch.domain.finding import Technique
from stanch.domain.severity import Severity

ABOUT = About(
    title="A chain of roles led to one that reads what is worth stealing or governs access",
    severity=Severity.HIGH,
    confidence=0.6,
    techniques=(Technique("attack", "T1548.005", "19"), Technique("attack", "T1550.001", "19")),
    playbook="stolen_role_session",
)


@dataclass(frozen=True, slots=True)
class Limits:
    """What makes a hop new, and what it leads to."""

    hours: int = 12
    """Hours after the hop in which the assumed role acts; a chained session itself lives one hour."""
    usual_days: int = 2
    """Days on which the identity makes the same hop that make it its way to work."""
    warm_days: int = 2
    """Days for which the identity must have been seen before the hop; before that any hop is its first."""


LIMITS = Limits()
_GOVERNS = frozenset({
    "AddRoleToInstanceProfile", "AddUserToGroup", "AttachGroupPolicy", "AttachRolePolicy", "AttachUserPolicy",
    "CreateAccessKey", "CreateLoginProfile", "CreateOpenIDConnectProvider", "CreatePolicyVersion", "CreateRole",
    "CreateSAMLProvider", "CreateUser", "DeactivateMFADevice", "DeleteRolePermissionsBoundary",
    "DeleteUserPermissionsBoundary", "PutGroupPolicy", "PutRolePolicy", "PutUserPolicy", "SetDefaultPolicyVersion",
    "UpdateAssumeRolePolicy", "UpdateLoginProfile",
})  # fmt: skip
"""IAM calls that decide who may do what."""
_Name = tuple[str, str]


def judge(history: History, limits: Limits) -> Iterator[Sighting]:
    """Yield one sighting for each sensitive role reached by a chain that this identity does not usually take."""
    hops: dict[str, list[Cell]] = {}
    for cell in sorted(filter(_is_hop, history.cells), key=lambda cell: cell.first):
        hops.setdefault(cell.on, []).append(cell)
    if not hops:
        return
    acts: dict[_Name, list[Cell]] = {}
    for cell in sorted(history.cells, key=lambda cell: cell.first):
        if not cell.failed:
            acts.setdefault(_name(cell.principal), []).append(cell)
    began = min((cell.first for cell in history.cells), default=0)
    for role, cells in hops.items():
        if len({day_of(cell.start) for cell in cells}) > limits.usual_days:
            continue
        soon = _following(cells, acts.get(_name(role), ()), limits)
        reads = [part for cell in soon if given(cell) for part in by_store(cell, history.estate) if _sensitive(part)]
        governs = [cell for cell in soon if cell.source == "iam.amazonaws.com" and cell.name in _GOVERNS]
        if not reads and not governs:
            continue
        cold = cells[0].first - began < limits.warm_days * DAY
        yield _sighting(cells, reads, governs, cold=cold)


def _is_hop(cell: Cell) -> bool:
    """Whether a role's session took on another role; the same role again is but a renewal."""
    if cell.source != "sts.amazonaws.com" or cell.name != "AssumeRole" or not cell.on:
        return False
    chained = ":assumed-role/" in cell.actor.arn and _name(cell.principal) != _name(cell.on)
    return chained and not cell.failed and not cell.is_aws


def _name(arn: str) -> _Name:
    """A role's account and name: a session's ARN does not tell the role's path."""
    return arn.partition(":iam::")[2].partition(":")[0], arn.rpartition("/")[2]


def _following(hops: Sequence[Cell], acts: Sequence[Cell], limits: Limits) -> list[Cell]:
    """What was done soon after one of the hops."""
    times = sorted(hop.first for hop in hops)
    found = []
    for cell in acts:
        before = bisect_right(times, cell.last)
        if before and cell.last - times[before - 1] < limits.hours * HOUR:
            found.append(cell)
    return found


def _sensitive(part: Taken) -> bool:
    return part.worth_stealing or bool(part.shards())


def _sighting(hops: Sequence[Cell], reads: Sequence[Taken], governs: Sequence[Cell], *, cold: bool) -> Sighting:
    done = sorted({cell.name for cell in governs}) + sorted({f"reads of {part.store.name}" for part in reads})
    why = f"{hops[0].principal} took on {hops[0].on}, then: {', '.join(done)}"
    if cold:  # pipelines and people with single sign-on take such ways each day; here nobody knows yet whether this one
        severity, sure = Severity.LOW, 0.3
    else:
        severity, sure = (Severity.HIGH, 0.6) if reads else (Severity.MEDIUM, 0.5)
    cells = (*hops, *(part.cell for part in reads), *governs)
    assets = tuple(dict.fromkeys(part.store for part in reads))
    return Sighting(cells, why, assets, severity, sure, (hops[0].on,))
