"""Findings become one story when one actor's lineage or one asset joins them in time."""

import hashlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from stanch.domain.estate import Estate
from stanch.domain.event import Actor, is_identity
from stanch.domain.finding import AssetRef, Finding
from stanch.domain.incident import Evidence, Incident, IncidentState, Left
from stanch.domain.severity import Severity
from stanch.engine.gather import Caller, Told

STORY = timedelta(hours=24)
"""Findings of different actors on one asset belong together when no more than this lies between them."""

Assess = Callable[[Iterable[int], Iterable[AssetRef], Estate], Left]


def incidents(
    told: Sequence[Told],
    estate: Estate,
    assess: Assess,
    used_by: Mapping[str, tuple[str, ...]],
    evidence: Mapping[str, Evidence],
    reads_of: Mapping[Caller, Sequence[int]],
) -> list[Incident]:
    """Join findings into incidents, worst first.

    `used_by`, `evidence` and `reads_of` are looked up by ARN, by file and by caller.
    """
    stories = [_incident(story, estate, assess, used_by, evidence, reads_of) for story in _stories(told)]
    return sorted(stories, key=lambda incident: (-incident.severity, -incident.confidence, incident.first_seen))


def opened_by_hand(resources: tuple[str, ...], now: datetime) -> Incident:
    """The incident of a person who names resources and does not wait for a hunt: nobody is accused, nothing counted."""
    digest = hashlib.sha256("\x1f".join(resources).encode()).hexdigest()[:6]
    return Incident(
        id=f"inc-{now:%Y%m%d}-{digest}",
        title="Opened by hand",
        severity=Severity.HIGH,
        confidence=1.0,
        state=IncidentState.OPEN,
        actor=Actor("unknown"),
        assets=(),
        left=Left(),
        findings=(),
        first_seen=now,
        last_seen=now,
        by_hand=resources,
    )


class _Joined:
    """Numbers that belong together: union-find."""

    def __init__(self, count: int) -> None:
        self._parent = list(range(count))

    def top(self, index: int) -> int:
        """The number that stands for all that this one was joined with."""
        while self._parent[index] != index:
            self._parent[index] = index = self._parent[self._parent[index]]
        return index

    def join(self, one: int, other: int) -> None:
        """From now on both belong together."""
        self._parent[self.top(one)] = self.top(other)


def _stories(told: Sequence[Told]) -> list[list[Told]]:
    """Findings of the same origin, or of the same asset within STORY, stand together."""
    joined = _Joined(len(told))
    by_origin: dict[str, int] = {}
    by_asset: dict[str, list[int]] = {}
    for index, finding in enumerate(one.finding for one in told):
        if is_identity(finding.actor.root):
            joined.join(index, by_origin.setdefault(finding.actor.root, index))
        for asset in finding.assets:
            by_asset.setdefault(asset.name, []).append(index)
    for members in by_asset.values():
        _join_in_time(members, [one.finding for one in told], joined)
    stories: dict[int, list[Told]] = {}
    for index, one in enumerate(told):
        stories.setdefault(joined.top(index), []).append(one)
    return list(stories.values())


def _join_in_time(members: list[int], findings: Sequence[Finding], joined: _Joined) -> None:
    """Join those of one asset's findings between which no more than STORY lies."""
    members.sort(key=lambda index: findings[index].first_seen)
    latest = members[0]
    for index in members[1:]:
        if findings[index].first_seen - findings[latest].last_seen <= STORY:
            joined.join(index, latest)
        if findings[index].last_seen > findings[latest].last_seen:
            latest = index


def _incident(
    story: list[Told],
    estate: Estate,
    assess: Assess,
    used_by: Mapping[str, tuple[str, ...]],
    evidence: Mapping[str, Evidence],
    reads_of: Mapping[Caller, Sequence[int]],
) -> Incident:
    findings = sorted((one.finding for one in story), key=_worst_first)
    lead = findings[0]
    first = min(findings, key=lambda finding: (finding.first_seen, finding.id))
    id_ = f"inc-{first.first_seen:%Y%m%d}-{hashlib.sha256(first.id.encode()).hexdigest()[:6]}"
    assets = tuple(dict.fromkeys(asset for finding in findings for asset in finding.assets))
    arns = {arn for finding in findings for arn in (*finding.resources, *(asset.arn for asset in finding.assets))}
    files = dict.fromkeys(path for finding in findings for path in finding.files)
    proven = {index for one in story for index in one.reads}
    callers = dict.fromkeys(caller for one in story for caller in one.callers)
    besides = {index for caller in callers for index in reads_of.get(caller, ())} - proven
    return Incident(
        id=id_,
        title=_title(lead, findings),
        severity=lead.severity,
        # Detections of one story often see the same calls, so they do not bear each other out: the surest one counts.
        confidence=max(finding.confidence for finding in findings),
        state=IncidentState.OPEN,
        actor=lead.actor,
        assets=assets,
        left=assess(proven, assets, estate),
        besides=assess(besides, assets, estate) if besides else None,
        findings=tuple(replace(finding, incident=id_) for finding in findings),
        first_seen=first.first_seen,
        last_seen=max(finding.last_seen for finding in findings),
        used_by={arn: used_by[arn] for arn in sorted(arns) if arn in used_by},
        evidence=tuple(evidence[path] for path in files if path in evidence),
    )


def _worst_first(finding: Finding) -> tuple[int, float, datetime, str]:
    return (-finding.severity, -finding.confidence, finding.first_seen, finding.detection)


def _title(lead: Finding, findings: Sequence[Finding]) -> str:
    others = len({finding.detection for finding in findings}) - 1
    return f"{lead.title}, and {others} more" if others else lead.title
