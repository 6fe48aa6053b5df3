"""`stanch accept`: a person answers for what a step could not do, prove or find clean."""

from typing import Annotated

import typer

from stanch import app
from stanch.cli import show_steps
from stanch.cli.deciding import By, person
from stanch.cli.face import Exit, Face, Format, WrongUse, stoppable
from stanch.cli.options import STATE, Output, StateDir
from stanch.contracts import lines
from stanch.domain.incident import IncidentState

_EXAMPLE = """
Example: `stanch accept inc-20261122-3f9a1c --action iam/look_again --why "the new role is our own deployment"` ends
what keeps the incident open, on this person's word. It is kept in the journal's hash chain.
"""


def register(cli: typer.Typer) -> None:
    """Add the verb."""
    cli.command(name="accept", epilog=_EXAMPLE)(stoppable(accept))


def accept(
    incident: Annotated[str, typer.Argument(help="The incident's id, or the beginning of it.")],
    why: Annotated[str, typer.Option("--why", help="What was looked at, and why it is in order.")],
    action: Annotated[str, typer.Option("--action", metavar="ID", help="The action of the step.")],
    resource: Annotated[
        str | None, typer.Option("--resource", metavar="ARN", help="Where the action has several steps: which.")
    ] = None,
    by: By = None,
    state: StateDir = STATE,
    format_: Output = Format.TABLE,
) -> None:
    """Answer for a step that was left out or did not hold."""
    face = Face(format_)
    stores = app.existing(state)
    case = stores.incidents.get(incident)
    steps = stores.journal.steps(case.id)
    named = [step for step in steps if step.action == action and resource in (None, step.resource)]
    if len(named) != 1:
        found = ", ".join(step.resource for step in named) or "none"
        raise WrongUse(f"{case.id} has {len(named)} steps of {action} ({found})", "name one with --resource ARN")
    if not why.strip():
        raise WrongUse("--why is empty", "say what was looked at")
    try:
        kept = app.accept(stores, named[0], person(by), why)
    except ValueError as error:
        raise WrongUse(str(error), f"stanch contain {case.id} shows the steps") from None
    settled = app.settle(stores, case, stores.journal.steps(case.id))
    face.emit(lines.step(kept))
    face.emit(lines.incident(settled))
    face.say(show_steps.progress(kept))
    if settled.state is IncidentState.CONTAINED:
        face.say(f"{case.id} is contained: nothing is left open.", style="bold green")
        return
    face.say(f"{case.id} is still open: see `stanch contain {case.id}`.", style="yellow")
    raise typer.Exit(Exit.PARTIAL)
