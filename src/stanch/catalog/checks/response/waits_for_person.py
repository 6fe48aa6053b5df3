"""A model is copied in minutes; a playbook that first asks somebody isolates what is already empty.

Reads: state machines and Automation documents as graphs, each step's waits, and the quickest way to what isolates.
Blind to: code of functions that a playbook calls, playbooks of other systems, and how fast your people answer.
"""

from collections.abc import Iterator

from stanch.catalog.checks._reach import assets_in
from stanch.catalog.checks._things import blind, evidence, in_region
from stanch.catalog.checks.response import _documents, _machines
from stanch.catalog.checks.response._steps import Playbook, Way, in_words, quickest
from stanch.contracts.check import GDPR, ISO, NIS2, NIST, About, Judged, Posture
from stanch.contracts.collector import Place, unseen
from stanch.domain.severity import Severity
from stanch.domain.verdict import Remedy, Row, Ruling

ABOUT = About(
    title="A playbook waits for a person before it isolates",
    row=Row.RESPONSE,
    severity=Severity.MEDIUM,
    controls={
        NIST: ("IR-4", "IR-4(1)"),
        ISO: ("A.5.24", "A.5.26"),
        GDPR: ("Art. 32(1)(d)",),
        NIS2: ("Art. 21(2)(b)",),
    },
)
DELAY = 300
"""Seconds that a playbook may wait on its way, for whatever, without asking."""
_TEMPLATE = """\
Type: AWS::StepFunctions::StateMachine
Properties:
  RoleArn: !GetAtt Role.Arn
  Definition:
    StartAt: Isolate
    States:
      Isolate: {Type: Task, Resource: "the task that isolates", Next: Ask}
      Ask: {Type: Task, Resource: "the task that asks whether to keep it so", TimeoutSeconds: 3600, End: true}
"""


def judge(posture: Posture) -> Iterator[Judged]:
    """See `contracts.check.Check`."""
    yield from blind(posture, "stepfunctions", "states", "states:ListStateMachines", "stepfunctions:ListStateMachines")
    yield from blind(posture, "ssm", "ssm", "ssm:ListDocuments")
    for place in posture.of("stepfunctions/state-machine"):
        told = place.thing.data.get("definition", {"$unseen": "its definition"})
        book = _machines.playbook_of(_name(place), told)
        yield from _judged(posture, place, "definition", unseen(place.thing.data) or unseen(told), _way(book))
    for place in posture.of("ssm/document"):
        told = place.thing.data.get("Content", {"$unseen": "its content"})
        book = _documents.playbook_of(_name(place), told)
        yield from _judged(posture, place, "Content", unseen(told), _way(book))


def _way(book: Playbook | None) -> Way | None:
    return quickest(book) if book else None


def _judged(posture: Posture, place: Place, at: str, hidden: str | None, way: Way | None) -> Iterator[Judged]:
    """What isolates nothing is not asked about."""
    if hidden and way is None:
        yield Judged(place.thing.arn, place.account, place.region, Ruling.UNKNOWN, f"not seen: {hidden}")
    if way is None:
        return
    asks, end = way.asks, way.steps[-1].name
    ruling, why, severity = Ruling.PASS, f"it gets to {end} without asking anybody", None
    if asks is not None:
        ruling, why = Ruling.FAIL, f"{asks.name} waits for a person, {in_words(way.seconds)}, before {end}"
    elif way.seconds > DELAY:
        ruling, severity = Ruling.FAIL, Severity.LOW
        why = f"it waits {in_words(way.seconds)} before {end}"
    failed = ruling is Ruling.FAIL
    yield Judged(
        place.thing.arn,
        place.account,
        place.region,
        ruling,
        why,
        assets_in(posture, place.account),
        (evidence(place, at),),
        way=("an intruder who was found", f"{' -> '.join(step.name for step in way.steps)}", f"{why}: he goes on")
        if failed
        else (),
        remedy=_remedy(place) if failed else None,
        severity=severity,
    )


def _name(place: Place) -> str:
    return str(place.thing.data.get("name") or place.thing.data.get("Name") or "")


def _remedy(place: Place) -> Remedy:
    where = in_region(place.region)
    words = "Isolate first, in a way that can be undone, and ask afterwards whether it stays so."
    if place.thing.kind == "ssm/document":
        document = ("aws", "ssm", "update-document", "--name", _name(place), "--document-version", "$LATEST")
        return Remedy(words, ((*document, "--content", "file://isolates-first.json", *where),), _TEMPLATE)
    update = ("aws", "stepfunctions", "update-state-machine", "--state-machine-arn", place.thing.arn)
    return Remedy(words, ((*update, "--definition", "file://isolates-first.json", *where),), _TEMPLATE)
