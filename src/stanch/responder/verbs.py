"""Each state of the workflow is one verb: it takes the case as it is, does its part, and hands the case on.

A case is small whatever the incident is: between two states only names, numbers and words travel; what they stand for
is in the table. Every verb may be called again with the same case and ends the same.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import timedelta
from typing import Any

from stanch import app
from stanch.app.evidence import Room, preserve
from stanch.aws.vault import VaultError
from stanch.contracts.aws import AwsError
from stanch.contracts.store import Busy, StoreError
from stanch.domain.decision import person_named
from stanch.domain.estate import Mode
from stanch.domain.event import Event
from stanch.domain.incident import Incident, IncidentState
from stanch.domain.step import Step, StepState
from stanch.engine.contain.order import waves
from stanch.engine.triage import Triaged, Verdict, dealt_with, triage
from stanch.responder import telling
from stanch.responder.bench import Bench, triggers
from stanch.responder.envelope import CUSTOM, OURS, events, finding_in, report_of

Case = dict[str, Any]
"""What travels between the states, as JSON."""


_TO_DO = {StepState.PLANNED, StepState.APPLIED}
_HELD = 400_000_000
"""Bytes of one log file: the function has 1 GB of memory, and holds a file whole while its hash is worked out."""
_KEEPING = timedelta(minutes=10)
"""Of the function's fifteen minutes: the ledger comes after the files, and must not be lost with them."""
_NAMED = 10


def triaged(bench: Bench, given: Mapping[str, Any]) -> Case:
    """Whether to contain, and what: the incident is stored when this returns."""
    envelope = given["event"]
    report = asdict(report_of(envelope))
    if envelope.get("detail-type") == OURS:
        return _known(bench, str(finding_in(envelope).get("incident", "")), report)
    read = events(envelope)
    found = [event for event in read if isinstance(event, Event)]
    if not found:
        why = "; ".join(skip.why for skip in read if not isinstance(skip, Event)) or "an event without a finding"
        return {"verdict": Verdict.NOTHING.value, "why": why, "report": report}
    asked = envelope.get("detail-type") == CUSTOM
    said = triage(found[0], triggers(), bench.estate, asked=asked)
    if said.ours is not None:
        return _known(bench, said.ours, report)
    if said.incident is None:
        return {"verdict": said.verdict.value, "why": said.why, "report": report, "left_out": list(said.left_out)}
    return _stored(bench, said, said.incident, report)


def planned(bench: Bench, case: Case) -> Case:
    """Look at everything and keep the plan."""
    incident = bench.incidents.get(case["incident"])
    plan = bench.desk(incident).plan(incident, users=app.users_known(incident))
    return {**case, "plan": bench.plans.keep(incident.id, plan), "steps": len(plan)}


def decided(bench: Bench, case: Case) -> Case:
    """What goes at once, in waves of groups of step numbers, and whether the rest waits for persons."""
    incident = bench.incidents.get(case["incident"])
    plan = bench.plans.steps(incident.id, case["plan"])
    decision = app.go_ahead(bench.kept, bench.estate, incident, plan)
    waiting = bool(decision.asking) and not app.granted(bench.kept, decision)
    keys = {step.key for step in decision.asking} if waiting else set()
    observing = bench.estate.response.mode is Mode.OBSERVE
    aside = [step for step in plan if step.state is StepState.SKIPPED]
    bench.desk(incident).apply(aside, again=False)  # the report must be able to say why they were left alone
    todo = [step for step in plan if step.key not in keys and step.state in _TO_DO and not observing]
    number = {step.key: index for index, step in enumerate(plan)}
    return {
        **case,
        "hash": decision.plan,
        "waiting": waiting and not observing,
        "why": "; ".join(decision.why),
        "expires_seconds": bench.estate.response.asking.expires_minutes * 60,
        "waves": [[[number[step.key] for step in group] for group in wave] for wave in waves(todo)],
    }


def asked(bench: Bench, given: Mapping[str, Any], function: str) -> Case:
    """Put the question, note the execution's token, and tell people; the execution sleeps until somebody answers."""
    case = given["case"]
    incident = bench.incidents.get(case["incident"])
    plan = bench.plans.steps(incident.id, case["plan"])
    decision = app.go_ahead(bench.kept, bench.estate, incident, plan)
    question = app.asked(bench.kept, bench.estate, incident, decision)
    bench.plans.wait(question.plan, given["token"])
    subject = f"stanch asks: contain {incident.id}?"
    telling.publish(bench.aws, bench.topic, subject, telling.question_lines(question, function))
    return {"asked": question.plan}


def answered(bench: Bench, given: Mapping[str, Any], acting_as: str) -> Case:
    """Keep a person's answer, and wake who waits for it once it is decided."""
    question = bench.decisions.question(str(given["plan"]))
    by, yes = _person(given, "an answer names who gives it"), given["yes"] is True
    if question.expires <= bench.clock():
        raise StoreError(f"the question about {question.plan[:12]} expired at {question.expires:%Y-%m-%d %H:%M} UTC")
    app.answer(bench.kept, question, yes=yes, by=by, acting_as=acting_as, why=str(given.get("why", "")))
    complete = app.standing(bench.kept, question)
    woken = _wake(bench, question.plan, yes=complete) if complete or not yes else 0
    return {"plan": question.plan, "complete": complete, "yes": yes, "woken": woken}


def stepped(bench: Bench, given: Mapping[str, Any]) -> Case:
    """Carry out one step and prove it; raises Busy where another execution holds its resource for too long."""
    incident = bench.incidents.get(given["incident"])
    step = bench.plans.step(incident.id, given["plan"], int(given["number"]))
    (done,) = bench.desk(incident).apply([step], again=False)
    if done.state is StepState.SKIPPED:
        noted = {known.key: known.state for known in bench.journal.steps(incident.id)}
        if noted.get(done.key) is not StepState.SKIPPED:  # what is held by another is told, and never journalled
            raise Busy(done.why)
    return {"action": done.action, "resource": done.resource, "state": done.state.value, "why": done.why[:300]}


def verified(bench: Bench, case: Case) -> Case:
    """After IAM's window: what was proven is tried once more, and everything is looked at again."""
    incident = bench.incidents.get(case["incident"])
    desk = bench.desk(incident)
    desk.once_more(incident.id)
    plan = desk.plan(incident, users=app.users_known(incident))
    return {**case, "plan": bench.plans.keep(incident.id, plan), "open": len(_open(plan))}


def settled(bench: Bench, case: Case) -> Case:
    """Give the incident the state that its steps have earned, and tell Security Hub."""
    incident = bench.incidents.get(case["incident"])
    plan = bench.plans.steps(incident.id, case["plan"])
    incident = app.settle(bench.kept, incident, plan)
    hub = telling.tell_hub(bench.aws, case["report"], telling.note(incident, plan))
    head = bench.journal.head(incident.id)
    return {**case, "state": incident.state.value, "hub": hub, "head": f"{head.seq}:{head.link}"}


def notified(bench: Bench, case: Case) -> Case:
    """Tell people how it ended."""
    incident = bench.incidents.get(case["incident"])
    plan = bench.plans.steps(incident.id, case["plan"])
    contained = incident.state is IncidentState.CONTAINED
    said = "contained" if contained else _ending(case)
    telling.publish(
        bench.aws, bench.topic, f"stanch: {incident.id} {said}", telling.outcome_lines(incident, plan, case["head"])
    )
    return {**case, "ended": said}


def preserved(bench: Bench, case: Case) -> Case:
    """Keep logs, ledger and the chain's end in the evidence bucket, when all is over and everybody has been told.

    What could not be kept changes nothing of what was contained: it is told, here and to people.
    """
    place = bench.estate.response.evidence
    if place.bucket is None:
        return {**case, "evidence": {"ledger": "", "missing": ["[response.evidence] names no bucket"]}}
    incident = bench.incidents.get(case["incident"])
    steps, head, begun = bench.journal.steps(incident.id), bench.journal.head(incident.id), bench.clock()
    room = Room(_HELD, lambda: bench.clock() >= begun + _KEEPING)
    try:
        kept = preserve(bench.aws, place, incident, steps, head, begun, room)
        ledger, missing = f"s3://{place.bucket}/{kept.ledger.key}", [f"{one.path}: {one.why}" for one in kept.missing]
    except (VaultError, AwsError) as error:
        ledger, missing = "", [f"nothing was kept in {place.bucket}: {error}"]
    if missing:
        subject = f"stanch: evidence of {incident.id} was NOT kept{' in full' if ledger else ''}"
        telling.publish(bench.aws, bench.topic, subject, [*missing, f"Ledger: {ledger or 'none'}"])
    told = [why[:300] for why in missing[:_NAMED]]
    more = [f"and {len(missing) - _NAMED} more"] if len(missing) > _NAMED else []
    return {**case, "evidence": {"ledger": ledger, "missing": told + more}}


def undone(bench: Bench, given: Mapping[str, Any]) -> Case:
    """Put back, at a person's word, what still is as it was left; what somebody changed since is kept and told."""
    by = _person(given, "an undo names who asks for it")
    incident = bench.incidents.get(str(given["incident"]))
    steps = bench.desk(incident).undo(incident.id)
    settled_ = app.settle(bench.kept, incident, bench.journal.steps(incident.id))
    told = [f"- {step.state}: {step.action} on {step.resource} ({step.why})" for step in steps]
    telling.publish(bench.aws, bench.topic, f"stanch: {incident.id} undone", [f"{by} asked for it.", *told])
    kept = [step.why[:300] for step in steps if step.state is not StepState.UNDONE]
    return {"incident": incident.id, "state": settled_.state.value, "undone": len(steps) - len(kept), "kept": kept}


def _person(given: Mapping[str, Any], rule: str) -> str:
    """Who says this, as on the command line: two spellings of one name are one person."""
    try:
        return person_named(str(given.get("by") or ""))
    except ValueError as error:
        raise StoreError(f"{rule}: by {error}") from None


def _ending(case: Case) -> str:
    if "expired" in case:
        return "NOT contained: nobody answered in time"
    return "NOT contained: a person said no" if case.get("answer", {}).get("yes") is False else "NOT contained"


def _known(bench: Bench, id_: str, report: Mapping[str, str]) -> Case:
    try:
        incident = bench.incidents.get(id_)
    except StoreError as error:
        return {"verdict": Verdict.NOTHING.value, "why": str(error), "report": dict(report)}
    return {"verdict": Verdict.CONTAIN.value, "why": "our own finding", "incident": incident.id, "report": dict(report)}


def _stored(bench: Bench, said: Triaged, incident: Incident, report: Mapping[str, str]) -> Case:
    case = {"verdict": said.verdict.value, "why": said.why, "report": dict(report), "left_out": list(said.left_out)}
    try:
        before = bench.incidents.get(incident.id)
    except StoreError:
        before = None
    if before is not None and dealt_with(before, incident):
        return {**case, "verdict": Verdict.NOTHING.value, "why": f"{before.id} is {before.state.value} already"}
    (kept,) = bench.incidents.save([incident])
    if kept.state is IncidentState.CONTAINED:  # a report that is younger than the proof: everything is looked at again
        kept = bench.incidents.move(kept.id, IncidentState.OPEN)
    return {**case, "incident": kept.id}


def _open(plan: Sequence[Step]) -> list[Step]:
    return [step for step in plan if step.state not in {StepState.VERIFIED, StepState.SKIPPED}]


def _wake(bench: Bench, plan: str, *, yes: bool) -> int:
    woken = 0
    for token in bench.plans.waiting(plan):
        output = '{"yes":true}' if yes else '{"yes":false}'
        try:
            bench.aws.call("stepfunctions", "SendTaskSuccess", taskToken=token, output=output)
            woken += 1
        except AwsError as error:
            if error.code not in {"TaskTimedOut", "TaskDoesNotExist", "InvalidToken"}:
                raise
    return woken
