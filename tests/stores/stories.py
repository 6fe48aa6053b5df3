"""Incidents, findings and steps to be stored."""

from datetime import UTC, datetime, timedelta
from typing import Any

from stanch.domain.event import Actor
from stanch.domain.finding import AssetRef, Finding, Technique
from stanch.domain.incident import Evidence, Incident, IncidentState, Left, Shards
from stanch.domain.severity import Severity
from stanch.domain.step import Method, Phase, Proof, Step, StepState

NOON = datetime(2026, 11, 22, 12, 0, 0, 123456, tzinfo=UTC)
THIEF = Actor("arn:aws:sts::111122223333:assumed-role/vllm-serving/i-1", origin="arn:aws:iam::111122223333:user/eve")


def finding(name: str, at: datetime = NOON, **changes: Any) -> Finding:
    values: dict[str, Any] = {
        "id": name,
        "detection": "exfiltration/weights_read_by_stranger",
        "title": "Weights read by a stranger",
        "severity": Severity.CRITICAL,
        "confidence": 0.9,
        "first_seen": at,
        "last_seen": at + timedelta(minutes=5),
        "account": "111122223333",
        "region": "eu-central-1",
        "actor": THIEF,
        "assets": (AssetRef("llama", "weights", "arn:aws:s3:::acme-weights"),),
        "events": ("e1", "e2"),
        "count": 1000,
        "techniques": (Technique("attack", "T1530", "19"),),
        "playbook": "stolen_role_session",
    }
    return Finding(**(values | changes))


def incident(name: str, *findings: Finding, at: datetime = NOON, **changes: Any) -> Incident:
    values: dict[str, Any] = {
        "id": name,
        "title": f"Story of {name}",
        "severity": Severity.HIGH,
        "confidence": 0.8,
        "state": IncidentState.OPEN,
        "actor": THIEF,
        "assets": (AssetRef("llama", "weights", "arn:aws:s3:::acme-weights"),),
        "left": Left(6, 24_000_000, Shards("llama", 6, 6), None, 120),
        "findings": findings,
        "first_seen": at,
        "last_seen": at + timedelta(minutes=5),
        "used_by": {"arn:aws:iam::111122223333:role/vllm-serving": ("i-2",)},
        "evidence": (Evidence("trail/1.json.gz", "ab" * 32, 512),),
    }
    return Incident(**(values | changes))


def step(action: str = "iam/revoke_sessions", state: StepState = StepState.PLANNED, **changes: Any) -> Step:
    values: dict[str, Any] = {
        "incident": "inc-1",
        "action": action,
        "resource": "arn:aws:iam::111122223333:role/vllm-serving",
        "playbook": None,
        "state": state,
        "why": "a test; <b>hostile</b> \x1b[31m text",
        "phase": Phase.IDENTITY,
        "calls": ("iam:PutRolePolicy",),
        "settings": {"cutoff": "2026-11-22T12:00:03Z"},
        "before": {"policy": None, "nested": {"list": [1, "two", True]}},
        "after": {"policy": "{}"},
        "proof": Proof(True, Method.EFFECT, ("refused",)),
        "at": NOON,
    }
    return Step(**(values | changes))
