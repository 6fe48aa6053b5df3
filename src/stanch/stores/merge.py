"""Two searches over parts of the same logs each see part of one story; together they say at least what each did."""

from dataclasses import replace
from enum import Enum, auto

from stanch.domain.event import is_identity
from stanch.domain.finding import MOST_STRANGERS, Finding
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
    # Nor does everybody without an identity share one: strangers are told apart by what they touched.
    somebody = is_identity(found.actor.root) and stored.actor.root == found.actor.root
    return bool(known and new) and overlap and somebody


def merged(stored: Incident, found: Incident) -> Incident:
    """`stored` with what `found` adds: its id and state stay, and no sum is lowered.

    Where the new search read all the files that the old one had proof in, it knows better. Where it read other files,
    events and bytes add up; objects and shards are then at least the larger of both, for names are not kept.
    """
    logs = _logs(stored, found)
    findings = {finding.id: finding for finding in stored.findings}
    for finding in found.findings:
        known = findings.get(finding.id)
        findings[finding.id] = finding if known is None or logs is Logs.ALL else _together(known, finding, logs)
    worse = max(found, stored, key=lambda incident: incident.severity)
    whole = logs is Logs.ALL and set(findings) == {finding.id for finding in found.findings}
    joined = replace(
        found,
        state=_state(stored, found, logs),
        title=worse.title,
        severity=worse.severity,
        confidence=max(stored.confidence, found.confidence),
        assets=tuple(dict.fromkeys((*stored.assets, *found.assets))),
        left=found.left if whole and found.findings else at_least(stored.left, found.left, logs),
        findings=tuple(findings.values()),
        besides=found.besides if whole else (found.besides or stored.besides),
        behind=found.behind if whole else _behind(stored, found),
        first_seen=min(stored.first_seen, found.first_seen),
        last_seen=max(stored.last_seen, found.last_seen),
        found_at=min((when for when in (stored.found_at, found.found_at) if when), default=None),
        by_hand=tuple(dict.fromkeys((*stored.by_hand, *found.by_hand))),
        used_by={
            arn: _both(stored.used_by.get(arn), found.used_by.get(arn)) for arn in {**stored.used_by, **found.used_by}
        },
        evidence=tuple({file.path: file for file in (*stored.evidence, *found.evidence)}.values()),
    )
    return filed(joined, stored.id)


class Logs(Enum):
    """How the files of a new search stand to those of the old one."""

    ALL = auto()  # it read every file that the old one had proof in
    OTHER = auto()  # it read none of them
    SOME = auto()


def _logs(stored: Incident, found: Incident) -> Logs:
    new = {file.sha256 for file in found.evidence}
    # A log that is still written to is another file each time: it holds what it held when it was read before.
    grown = {file.path: file.bytes for file in found.evidence} if found.first_seen <= stored.first_seen else {}
    known = [file.sha256 in new or file.bytes <= grown.get(file.path, -1) for file in stored.evidence]
    if all(known):
        return Logs.ALL
    return Logs.SOME if any(known) or not new else Logs.OTHER


def _together(known: Finding, finding: Finding, logs: Logs) -> Finding:
    """One finding of two searches: counts add up over different files, else the search that saw more of it counts."""
    more = max(finding, known, key=lambda one: one.count)
    adding = logs is Logs.OTHER
    return replace(
        more,
        count=known.count + finding.count if adding else more.count,
        failed=known.failed + finding.failed if adding else more.failed,
        events=tuple(dict.fromkeys((*known.events, *finding.events)))[:1000],
        first_seen=min(known.first_seen, finding.first_seen),
        last_seen=max(known.last_seen, finding.last_seen),
        assets=tuple(dict.fromkeys((*known.assets, *finding.assets))),
        resources=tuple(dict.fromkeys((*known.resources, *finding.resources))),
        sessions=tuple(dict.fromkeys((*known.sessions, *finding.sessions))),
        addresses=tuple(dict.fromkeys((*known.addresses, *finding.addresses))),
        strangers=tuple(sorted({*known.strangers, *finding.strangers})[:MOST_STRANGERS]),
        files=tuple(dict.fromkeys((*known.files, *finding.files))),
    )


def _state(stored: Incident, found: Incident, logs: Logs) -> IncidentState:
    """The stored state, but open again where the actor got through once more; refused attempts change nothing."""
    settled = stored.state in {IncidentState.CONTAINED, IncidentState.ERADICATED}
    later = found.last_seen > stored.last_seen
    through = _deeds(found) > (0 if logs is Logs.OTHER else _deeds(stored))
    return IncidentState.OPEN if settled and later and through else stored.state


def _deeds(incident: Incident) -> int:
    return sum(finding.count - finding.failed for finding in incident.findings)


def _behind(stored: Incident, found: Incident) -> tuple[str, ...]:
    accused = {finding.actor.root for incident in (stored, found) for finding in incident.findings}
    return tuple(origin for origin in dict.fromkeys((*stored.behind, *found.behind)) if origin not in accused)


def filed(incident: Incident, name: str) -> Incident:
    """The incident under this id, its findings pointing to it."""
    return replace(incident, id=name, findings=tuple(replace(finding, incident=name) for finding in incident.findings))


def at_least(one: Left, other: Left, logs: Logs) -> Left:
    """What surely left when two counts may overlap: the larger of each, but bytes of different files add up."""
    return Left(
        objects=max(one.objects, other.objects),
        bytes=one.bytes + other.bytes if logs is Logs.OTHER else max(one.bytes, other.bytes),
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
