"""The function that the workflow calls: one payload, one verb, one answer; what fails is raised, and tried again."""

from collections.abc import Mapping
from typing import Any

from stanch.responder import verbs
from stanch.responder.bench import Bench

_CASE = {
    "plan": verbs.planned,
    "decide": verbs.decided,
    "verify": verbs.verified,
    "settle": verbs.settled,
    "notify": verbs.notified,
    "preserve": verbs.preserved,
}


class UnknownVerb(ValueError):
    """The payload names no verb of the workflow."""


def handle(event: Mapping[str, Any], context: object) -> dict[str, Any]:
    """Serve one state of the workflow, {"verb": "plan", "case": {...}}, or a person.

    A person's verbs are {"verb": "answer", "plan", "yes", "by", "why"} and {"verb": "undo", "incident", "by"}. Raises
    what the workflow retries or catches by name: StoreError, Busy, AwsError and its kinds, EstateError.
    """
    return served(event, Bench.from_environment(), str(getattr(context, "invoked_function_arn", "the responder")))


def served(event: Mapping[str, Any], bench: Bench, function: str) -> dict[str, Any]:
    """The same with what it works with; `function` is the ARN that people are told to answer to."""
    verb = event.get("verb")
    match verb:
        case "triage":
            return verbs.triaged(bench, event)
        case "ask":
            return verbs.asked(bench, event, function)
        case "answer":
            return verbs.answered(bench, event, function)
        case "step":
            return verbs.stepped(bench, event)
        case "undo":
            return verbs.undone(bench, event)
        case _ if verb in _CASE:
            return _CASE[verb](bench, dict(event["case"]))
        case _:
            raise UnknownVerb(
                f"{verb!r} is no verb; there are: answer, ask, step, triage, undo, {', '.join(sorted(_CASE))}"
            )
