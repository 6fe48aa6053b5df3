"""What is told to people and to Security Hub: words that fit their places, and nothing that an intruder could use."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from stanch.contracts.aws import Aws, AwsError
from stanch.domain.decision import Question
from stanch.domain.incident import Incident
from stanch.domain.step import Step, StepState
from stanch.engine.contain.outcome import state_after

_SUBJECT = 100
_NOTE = 512
_LINES = 40
_WORDS = {StepState.VERIFIED: "proven", StepState.SKIPPED: "left alone"}


def publish(aws: Aws, topic: str, subject: str, lines: Sequence[str]) -> None:
    """One message to the topic; its subject is printable ASCII, as SNS demands."""
    plain = "".join(char if 32 <= ord(char) < 127 else "?" for char in subject)[:_SUBJECT]
    cut = [*lines[:_LINES], f"and {len(lines) - _LINES} lines more"] if len(lines) > _LINES else list(lines)
    safe = ["".join(char if char.isprintable() else "?" for char in line)[:1000] for line in cut]
    aws.call("sns", "Publish", TopicArn=topic, Subject=plain, Message="\n".join(safe))


def question_lines(question: Question, function: str) -> list[str]:
    """What is asked, why it was not simply done, and how to answer."""
    answer = {"verb": "answer", "plan": question.plan, "yes": True, "by": "YOUR NAME", "why": "..."}
    return [
        f"{question.incident}: {len(question.steps)} steps wait for a yes of {question.persons} person(s)",
        f"until {question.expires:%Y-%m-%d %H:%M} UTC. Why it waits: {'; '.join(question.why)}.",
        *(f"- {step}" for step in question.steps),
        f"Plan {question.plan}",
        f"To answer, invoke {function} with: {json.dumps(answer)}",
    ]


def outcome_lines(incident: Incident, steps: Sequence[Step], head: str) -> list[str]:
    """What was done and what was not."""
    told = [
        f"- {_WORDS.get(step.state, step.state.value)}: {step.action} on {step.resource}{_why(step)}" for step in steps
    ]
    return [f"{incident.id} is {incident.state.value}: {incident.title}", *told, f"Journal's head: {head}"]


def note(incident: Incident, steps: Sequence[Step]) -> str:
    """The same in the 512 characters of a note on a finding."""
    proven = sum(step.state is StepState.VERIFIED for step in steps)
    state = state_after(steps).value
    return f"stanch {incident.id}: {state}; {proven} of {len(steps)} steps proven. The journal has the rest."[:_NOTE]


def tell_hub(aws: Aws, report: Mapping[str, str], text: str) -> str:
    """Write the note on the finding and mark it as worked on; answers with what came of it, never raises for AWS."""
    region = report.get("region") or aws.region
    try:
        if report["form"] == "asff":
            said = _asff(aws.at(region), report, text)
        elif report["form"] == "ocsf":
            said = _ocsf(aws.at(region), report, text)
        else:
            return "it has no finding in Security Hub"
    except AwsError as error:  # what was done is done, whatever the hub says of it
        return f"not told: {error}"
    undone = said.get("UnprocessedFindings") or []
    return f"not told: {undone[0].get('ErrorCode')}" if undone else "told"


def _asff(aws: Aws, report: Mapping[str, str], text: str) -> dict[str, Any]:
    return aws.call(
        "securityhub",
        "BatchUpdateFindings",
        FindingIdentifiers=[{"Id": report["id"], "ProductArn": report["product"]}],
        Workflow={"Status": "NOTIFIED"},
        Note={"Text": text, "UpdatedBy": "stanch"},
    )


def _ocsf(aws: Aws, report: Mapping[str, str], text: str) -> dict[str, Any]:
    named = {
        "CloudAccountUid": report["account"],
        "FindingInfoUid": report["id"],
        "MetadataProductUid": report["product"],
    }
    in_progress = 2  # OCSF's status_id
    return aws.call(
        "securityhub", "BatchUpdateFindingsV2", FindingIdentifiers=[named], StatusId=in_progress, Comment=text
    )


def _why(step: Step) -> str:
    return "" if step.state is StepState.VERIFIED else f" ({step.why})"
