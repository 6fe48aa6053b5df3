"""One incident with everything a report can hold, for the tests of the report."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import stanch.catalog
from stanch.domain.coverage import Coverage
from stanch.domain.estate import Estate
from stanch.domain.event import Actor, Skipped
from stanch.domain.finding import AssetRef, Finding, Technique
from stanch.domain.incident import Evidence, Incident, IncidentState, Left, Shards
from stanch.domain.regime import Awareness, Regime
from stanch.domain.severity import Severity
from stanch.domain.step import Method, Phase, Proof, Step, StepState
from stanch.engine.clocks import deadlines, in_force
from stanch.engine.regimes import read as read_regime
from stanch.engine.report import Report, render
from stanch.estate import read as read_estate

BEGAN = datetime(2026, 11, 20, 9, 2, 11, tzinfo=UTC)
NOW = BEGAN + timedelta(hours=5)
ROLE = "arn:aws:iam::111122223333:role/vllm-serving"
ACTOR = Actor(
    arn="arn:aws:sts::111122223333:assumed-role/vllm-serving/i-0abc1234def567890",
    session="i-0abc1234def567890",
    origin=ROLE,
    account="111122223333",
    access_key="ASIAEXAMPLEKEY000001",
    address="198.51.100.77",
)
WEIGHTS = AssetRef("llama-70b-ft", "weights", "arn:aws:s3:::acme-weights")
TICKETS = AssetRef("support-tickets", "training-data", "arn:aws:s3:::acme-training")
ESTATE = read_estate("""
[perimeter]
accounts = ["111122223333"]
[[asset]]
name = "llama-70b-ft"
kind = "weights"
where = "s3://acme-weights/llama-70b-ft/"
sensitivity = "secret"
[[asset]]
name = "support-tickets"
kind = "training-data"
where = "s3://acme-training/tickets/"
personal_data = { categories = ["contact", "health"], persons = 120000, records = 840000 }
[report]
regimes = ["gdpr", "nis2"]
authority_timezone = "Europe/Berlin"
""")
AWARE = Awareness(
    incident="inc-7f3a",
    aware_at=BEGAN + timedelta(hours=2),
    recorded_at=BEGAN + timedelta(hours=2, minutes=10),
    by="Dana Roth, CISO",
    why="triage confirmed reads of customer tickets by a stolen session",
)


def after(minutes: float) -> datetime:
    return BEGAN + timedelta(minutes=minutes)


def finding(id: str, title: str, first: float, last: float, **changes: Any) -> Finding:  # noqa: A002
    made = Finding(
        id=id,
        detection=f"exfiltration/{id}",
        title=title,
        severity=Severity.CRITICAL,
        confidence=0.95,
        first_seen=after(first),
        last_seen=after(last),
        account="111122223333",
        region="eu-central-1",
        actor=ACTOR,
        assets=(WEIGHTS,),
        events=("e1",),
        count=1,
        techniques=(Technique("attack", "T1530", "19"), Technique("atlas", "AML.T0025", "5.6")),
        playbook="stolen_instance_credentials",
    )
    return replace(made, **changes)


FINDINGS = (
    finding("credentials_away", "Instance credentials used away from the instance", 0, 12, count=61),
    finding("weights_read", "Model weights read by a stranger", 1, 9, count=42),
    finding("bulk", "Training data read in bulk", 4, 11, count=1204, assets=(TICKETS,), severity=Severity.HIGH),
    finding(
        "snapshot",
        "Snapshot shared with an outside account",
        10,
        10,
        resources=("arn:aws:iam::999988887777:root",),
        assets=(),
        techniques=(Technique("attack", "T1537", "19"),),
    ),
    finding("policy", "Bucket opened by policy", 11, 11.5, count=2, failed=2, severity=Severity.MEDIUM),
)
INCIDENT = Incident(
    id="inc-7f3a",
    title="Stolen instance credentials read llama-70b-ft",
    severity=Severity.CRITICAL,
    confidence=0.95,
    state=IncidentState.CONTAINED,
    actor=ACTOR,
    assets=(WEIGHTS, TICKETS),
    left=Left(1246, 141_203_442_118, Shards("llama-70b-ft", 42, 42), None, None),
    findings=FINDINGS,
    first_seen=after(0),
    last_seen=after(12),
)


def step(action: str, resource: str, state: StepState, at: float, proof: Proof | None = None, **changes: Any) -> Step:
    made = Step(
        incident="inc-7f3a",
        action=action,
        resource=resource,
        playbook="stolen_instance_credentials",
        state=state,
        why="the actor's role",
        phase=Phase.IDENTITY,
        calls=("iam:PutRolePolicy with a deny of every session issued before the cutoff",),
        breaks=("2 other hosts use this role until they fetch new credentials",),
        undo="delete the inline policy",
        proof=proof,
        at=after(at),
    )
    return replace(made, **changes)


REFUSED = Proof(True, Method.EFFECT, ("sts:GetCallerIdentity with the stolen session: AccessDenied",))
READ_BACK = Proof(True, Method.STATE, ("each network interface has exactly the empty group",))
HOST = "arn:aws:ec2:eu-central-1:111122223333:instance/i-0abc1234def567890"
STEPS = (
    step("ec2/snapshot_volumes", HOST, StepState.VERIFIED, 13, Proof(True, Method.EFFECT, ("2 of 2 volumes",))),
    step("ec2/isolate_instance", HOST, StepState.VERIFIED, 14.2, READ_BACK),
    step("iam/revoke_sessions", ROLE, StepState.VERIFIED, 14.5, REFUSED),
    step("s3/close_bucket", "arn:aws:s3:::logs", StepState.SKIPPED, 12.5, why="never_touch protects it"),
)
HISTORY = (
    step("ec2/snapshot_volumes", HOST, StepState.PLANNED, 12.2),
    step("ec2/snapshot_volumes", HOST, StepState.APPLIED, 12.6),
    STEPS[0],
    step("ec2/isolate_instance", HOST, StepState.APPLIED, 13.6),
    STEPS[1],
    step("iam/revoke_sessions", ROLE, StepState.APPLIED, 14.3),
    STEPS[2],
)
EVIDENCE = (
    Evidence("evidence/journal.jsonl", "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08", 18_213),
    Evidence("evidence/111122223333_CloudTrail_eu-central-1.json.gz", "e3b0c44298fc1c14" * 4, 1_204_551),
)
COVERAGE = Coverage(
    files_read=212,
    files_skipped=(Skipped("logs/broken.json.gz", "the gzip ends early"), Skipped("digest", "a digest", fault=False)),
    events=48_112,
    first_event=after(-900),
    last_event=after(60),
    detections_run=14,
    detections_failed=(),
    seconds=3.1,
)


def law(name: str) -> Regime:
    path = Path(stanch.catalog.__path__[0], "regimes", f"{name}.toml")
    return read_regime(path.read_text(encoding="utf-8"), str(path))


def report(incident: Incident = INCIDENT, *, regime: str = "gdpr", estate: Estate = ESTATE, **changes: Any) -> Report:
    given: dict[str, Any] = {
        "steps": STEPS,
        "history": HISTORY,
        "awareness": (AWARE,),
        "evidence": EVIDENCE,
        "now": NOW,
        "coverage": COVERAGE,
    } | changes
    submitted = given.get("submitted") or {}
    clocks = deadlines(law(regime), in_force(given["awareness"]), submitted, estate.reporting.authority_timezone)
    return render(incident, regime=law(regime), deadlines=clocks, estate=estate, **given)
