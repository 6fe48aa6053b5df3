"""`stanch approve`: a yes or a no to one plan that waits, by one person, for the time the question stands."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from stanch import app
from stanch.cli import show
from stanch.cli.deciding import By, Why, person
from stanch.cli.face import Face, Format, WrongUse, command, stoppable
from stanch.cli.options import STATE, Output, StateDir
from stanch.contracts import lines
from stanch.domain.decision import Answer, Question, said_by

if TYPE_CHECKING:
    from stanch.stores.open import Stores

_EXAMPLE = """
Examples:

- `stanch approve 3fa94c21bd07 --by alice --why "seen with the platform team"`: says yes to exactly the plan whose
  hash begins so, as `stanch contain INCIDENT --auto` prints it. If the account changes meanwhile the plan has another
  hash, and the yes is worth nothing

- `stanch approve 3fa94c21bd07 --by carol --no --why "the release runs until 4"`: says no: it is not carried out,
  whoever said yes

- `stanch approve 3fa94c21bd07 --by carol --withdraw --why "the release is through"`: takes back what carol said, a no
  or a yes that nobody has carried out yet; everybody's other words stand
"""


def register(cli: typer.Typer) -> None:
    """Add the verb."""
    cli.command(name="approve", epilog=_EXAMPLE)(stoppable(approve))


def approve(
    plan: Annotated[str, typer.Argument(metavar="HASH", help="The plan's hash, or its first digits (6 or more).")],
    no: Annotated[bool, typer.Option("--no", help="Say no: it is not carried out, whoever said yes.")] = False,
    withdraw: Annotated[bool, typer.Option("--withdraw", help="Take back what you said to it before.")] = False,
    by: By = None,
    why: Why = "",
    state: StateDir = STATE,
    format_: Output = Format.TABLE,
) -> None:
    """Say yes or no to a plan that waits, or take it back."""
    face = Face(format_)
    if no and withdraw:
        raise WrongUse("--no and --withdraw exclude each other", "--withdraw takes back a yes as well as a no")
    stores = app.existing(state)
    question = stores.decisions.question(plan)
    if question.expires <= app.now():
        told = f"the question about {question.plan[:12]} expired at {question.expires:%Y-%m-%d %H:%M} UTC"
        raise WrongUse(told, f"ask anew: stanch contain {question.incident} --auto")
    who = person(by)
    if withdraw:
        answer = _taken_back(stores, question, who, why)
    else:
        answer = app.answer(stores, question, yes=not no, by=who, acting_as="", why=why)
    face.emit(lines.answer(answer, complete=app.standing(stores, question)))
    face.say(f"{question.incident}: {show.counted(len(question.steps), 'step')}", style="bold")
    for step in question.steps:
        face.say(f"  {step}")
    _say_how_it_stands(face, stores, question, answer, None if state == STATE else state)


def _taken_back(stores: "Stores", question: Question, who: str, why: str) -> Answer:
    """Keep it; a yes on which somebody has begun to act is not taken back, but undone."""
    begun = app.begun(stores, question)
    if begun and any(answer.yes for answer in said_by(who, app.said(stores, question))):
        many = show.counted(len(begun), "step of it was begun", "steps of it were begun")
        raise WrongUse(f"the yes was used: {many}", f"`stanch undo {question.incident}` puts back what was changed")
    try:
        return app.withdraw(stores, question, by=who, acting_as="", why=why)
    except ValueError as error:
        told = _told(app.said(stores, question))
        raise WrongUse(str(error), f"said so far: {told}; name yourself as you did then, with --by") from None


def _say_how_it_stands(face: Face, stores: "Stores", question: Question, answer: Answer, state: Path | None) -> None:
    did = "took it back" if answer.withdrawn else "said yes" if answer.yes else "said no"
    standing = app.said(stores, question)
    if app.standing(stores, question):
        enough = "and that is enough" if standing == [answer] else f"and so far it is {_told(standing)}: that is enough"
        face.say(f"{answer.by} {did}, {enough}. To carry it out:", style="bold green")
        face.say(command("contain", question.incident, "--auto", state=state))
    elif all(each.yes for each in standing):
        need = f"it needs {show.counted(question.persons, 'person')} by {question.expires:%Y-%m-%d %H:%M} UTC"
        face.say(f"{answer.by} {did}. Said so far: {_told(standing)}; {need}.", style="yellow")
    else:
        plan = f"plan {question.plan[:12]} will not be carried out"
        face.say(f"{answer.by} {did}: {plan} while a no stands. Said so far: {_told(standing)}.", style="bold red")


def _told(answers: Sequence[Answer]) -> str:
    """`alice yes, carol no`; each person once for each word."""
    words = dict.fromkeys(f"{answer.by} {'yes' if answer.yes else 'no'}" for answer in answers)
    return ", ".join(words) or "nothing"
