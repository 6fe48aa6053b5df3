"""The machine's output: JSON Lines, one object a line, `kind` first. These shapes are a promise (version 1)."""

import shlex
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import msgspec

from stanch.domain.coverage import Coverage
from stanch.domain.decision import Answer, Question
from stanch.domain.event import Actor, Skipped
from stanch.domain.finding import AssetRef, Finding
from stanch.domain.incident import Incident
from stanch.domain.step import Step
from stanch.domain.verdict import Evidence, Verdict

VERSION = 1
_LONGEST_FACT = 8192
"""Characters of a value as JSON; a longer one is told by its beginning, and the snapshot has all of it."""


def skipped(value: Skipped) -> dict[str, Any]:
    """What was not read, or only in part."""
    return {"path": value.path, "why": value.why, "fault": value.fault, "part": value.part}


def finding(value: Finding) -> dict[str, Any]:
    """A `finding` line."""
    return {
        "kind": "finding",
        "id": value.id,
        "detection": value.detection,
        "title": value.title,
        "severity": value.severity.word,
        "confidence": value.confidence,
        "first_seen": _time(value.first_seen),
        "last_seen": _time(value.last_seen),
        "account": value.account,
        "region": value.region,
        "actor": _actor(value.actor),
        "assets": [_asset(asset) for asset in value.assets],
        "events": list(value.events),
        "addresses": list(value.addresses),
        "strangers": list(value.strangers),
        "count": value.count,
        "failed": value.failed,
        "why": value.why,
        "folded": value.folded,
        "techniques": [str(technique) for technique in value.techniques],
        "playbook": value.playbook,
        "incident": value.incident,
    }


def incident(value: Incident) -> dict[str, Any]:
    """An `incident` line."""
    left = value.left
    shards = left.shards
    return {
        "kind": "incident",
        "id": value.id,
        "title": value.title,
        "severity": value.severity.word,
        "confidence": value.confidence,
        "state": value.state.value,
        "actor": _actor(value.actor),
        "assets": [_asset(asset) for asset in value.assets],
        "left": {
            "objects": left.objects,
            "bytes": left.bytes,
            "shards": {"asset": shards.asset, "read": shards.read, "total": shards.total} if shards else None,
            "records": left.records,
            "persons": left.persons,
        },
        "besides": {"objects": value.besides.objects, "bytes": value.besides.bytes} if value.besides else None,
        "behind": list(value.behind),
        "findings": [each.id for each in value.findings],
        "first_seen": _time(value.first_seen),
        "last_seen": _time(value.last_seen),
    }


def step(value: Step) -> dict[str, Any]:
    """A `step` line."""
    proof = value.proof
    return {
        "kind": "step",
        "incident": value.incident,
        "playbook": value.playbook,
        "action": value.action,
        "resource": value.resource,
        "state": value.state.value,
        "why": value.why,
        "before": value.before,
        "proof": {"holds": proof.holds, "method": proof.method.value, "what": list(proof.what)} if proof else None,
        "at": _time(value.at),
        "calls": list(value.calls),
        "breaks": list(value.breaks),
        "undo": value.undo,
        "collateral": value.collateral.value if value.collateral else None,
    }


def verdict(value: Verdict) -> dict[str, Any]:
    """A `verdict` line."""
    remedy = value.remedy
    return {
        "kind": "verdict",
        "check": value.check,
        "title": value.title,
        "resource": value.resource,
        "account": value.account,
        "region": value.region,
        "verdict": value.ruling.value,
        "severity": value.severity.word,
        "why": value.why,
        "assets": [_asset(asset) for asset in value.assets],
        "evidence": {"facts": [_fact(one) for one in value.evidence]},
        "way": list(value.way),
        "seed_row": value.row.value,
        "remedy": {
            "words": remedy.words,
            "commands": [shlex.join(command) for command in remedy.commands],
            "cloudformation": remedy.template,
        }
        if remedy
        else None,
        "controls": {standard: list(controls) for standard, controls in (value.controls or {}).items()},
    }


def _fact(one: Evidence) -> dict[str, Any]:
    said = printed({"seen": one.seen})
    seen = one.seen if len(said) <= _LONGEST_FACT else f"{said[8:_LONGEST_FACT]} ..."
    return {"file": one.file, "arn": one.arn, "at": one.at, "seen": seen}


def plan(incident: str, plan: str, now: int, why: Sequence[str], question: Question | None) -> dict[str, Any]:
    """A `plan` line: how many steps of a plan go at once, and what the others wait for."""
    return {
        "kind": "plan",
        "incident": incident,
        "plan": plan,
        "now": now,
        "waiting": list(question.steps) if question else [],
        "why": list(why),
        "persons": question.persons if question else 0,
        "expires": _time(question.expires) if question else None,
    }


def answer(value: Answer, *, complete: bool) -> dict[str, Any]:
    """An `answer` line: what one person said to a plan, or took back, and whether it is complete now."""
    return {
        "kind": "answer",
        "incident": value.incident,
        "plan": value.plan,
        "yes": value.yes,
        "withdrawn": value.withdrawn,
        "by": value.by,
        "why": value.why,
        "at": _time(value.at),
        "complete": complete,
    }


def coverage(value: Coverage) -> dict[str, Any]:
    """The `coverage` line that ends every search."""
    return {
        "kind": "coverage",
        "files_read": value.files_read,
        "files_skipped": list(map(skipped, value.files_skipped)),
        "logs": dict(sorted(value.logs.items())),
        "events": value.events,
        "duplicates": value.duplicates,
        "first_event": _time(value.first_event),
        "last_event": _time(value.last_event),
        "detections_run": value.detections_run,
        "detections_failed": [
            {"id": failure.id, "why": failure.why, "fault": failure.fault} for failure in value.detections_failed
        ],
        "folded": [
            {"routine": each.routine, "why": each.why, "findings": each.findings, "events": each.events}
            for each in value.folded
        ],
        "seconds": round(value.seconds, 3),
    }


def printed(line: Mapping[str, Any]) -> str:
    """One line of JSON without its newline, whatever its reader takes for the end of a line."""
    text = msgspec.json.encode(line, enc_hook=str).decode()
    return text.replace("\u2028", "\\u2028").replace("\u2029", "\\u2029").replace("\x85", "\\u0085")


def _actor(actor: Actor) -> dict[str, Any]:
    return {"arn": actor.arn, "session": actor.session, "origin": actor.origin}


def _asset(asset: AssetRef) -> dict[str, Any]:
    return {"name": asset.name, "kind": asset.kind, "arn": asset.arn}


def _time(when: datetime | None) -> str | None:
    return when.isoformat().replace("+00:00", "Z") if when else None
