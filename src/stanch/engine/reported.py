"""What another product reports becomes a finding and an incident like our own, so that one desk contains both."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from stanch.domain.arn import Arn, ArnError
from stanch.domain.estate import Estate
from stanch.domain.event import Actor, Event
from stanch.domain.finding import AssetRef, Finding
from stanch.domain.incident import Incident, IncidentState, Left
from stanch.domain.severity import Severity
from stanch.engine.enrich.caller import Caller
from stanch.engine.triggers import Trigger
from stanch.engine.untrusted import at, count, text, texts

ASKED = "triggers/asked"
"""The detection of what no trigger answers and a person chose all the same."""

_COUNT = "aws/guardduty/service/count"
_FLOORS = ((9, Severity.CRITICAL), (7, Severity.HIGH), (4, Severity.MEDIUM))


def types_of(record: Mapping[str, Any]) -> list[str]:
    """The product's names for what it saw, the main one first; never empty."""
    named = [text(record.get("type")), *texts(record.get("Types"))]
    return [name for name in named if name] or ["a finding without a type"]


def title_of(record: Mapping[str, Any]) -> str | None:
    """What the product says in one line."""
    return text(record.get("title")) or text(record.get("Title"))


def finding_of(
    event: Event, account: str, trigger: Trigger | None, caller: Caller | None, ours: Sequence[str], estate: Estate
) -> Finding:
    """The finding behind an event; without a trigger a person asked for it.

    `caller` is None where nobody is named who may be contained, `ours` are the resources that may.
    """
    record = event.record
    known_by = text(record.get("arn")) or text(record.get("Id")) or text(record.get("id")) or event.id
    type_ = types_of(record)[0]
    first = _time(record, "createdAt", "CreatedAt") or event.time
    return Finding(
        id="fnd-" + hashlib.sha256(known_by.encode("utf-8", "replace")).hexdigest()[:16],
        detection=f"triggers/{trigger.id}" if trigger else ASKED,
        title=trigger.title if trigger else (title_of(record) or type_)[:200],
        severity=_severity(record),
        confidence=trigger.confidence if trigger else 1.0,
        first_seen=min(first, event.time),
        last_seen=event.time,
        account=account,
        region=text(record.get("awsRegion")) or "",
        actor=_actor(caller),
        assets=tuple(dict.fromkeys(ref for arn in ours for ref in _assets(arn, estate))),
        events=(event.id,),
        count=max(1, _count(record)),
        playbook=_playbook(trigger, caller, ours),
        by_hand=trigger.by_hand if trigger else None,
        resources=tuple(ours),
        files=(event.file,),
        addresses=(caller.address,) if caller and caller.address else (),
        why=type_[:200],
    )


def incident_of(finding: Finding) -> Incident:
    """The incident of one report; where no trigger knows an answer, its resources are contained as if named by hand."""
    id_ = f"inc-{finding.first_seen:%Y%m%d}-{hashlib.sha256(finding.id.encode()).hexdigest()[:6]}"
    return Incident(
        id=id_,
        title=finding.title,
        severity=finding.severity,
        confidence=finding.confidence,
        state=IncidentState.OPEN,
        actor=finding.actor,
        assets=finding.assets,
        left=Left(),
        findings=(replace(finding, incident=id_),),
        first_seen=finding.first_seen,
        last_seen=finding.last_seen,
        by_hand=finding.resources if finding.detection == ASKED else (),
        found_at=finding.last_seen,
    )


def _actor(caller: Caller | None) -> Actor:
    if caller is None:
        return Actor("unknown")
    return Actor(
        caller.arn,
        session=caller.session,
        account=caller.account,
        access_key=caller.access_key,
        address=caller.address,
    )


def _playbook(trigger: Trigger | None, caller: Caller | None, ours: Sequence[str]) -> str | None:
    if trigger is None:
        return None
    for named in (*((caller.arn,) if caller else ()), *ours):
        try:
            kind = Arn.parse(named).kind
        except ArnError:
            continue
        if kind in trigger.playbook_of:
            return trigger.playbook_of[kind]
    return trigger.playbook


def _assets(named: str, estate: Estate) -> list[AssetRef]:
    arn = Arn.parse(named)
    if arn.kind in {"bucket", "object"}:
        bucket, _, key = arn.resource.partition("/")
        asset = estate.asset_of_object(bucket, key or None)
    else:
        asset = estate.asset_of_arn(named)
    return [AssetRef(asset.name, asset.kind.value, named)] if asset else []


def _severity(record: Mapping[str, Any]) -> Severity:
    """ASFF's word, or GuardDuty's number from 1 to 10; HIGH where it says nothing, for then somebody must look."""
    number = record.get("severity")
    if isinstance(number, int | float) and not isinstance(number, bool):
        return next((severity for floor, severity in _FLOORS if number >= floor), Severity.LOW)
    try:
        return Severity.of(text(at(record, "Severity", "Label")) or "")
    except ValueError:
        return Severity.HIGH


def _count(record: Mapping[str, Any]) -> int:
    told = text(at(record, "ProductFields", _COUNT)) or ""
    return int(told) if told.isdecimal() and len(told) < 10 else count(at(record, "service", "count"))


def _time(record: Mapping[str, Any], *names: str) -> datetime | None:
    for name in names:
        try:
            when = datetime.fromisoformat(text(record.get(name)) or "")
        except ValueError:
            continue
        if when.tzinfo and 2006 <= when.year <= 2100:
            return when
    return None
