"""Two searches over parts of the same logs each see part of one story; together they say at least what each did."""

from dataclasses import replace

from stanch.domain.incident import Incident, IncidentState, Left, Shards


def same_story(stored: Incident, found: Incident) -> bool:
    """Whether `found` continues `stored`: a common finding, or the same actor at overlapping times.

    A closed incident is continued only by what adds nothing to it: the same findings, nothing later.
    """
    known = {finding.id for finding in stored.findings}
    new = {finding.id for finding in found.findings}
    if stored.state is IncidentState.CLOSED:
        return new <= known and found.last_seen <= stored.last_seen and (bool(new) or stored.id == found.id)
    if stored.id == found.id or known & new:
        return True
    overlap = stored.first_seen <= found.last_seen and found.first_seen <= stored.last_seen
    # An incident opened by hand has no actor of its own: only its id says what it is.
    return bool(known and new) and overlap and stored.actor.root == found.actor.root


def merged(stored: Incident, found: Incident) -> Incident:
    """`stored` with what `found` adds: its id and state stay, findings are the newer ones, sums are never lowered."""
    findings = {finding.id: finding for finding in stored.findings}
    findings |= {finding.id: finding for finding in found.findings}
    whole = {finding.id for finding in stored.findings} <= {finding.id for finding in found.findings}
    worse = max(found, stored, key=lambda incident: incident.severity)
    together = replace(
        found,
        state=_state(stored, found),
        title=worse.title,
        severity=worse.severity,
        confidence=max(stored.confidence, found.confidence),
        assets=tuple(dict.fromkeys((*stored.assets, *found.assets))),
        left=found.left if whole and found.findings else at_least(stored.left, found.left),
        findings=tuple(findings.values()),
        besides=found.besides if whole else (found.besides or stored.besides),
        first_seen=min(stored.first_seen, found.first_seen),
        last_seen=max(stored.last_seen, found.last_seen),
        found_at=min((when for when in (stored.found_at, found.found_at) if when), default=None),
        by_hand=tuple(dict.fromkeys((*stored.by_hand, *found.by_hand))),
        used_by={
            arn: _both(stored.used_by.get(arn), found.used_by.get(arn)) for arn in {**stored.used_by, **found.used_by}
        },
        evidence=tuple({file.path: file for file in (*stored.evidence, *found.evidence)}.values()),
    )
    return filed(together, stored.id)


def _state(stored: Incident, found: Incident) -> IncidentState:
    """The stored state, but open again where the actor got through once more; refused attempts change nothing."""
    settled = stored.state in {IncidentState.CONTAINED, IncidentState.ERADICATED}
    if settled and found.last_seen > stored.last_seen and _deeds(found) > _deeds(stored):
        return IncidentState.OPEN
    return stored.state


def _deeds(incident: Incident) -> int:
    return sum(finding.count - finding.failed for finding in incident.findings)


def filed(incident: Incident, name: str) -> Incident:
    """The incident under this id, its findings pointing to it."""
    return replace(incident, id=name, findings=tuple(replace(finding, incident=name) for finding in incident.findings))


def at_least(one: Left, other: Left) -> Left:
    """What surely left when two counts may overlap: the larger of each."""
    return Left(
        objects=max(one.objects, other.objects),
        bytes=max(one.bytes, other.bytes),
        shards=_more_shards(one.shards, other.shards),
        records=_more(one.records, other.records),
        persons=_more(one.persons, other.persons),
    )


def _both(one: tuple[str, ...] | None, other: tuple[str, ...] | None) -> tuple[str, ...]:
    return tuple(dict.fromkeys((*(one or ()), *(other or ()))))


def _more(one: int | None, other: int | None) -> int | None:
    known = [count for count in (one, other) if count is not None]
    return max(known, default=None)


def _more_shards(one: Shards | None, other: Shards | None) -> Shards | None:
    return max((s for s in (one, other) if s), key=lambda shards: shards.read, default=None)
