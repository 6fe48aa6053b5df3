"""Decisions wired: what of a plan goes at once, who was asked about the rest, and what each person said."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from stanch.app.clock import now
from stanch.domain.decision import Answer, Question, in_force, said_by
from stanch.domain.estate import Estate
from stanch.domain.incident import Incident
from stanch.domain.step import Step
from stanch.engine.canary.marks import INCIDENT as CANARIES

if TYPE_CHECKING:
    from stanch.engine.decide import Decision
    from stanch.stores.open import Stores


def go_ahead(kept: "Stores", estate: Estate, incident: Incident, plan: Sequence[Step]) -> "Decision":
    """What of the plan may be done at once by the estate's [response], and what waits for persons."""
    from stanch.engine.decide import HOUR, decide

    at = now()
    contained = (step for step in kept.journal.since(at - HOUR) if step.incident != CANARIES)
    recent = [*contained, *kept.journal.history(incident.id)]
    return decide(incident, plan, estate, recent, at)


def asked(kept: "Stores", estate: Estate, incident: Incident, decision: "Decision") -> Question:
    """The question that stands for this plan: the one asked before, still open and not spent, or a new one."""
    before = kept.decisions.asked(decision.plan)
    at = now()
    if before is not None and before.expires > at and decision.asked_by(before):
        return before
    question = decision.question(incident.id, at, estate.response.asking.expires_minutes)
    kept.decisions.ask(question)
    return question


def answer(kept: "Stores", question: Question, *, yes: bool, by: str, acting_as: str, why: str) -> Answer:
    """Keep one person's yes or no to exactly this plan."""
    given = Answer(question.incident, question.plan, yes, by, now(), acting_as, why)
    kept.decisions.answer(given)
    return given


def granted(kept: "Stores", decision: "Decision") -> bool:
    """Whether what waits may go: this very plan was asked about, and enough persons said yes in time."""
    from stanch.engine.decide import answered

    return answered(kept.decisions.asked(decision.plan), decision, kept.decisions.answers(decision.plan), now())


def standing(kept: "Stores", question: Question) -> bool:
    """Whether enough persons have said yes to this question in time."""
    from stanch.domain.decision import granted as complete

    return complete(question, kept.decisions.answers(question.plan), now())


def said(kept: "Stores", question: Question) -> list[Answer]:
    """What persons have said to this question and not taken back, oldest first."""
    return in_force(question, kept.decisions.answers(question.plan))


def withdraw(kept: "Stores", question: Question, *, by: str, acting_as: str, why: str) -> Answer:
    """Keep that a person takes back what he said to this question; raises ValueError where nothing of his stands."""
    if not said_by(by, said(kept, question)):
        raise ValueError(f"{by} has said nothing to plan {question.plan[:12]} that stands")
    taken = Answer(question.incident, question.plan, False, by, now(), acting_as, why, withdrawn=True)
    kept.decisions.answer(taken)
    return taken


def begun(kept: "Stores", question: Question) -> list[Step]:
    """The steps asked about that somebody has begun since: taking back a yes stops them no more."""
    from stanch.engine.contain.undo import can_be_undone
    from stanch.engine.decide import in_words

    later = (step for step in kept.journal.steps(question.incident) if step.at and step.at >= question.asked_at)
    return [step for step in later if can_be_undone(step) and in_words(step) in question.steps]


def accept(kept: "Stores", step: Step, by: str, why: str) -> Step:
    """Keep a person's word for a step; raises ValueError for one that waits for nobody."""
    from stanch.engine.contain.accept import accepted

    done = accepted(step, by, why, now())
    kept.journal.write(done)
    return done
