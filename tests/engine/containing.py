"""A small world to contain: resources that are dictionaries, an action on them, a journal in memory."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from stanch.contracts.action import Action, Affects, Case, Plan, Refused, Wait, Witness
from stanch.contracts.aws import Aws, AwsAbsent, AwsError
from stanch.contracts.playbook import Playbook
from stanch.contracts.store import Busy
from stanch.domain.arn import Arn
from stanch.domain.estate import Estate, Perimeter, Response
from stanch.domain.event import Actor
from stanch.domain.finding import AssetRef, Finding
from stanch.domain.incident import Incident, IncidentState, Left
from stanch.domain.severity import Severity
from stanch.domain.step import Method, Phase, Proof, State, Step
from stanch.engine.contain import Containment

ACCOUNT = "111122223333"
SISTER = "222233334444"
STRANGER = "999988887777"
NOON = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
ROLE = f"arn:aws:iam::{ACCOUNT}:role/app"
USER = f"arn:aws:iam::{ACCOUNT}:user/eve"
BUCKET = "arn:aws:s3:::store"
HOST = f"arn:aws:ec2:eu-central-1:{ACCOUNT}:instance/i-0123456789abcdef1"


@dataclass
class FakeAws:
    """An account that is one dictionary for each resource; `regions` notes where it was asked."""

    resources: dict[str, dict[str, Any]] = field(default_factory=dict)
    account: str = ACCOUNT
    partition: str = "aws"
    region: str = "eu-central-1"
    caller: str = f"arn:aws:sts::{ACCOUNT}:assumed-role/responder/me"
    regions: list[str] = field(default_factory=list)
    assumed: list[str] = field(default_factory=list)

    def call(self, service: str, operation: str, /, *, region: str | None = None, **params: Any) -> dict[str, Any]:
        raise NotImplementedError

    def pages(
        self, service: str, operation: str, key: str, /, *, region: str | None = None, **params: Any
    ) -> list[dict[str, Any]]:
        raise NotImplementedError

    def anonymous(self) -> Aws:
        raise NotImplementedError

    def assuming(self, role: str, session: str) -> Aws:
        self.assumed.append(role)
        return replace(self, account=role.split(":")[4], caller=f"{role}/{session}")

    def at(self, region: str) -> Aws:
        self.regions.append(region)
        return replace(self, region=region)


def world(aws: Aws) -> FakeAws:
    assert isinstance(aws, FakeAws)
    return aws


@dataclass
class Shut:
    """Sets `open` to False and `lock` to the incident's mark: two parts, so that it can be half done."""

    APPLIES_TO: tuple[str, ...] = ("role", "user", "bucket", "instance")
    PHASE: Phase = Phase.IDENTITY
    AFFECTS: Affects = Affects.USERS
    PERMISSIONS: tuple[str, ...] = ("iam:GetRole",)
    does: Callable[[str, Step | None], None] = lambda _verb, _step: None
    """Called between the parts of each verb: raises, or changes the world."""

    def plan(self, aws: Aws, resource: Arn, case: Case) -> Plan:
        self.does("plan", None)
        found = world(aws).resources.get(str(resource))
        if found is None:
            raise AwsAbsent("iam:GetRole", "NoSuchEntity", str(resource))
        if found.get("refuse"):
            raise Refused("do it another way")
        return Plan(
            before=dict(found),
            calls=(f"shut {resource.name}",),
            undo="open it",
            breaks=("everything",),
            settings={"cutoff": case.now.isoformat()},
            resource=found.get("arn"),
        )

    def read(self, aws: Aws, step: Step) -> State:
        return dict(world(aws).resources[step.resource])

    def apply(self, aws: Aws, step: Step, wait: Wait) -> Witness | None:
        found = world(aws).resources[step.resource]
        found["open"] = False
        self.does("apply", step)
        found["lock"] = step.settings["cutoff"]
        return None

    def verify(self, aws: Aws, step: Step, wait: Wait, witness: Witness | None) -> Proof:
        self.does("verify", step)
        found = world(aws).resources[step.resource]
        holds = found["open"] is False and found["lock"] == step.settings["cutoff"]
        return Proof(holds, Method.EFFECT, (f"open: {found['open']}",))

    def undo(self, aws: Aws, step: Step, wait: Wait) -> None:
        found = world(aws).resources[step.resource]
        assert step.before is not None
        found["open"] = step.before["open"]
        self.does("undo", step)
        found["lock"] = step.before["lock"]


@dataclass
class FakeJournal:
    """A journal in memory; `held` are the resources that somebody else holds."""

    rows: list[Step] = field(default_factory=list)
    held: set[str] = field(default_factory=set)
    on_write: Callable[[Step], None] = lambda _: None

    def write(self, step: Step) -> None:
        self.on_write(step)
        self.rows.append(step)

    def steps(self, incident: str) -> list[Step]:
        return list({step.key: step for step in self.history(incident)}.values())

    def history(self, incident: str) -> list[Step]:
        return [step for step in self.rows if step.incident == incident]

    def since(self, moment: datetime) -> list[Step]:
        return [step for step in self.rows if step.at is not None and step.at >= moment]

    @contextmanager
    def lock(self, resource: str) -> Iterator[None]:
        if resource in self.held:
            raise Busy(f"{resource} is held by another stanch")
        self.held.add(resource)
        try:
            yield
        finally:
            self.held.remove(resource)


@dataclass
class Book:
    """A playbook."""

    ACTIONS: tuple[str, ...]
    FOR: tuple[str, ...] = ()
    BREAKS: str = "Something."


@dataclass
class Scene:
    """Everything a containment is handed, each part to be changed by a test."""

    aws: FakeAws = field(default_factory=FakeAws)
    actions: dict[str, Action] = field(default_factory=dict)
    playbooks: dict[str, Playbook] = field(default_factory=dict)
    journal: FakeJournal = field(default_factory=FakeJournal)
    estate: Estate = field(
        default_factory=lambda: Estate(perimeter=Perimeter(accounts=(ACCOUNT, SISTER)), declared=True)
    )
    minutes: int = 0
    waited: list[float] = field(default_factory=list)
    gateways: dict[str, Aws] = field(default_factory=dict)

    def clock(self) -> datetime:
        return NOON + timedelta(minutes=self.minutes)

    def desk(self) -> Containment:
        return Containment(
            self.actions,
            self.playbooks,
            self.journal,
            self.estate,
            self.aws,
            self.clock,
            self.waited.append,
            self.gateways,
        )

    def protect(self, *patterns: str) -> None:
        self.estate = replace(self.estate, response=Response(never_touch=patterns))


def scene(*resources: str, **actions: Action) -> Scene:
    """A world with these resources, open, and these actions (`shut` where none is named)."""
    made = Scene(actions=dict(actions) or {"shut": Shut()})
    made.aws.resources = {arn: {"open": True, "lock": None} for arn in resources}
    return made


def finding(**changes: Any) -> Finding:
    values: dict[str, Any] = {
        "id": "f1",
        "detection": "exfiltration/x",
        "title": "Weights read by a stranger",
        "severity": Severity.HIGH,
        "confidence": 0.9,
        "first_seen": NOON,
        "last_seen": NOON,
        "account": ACCOUNT,
        "region": "eu-central-1",
        "actor": Actor(f"arn:aws:sts::{ACCOUNT}:assumed-role/app/i-1"),
        "assets": (),
        "events": (),
        "count": 1,
        "playbook": "book",
    }
    return Finding(**(values | changes))


def incident(*findings: Finding, by_hand: Sequence[str] = ()) -> Incident:
    return Incident(
        id="inc-1",
        title="A leak",
        severity=Severity.HIGH,
        confidence=0.9,
        state=IncidentState.OPEN,
        actor=findings[0].actor if findings else Actor("by hand"),
        assets=(),
        left=Left(),
        findings=findings,
        first_seen=NOON,
        last_seen=NOON,
        by_hand=tuple(by_hand),
    )


def asset(arn: str) -> AssetRef:
    return AssetRef("store", "weights", arn)


def failing(verb: str, error: Exception) -> Callable[[str, Step | None], None]:
    """What an action does that raises in one verb."""

    def does(now: str, _: Step | None) -> None:
        if now == verb:
            raise error

    return does


DENIED = AwsError("iam:PutRolePolicy", "LimitExceeded", "too long")
