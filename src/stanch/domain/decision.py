"""A yes is given to one plan, by a person, for a time; it is worth nothing for another plan or a day later."""

import unicodedata
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
    """What one person decided on one plan; `by` names the person, `acting_as` the credentials it was given with.

    `withdrawn` takes back what this person said to it before. It is no yes: whoever does not know the word reads a no.
    """

    incident: str
    plan: str
    yes: bool
    by: str
    at: datetime
    acting_as: str = ""
    why: str = ""
    withdrawn: bool = False


def person_named(given: str) -> str:
    """The name by which a person's decisions are kept and counted; raises ValueError for one that nobody could read.

    Letters that only look different (full width, composed) are one; what is invisible would make one person two.
    """
    name = " ".join(unicodedata.normalize("NFKC", given).split())
    if not name or any(unicodedata.category(letter)[0] == "C" for letter in name):
        raise ValueError(f"{given!r} is no name")
    return name


def granted(question: Question, answers: Iterable[Answer], now: datetime) -> bool:
    """Whether enough different persons said yes in time, no no stands, and the question still stands."""
    if now >= question.expires:
        return False
    given = in_force(question, answers)
    persons = {_known_as(answer.by) for answer in given if answer.yes}
    return all(answer.yes for answer in given) and len(persons) >= question.persons


def in_force(question: Question, answers: Iterable[Answer]) -> list[Answer]:
    """What counts of the answers, oldest first: given in time, and not taken back since by whoever gave it."""
    found: list[Answer] = []
    for answer in answers:
        if answer.plan != question.plan or not question.asked_at <= answer.at < question.expires:
            continue
        if answer.withdrawn:
            found = [kept for kept in found if _known_as(kept.by) != _known_as(answer.by)]
        else:
            found.append(answer)
    return found


def said_by(person: str, answers: Iterable[Answer]) -> list[Answer]:
    """Those of one person, with whatever capitals and spaces the name was written."""
    return [answer for answer in answers if _known_as(answer.by) == _known_as(person)]


def _known_as(name: str) -> str:
    return name.strip().casefold()
