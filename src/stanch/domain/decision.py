"""A yes is given to one plan, by a person, for a time; it is worth nothing for another plan or a day later."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Question:
    """A plan that waits for a decision: `plan` is its hash, `steps` what would be done in words.

    `persons` is how many different persons must say yes before `expires`.
    """

    incident: str
    plan: str
    asked_at: datetime
    expires: datetime
    persons: int
    steps: tuple[str, ...] = ()
    why: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Answer:
    """What one person decided on one plan; `by` names the person, `acting_as` the credentials it was given with."""

    incident: str
    plan: str
    yes: bool
    by: str
    at: datetime
    acting_as: str = ""
    why: str = ""


def granted(question: Question, answers: Iterable[Answer], now: datetime) -> bool:
    """Whether enough different persons said yes in time, nobody said no, and the question still stands."""
    if now >= question.expires:
        return False
    given = [
        answer
        for answer in answers
        if answer.plan == question.plan and question.asked_at <= answer.at < question.expires
    ]
    persons = {answer.by.strip().casefold() for answer in given if answer.yes}
    return all(answer.yes for answer in given) and len(persons) >= question.persons
