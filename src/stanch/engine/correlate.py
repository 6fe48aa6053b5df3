"""A story becomes an incident: its gravest finding names it, its reads say what left, and the gravest comes first."""

import hashlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from stanch.domain.estate import Estate
from stanch.domain.event import Actor
from stanch.domain.finding import AssetRef, Finding
from stanch.domain.incident import Evidence, Incident, IncidentState, Left
from stanch.domain.severity import Severity
from stanch.engine.crowd import Crowd
from stanch.engine.findings import Told
from stanch.engine.gather import Caller
from stanch.engine.stories import Kin, behind, stories

TOLD = Severity.MEDIUM
"""An incident is a story worth telling from here on; below it is noise, kept and shown to who asks for all."""

Assess = Callable[[Iterable[int], Iterable[AssetRef], Estate], Left]


def incidents(
    told: Sequence[Told],
    estate: Estate,
    assess: Assess,
    used_by: Mapping[str, tuple[str, ...]],
    evidence: Mapping[str, Evidence],
    reads_of: Mapping[Caller, Sequence[int]],
    kin: Kin | None = None,
    crowd: Crowd | None = None,
) -> list[Incident]:
    """Join findings into incidents: the most severe first, of equals the one of the most tactics, then the surest.

    `used_by`, `evidence` and `reads_of` are looked up by ARN, by file and by caller. `kin` and `crowd` say whose
    identities were made by whom and who shares an address; without them only origins and assets join. A folded finding
    stays in its actor's incident but neither joins nor names it: an incident of nothing else is informational.
    """
    woven = stories(told, estate, kin, crowd)
    built = [
        replace(
            _incident(story, estate, assess, used_by, evidence, reads_of),
            behind=behind(story, kin) if kin is not None else (),
        )
        for story in woven
    ]
    return sorted(built, key=_gravest_first)


def worth_telling(incident: Incident) -> bool:
    """Whether a hunt tells it unasked; the others are counted, and told to who asks for all."""
    return incident.severity >= TOLD


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
        severity=Severity.INFORMATIONAL if lead.folded else lead.severity,
        # Detections of one story often see the same calls, so they do not bear each other out: the surest one counts.
        confidence=max(finding.confidence for finding in findings if (finding.folded is None) == (lead.folded is None)),
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


def _gravest_first(incident: Incident) -> tuple[int, int, float, datetime]:
    tactics = {finding.detection.partition("/")[0] for finding in incident.findings if finding.folded is None}
    return (-incident.severity, -len(tactics), -incident.confidence, incident.first_seen)


def _worst_first(finding: Finding) -> tuple[bool, int, float, datetime, str]:
    return (finding.folded is not None, -finding.severity, -finding.confidence, finding.first_seen, finding.detection)


def _title(lead: Finding, findings: Sequence[Finding]) -> str:
    others = len({finding.detection for finding in findings if (finding.folded is None) == (lead.folded is None)}) - 1
    return f"{lead.title}, and {others} more" if others else lead.title
