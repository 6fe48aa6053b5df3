"""Whose calls they were is known when all events were seen: what one origin did is one finding for each detection."""

import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Protocol

from stanch.domain.event import Actor, is_identity
from stanch.domain.finding import AssetRef, Finding
from stanch.domain.severity import Severity
from stanch.engine.gather import Caller, Group

KEPT_ADDRESSES = 20
_ATTEMPT_WEIGHT = 0.5

Charge = tuple[str, str, tuple[AssetRef, ...]]
"""What tells a finding: the id of the detection, the origin, and the assets where nobody has an identity."""


class Roots(Protocol):
    """Where a lineage began."""

    def origin(self, access_key: str | None, arn: str) -> str:
        """The identity behind a key or ARN."""

    def sessions_of(self, origin: str) -> set[str]:
        """The role sessions that descend from it."""


@dataclass(frozen=True, slots=True)
class Told:
    """One finding, its shares in the ledger of reads, and who made its calls from where."""

    finding: Finding
    reads: Sequence[int]
    callers: tuple[Caller, ...]


class Shares(Protocol):
    """Which shares of the ledger a finding took."""

    def taken(self, detection: str, origin: str, assets: tuple[AssetRef, ...], cells: Sequence[object]) -> list[int]:
        """The shares of what this detection matched of this origin, and those of whole cells."""


class Folds(Protocol):
    """Which routine explains a finding."""

    def folding(
        self,
        detection: str,
        severity: Severity,
        explained: Mapping[str, int],
        count: int,
        first: datetime,
        last: datetime,
        days: int,
    ) -> str | None:
        """The id of a routine that explains all `count` events of a finding, which came on so many days."""


def by_origin(groups: Iterable[Group], roots: Roots) -> dict[Charge, Group]:
    """The groups of each finding as one; lineages are resolved now that all events were seen."""
    merged: dict[Charge, Group] = {}
    for group in groups:
        origin = roots.origin(group.actor.access_key, group.actor.arn)
        # Everybody without an identity shares one name: only what was touched tells their stories apart.
        key = (group.detection.id, origin, () if is_identity(origin) else group.assets)
        if key in merged:
            merged[key].absorb(group)
        else:
            merged[key] = group.copy()
    return merged


def findings_of(
    merged: Mapping[Charge, Group], roots: Roots, shares: Shares, folds: Folds | None = None
) -> Iterator[Told]:
    """Each finding with what an incident needs of it."""
    for (detection, origin, assets), group in merged.items():
        reads = shares.taken(detection, origin, assets, group.cells)
        finding = _finding(group, origin, roots)
        if folds is not None:
            folded = folds.folding(
                detection,
                finding.severity,
                group.explained,
                group.count,
                group.first,
                group.last,
                len(group.days),
            )
            finding = replace(finding, folded=folded)
        yield Told(finding, reads, tuple(group.callers))


def _finding(group: Group, origin: str, roots: Roots) -> Finding:
    detection, actor = group.detection, group.actor
    refused = group.failed == group.count
    weaker = refused and detection.confidence < 1  # what has no honest cause at all is as sure when it was refused
    return Finding(
        id=_id(detection.id, origin, *(() if is_identity(origin) else [f"{a.name} {a.arn}" for a in group.assets])),
        detection=detection.id,
        title=f"{detection.title} (attempted, refused)" if refused else detection.title,
        severity=detection.severity.lowered() if weaker else detection.severity,
        confidence=round(detection.confidence * (_ATTEMPT_WEIGHT if weaker else 1), 3),
        first_seen=group.first,
        last_seen=group.last,
        account=actor.account or "",
        region=group.region,
        actor=Actor(actor.arn, actor.session, origin, actor.account, actor.access_key, actor.address),
        assets=group.assets,
        events=tuple(group.ids),
        count=group.count,
        failed=group.failed,
        techniques=detection.techniques,
        playbook=detection.playbook,
        by_hand=detection.by_hand,
        resources=tuple(group.resources),
        sessions=tuple(sorted(roots.sessions_of(origin))),
        files=tuple(group.files),
        why="; ".join(group.why),
        addresses=tuple(dict.fromkeys(address for _, address in group.callers if address))[:KEPT_ADDRESSES],
        strangers=group.strangers,
    )


def _id(*parts: str) -> str:
    """The same detection of the same origin is the same finding, in every run."""
    return "fnd-" + hashlib.sha256("\x1f".join(parts).encode()).hexdigest()[:16]
