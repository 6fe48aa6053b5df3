"""`stanch incidents`: what was found, in which state, and what was done about it."""

from typing import TYPE_CHECKING, Annotated

import typer
from rich.table import Table
from rich.text import Text

from stanch import app
from stanch.cli import show, show_steps
from stanch.cli.face import Face, Format, one_line, stoppable
from stanch.cli.options import STATE, Output, StateDir
from stanch.contracts import lines

if TYPE_CHECKING:
    from stanch.stores.open import Stores

_EXAMPLE = """
Examples:

- `stanch incidents`: all of them, newest first

- `stanch incidents inc-20261122-3f9a1c`: one of them with its findings and steps; a unique beginning of the id will
  do
"""


def register(cli: typer.Typer) -> None:
    """Add the verb."""
    cli.command(name="incidents", epilog=_EXAMPLE)(stoppable(incidents))


def incidents(
    incident: Annotated[str | None, typer.Argument(help="One incident's id, or the beginning of it.")] = None,
    state: StateDir = STATE,
    format_: Output = Format.TABLE,
) -> None:
    """List incidents, or show one with what was done about it."""
    face = Face(format_)
    stores = app.existing(state)
    if incident is not None:
        _one(face, incident, stores)
        return
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="dim")
    for name in ("incident", "severity", "state", "first seen (UTC)"):
        table.add_column(name, no_wrap=True)
    table.add_column("what", overflow="fold")
    every = stores.incidents.all()
    for one in every:
        face.emit(lines.incident(one))
        table.add_row(
            one_line(one.id),
            Text(one.severity.word, style=show.COLOUR[one.severity]),
            one.state.value,
            f"{one.first_seen:%Y-%m-%d %H:%M}",
            one_line(f"{one.title}; {show.left(one.left)}" if one.left.objects else one.title),
        )
    face.say(table if every else "No incidents. `stanch hunt FOLDER` looks for some.")


def _one(face: Face, incident: str, stores: "Stores") -> None:
    one = stores.incidents.get(incident)
    steps = stores.journal.steps(one.id)
    for finding in one.findings:
        face.emit(lines.finding(finding))
    face.emit(lines.incident(one))
    for step in steps:
        face.emit(lines.step(step))
    face.say(show.incident(one))
    for step in steps:
        face.say(show_steps.progress(step))
