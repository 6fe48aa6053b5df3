"""Containment wired: the desk with its doors, what may be done at once, and who said yes to the rest."""

from collections.abc import Iterable, Sequence
from time import sleep
from typing import TYPE_CHECKING

from stanch.app.clock import now
from stanch.app.knowledge import actions, playbooks, sources
from stanch.contracts.aws import Aws
from stanch.contracts.source import LogFile
from stanch.domain.arn import Arn
from stanch.domain.decision import Answer, Question
from stanch.domain.estate import Estate
from stanch.domain.incident import Incident, IncidentState
from stanch.domain.step import Step
from stanch.engine.correlate import opened_by_hand
from stanch.engine.read import Tally, read

if TYPE_CHECKING:
    from stanch.app.evidence import Preserved
    from stanch.engine.contain import Containment
    from stanch.engine.decide import Decision
    from stanch.stores.open import Stores


def door(estate: Estate, incident: Incident, profile: str | None, region: str | None, endpoint: str | None) -> Aws:
    """The door to AWS that boto3's usual chain opens; where nothing names a region, where it happened or at home."""
    from stanch.aws import open_door

    seen = (finding.region for finding in incident.findings)
    named = (arn.split(":")[3] for arn in incident.by_hand)
    home = next(filter(None, (*seen, *named, *estate.perimeter.regions)), None)
    return open_door(profile=profile, region=region, endpoint=endpoint, home=home)


def by_hand(kept: "Stores", resources: Sequence[str]) -> Incident:
    """The incident that a person opens by naming resources: the open one for the same resources, or a new one.

    It is not stored yet: a plan that is only looked at leaves nothing behind. Raises ArnError for what is no ARN.
    """
    named = tuple(sorted({str(Arn.parse(resource)) for resource in resources}))
    for known in kept.incidents.all():
        if known.by_hand == named and not known.findings and known.state is not IncidentState.CLOSED:
            return known
    return opened_by_hand(named, now())


def used_by(files: Sequence[LogFile], resources: Iterable[str]) -> tuple[dict[str, tuple[str, ...]], Tally]:
    """Who uses these resources in these logs: what containing them would break."""
    from stanch.engine.usage import Usage

    usage, tally = Usage(), Tally()
    for event in read(files, sources(), tally):
        usage.note(event.record)
    return {resource: users for resource in resources if (users := usage.others(resource, ()))}, tally


def containment(kept: "Stores", estate: Estate, aws: Aws) -> "Containment":
    """The desk at which this responder plans, applies and undoes."""
    from stanch.engine.contain import Containment

    return Containment(actions(), playbooks(), kept.journal, estate, aws, now, sleep, _gateways(estate))


def _gateways(estate: Estate) -> dict[str, Aws]:
    if not estate.response.gateways:
        return {}
    from stanch.web.gateway import GatewayDoor

    return {gateway.name: GatewayDoor(gateway) for gateway in estate.response.gateways}


def settle(kept: "Stores", incident: Incident, steps: Sequence[Step]) -> Incident:
    """Give the incident the state that its steps have earned."""
    from stanch.engine.contain import state_after

    return kept.incidents.move(incident.id, state_after(steps))


def go_ahead(kept: "Stores", estate: Estate, incident: Incident, plan: Sequence[Step]) -> "Decision":
    """What of the plan may be done at once by the estate's [response], and what waits for persons."""
    from stanch.engine.decide import HOUR, decide

    at = now()
    recent = [*kept.journal.since(at - HOUR), *kept.journal.history(incident.id)]
    return decide(incident, plan, estate, recent, at)


def asked(kept: "Stores", estate: Estate, incident: Incident, decision: "Decision") -> Question:
    """The question that stands for this plan: the one asked before and still open, or a new one."""
    standing = kept.decisions.asked(decision.plan)
    at = now()
    if standing is not None and standing.expires > at:
        return standing
    question = decision.question(incident.id, at, estate.response.asking.expires_minutes)
    kept.decisions.ask(question)
    return question


def answer(kept: "Stores", question: Question, *, yes: bool, by: str, acting_as: str, why: str) -> Answer:
    """Keep one person's yes or no to exactly this plan."""
    said = Answer(question.incident, question.plan, yes, by, now(), acting_as, why)
    kept.decisions.answer(said)
    return said


def granted(kept: "Stores", decision: "Decision") -> bool:
    """Whether what waits may go: this very plan was asked about, and enough persons said yes in time."""
    from stanch.engine.decide import answered

    return answered(kept.decisions.asked(decision.plan), decision, kept.decisions.answers(decision.plan), now())


def standing(kept: "Stores", question: Question) -> bool:
    """Whether enough persons have said yes to this question in time."""
    from stanch.domain.decision import granted as complete

    return complete(question, kept.decisions.answers(question.plan), now())


def accept(kept: "Stores", step: Step, by: str, why: str) -> Step:
    """Keep a person's word for a step; raises ValueError for one that waits for nobody."""
    from stanch.engine.contain.accept import accepted

    done = accepted(step, by, why, now())
    kept.journal.write(done)
    return done


def preserve(kept: "Stores", estate: Estate, aws: Aws, incident: Incident) -> "Preserved":
    """Keep the incident's log files and the journal's head in the evidence bucket; raises VaultError or AwsError."""
    from stanch.app.evidence import preserve as keep

    steps = kept.journal.steps(incident.id)
    return keep(aws, estate.response.evidence, incident, steps, kept.journal.head(), now())
