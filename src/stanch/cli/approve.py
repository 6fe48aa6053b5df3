"""`stanch approve`: a yes or a no to one plan that waits, by one person, for the time the question stands."""

from typing import Annotated

import typer

from stanch import app
from stanch.cli import show
from stanch.cli.deciding import By, Why, person
from stanch.cli.face import Face, Format, WrongUse, command, stoppable
from stanch.cli.options import STATE, Output, StateDir
from stanch.contracts import lines

_EXAMPLE = """
Example: `stanch approve 3fa94c21bd07 --by alice --why "seen with the platform team"` says yes to exactly the plan whose
hash begins so, as `stanch contain INCIDENT` shows it. If the account changes meanwhile the plan has another hash, and
the yes is worth nothing. `--no` says no.
"""


def register(cli: typer.Typer) -> None:
    """Add the verb."""
    cli.command(name="approve", epilog=_EXAMPLE)(stoppable(approve))


def approve(
    plan: Annotated[str, typer.Argument(metavar="HASH", help="The plan's hash, or its first digits (6 or more).")],
    no: Annotated[bool, typer.Option("--no", help="Say no: it is not carried out, whoever said yes.")] = False,
    by: By = None,
    why: Why = "",
    state: StateDir = STATE,
    format_: Output = Format.TABLE,
) -> None:
    """Say yes or no to a plan that waits."""
    face = Face(format_)
    stores = app.existing(state)
    question = stores.decisions.question(plan)
    if question.expires <= app.now():
        told = f"the question about {question.plan[:12]} expired at {question.expires:%Y-%m-%d %H:%M} UTC"
        raise WrongUse(told, f"ask anew: stanch contain {question.incident} --auto")
    face.say(f"{question.incident}: {show.counted(len(question.steps), 'step')}", style="bold")
    for step in question.steps:
        face.say(f"  {step}")
    answer = app.answer(stores, question, yes=not no, by=person(by), acting_as="", why=why)
    complete = app.standing(stores, question)
    face.emit(lines.answer(answer, complete=complete))
    if no:
        face.say(f"{answer.by} said no: plan {question.plan[:12]} will not be carried out.", style="bold red")
    elif complete:
        face.say(f"{answer.by} said yes, and that is enough. To carry it out:", style="bold green")
        face.say(command("contain", question.incident, "--auto", state=None if state == STATE else state))
    else:
        face.say(f"{answer.by} said yes; it needs {show.counted(question.persons, 'person')}.", style="yellow")
