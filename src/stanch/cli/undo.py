"""`stanch undo`: put back what stanch changed, where it still is as stanch left it."""

import sys
from collections.abc import Sequence
from typing import Annotated

import typer

from stanch import app
from stanch.cli import show, show_steps
from stanch.cli.face import Exit, Face, Format, WrongUse, stoppable
from stanch.cli.options import STATE, Endpoint, EstateFile, Output, Profile, Region, StateDir
from stanch.contracts import lines
from stanch.domain.step import Step, StepState

_EXAMPLE = """
Example: `stanch undo inc-20261122-3f9a1c` restores, step by step in reverse order, whatever nobody changed since;
where somebody did, it stops at that step and shows the difference. `--resource ARN` undoes one resource alone.
"""


def register(cli: typer.Typer) -> None:
    """Add the verb."""
    cli.command(name="undo", epilog=_EXAMPLE)(stoppable(undo))


def undo(
    incident: Annotated[str, typer.Argument(help="The incident's id, or the beginning of it.")],
    resource: Annotated[
        list[str] | None, typer.Option("--resource", metavar="ARN", help="Only what was done to this. Repeatable.")
    ] = None,
    action: Annotated[
        list[str] | None, typer.Option("--action", metavar="ID", help="Only this action's steps. Repeatable.")
    ] = None,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    state: StateDir = STATE,
    estate: EstateFile = None,
    profile: Profile = None,
    region: Region = None,
    endpoint_url: Endpoint = None,
    format_: Output = Format.TABLE,
) -> None:
    """Restore what containment changed, comparing before restoring."""
    face = Face(format_)
    stores = app.existing(state)
    case = stores.incidents.get(incident)

    def chosen(step: Step) -> bool:
        return (not resource or step.resource in resource) and (not action or step.action in action)

    from stanch.engine.contain import can_be_undone

    standing = [step for step in stores.journal.steps(case.id) if can_be_undone(step) and chosen(step)]
    if not standing:
        # Killed between the last step and its verdict, an earlier run may have left the incident its old state.
        app.settle(stores, case, stores.journal.steps(case.id))
        named = " of that resource or action" if resource or action else ""
        face.say(f"{case.id} has no step{named} that could be undone.")
        return
    _warn(face, standing)
    if not yes:
        if not sys.stdin.isatty():
            raise WrongUse("there is no terminal to ask on", "give --yes to undo without asking")
        face.say(show_steps.steps(standing))
        if not typer.confirm(f"Undo {show.counted(len(standing), 'step')}?", err=True):
            return
    ours = app.estate_at(estate)
    work = app.containment(stores, ours, app.door(ours, case, profile, region, endpoint_url))
    done = work.undo(case.id, lambda step: _live(face, step), chosen=chosen)
    app.settle(stores, case, stores.journal.steps(case.id))
    refused = [step for step in done if step.state is not StepState.UNDONE]
    if refused:
        face.say(f"Not undone: {len(refused)} of {len(done)}; the reason stands above.", style="bold red")
        raise typer.Exit(Exit.PARTIAL)
    face.say("Undone: what stanch changed is as it was. Evidence, where any was taken, is kept.", style="bold green")


def _warn(face: Face, standing: Sequence[Step]) -> None:
    """Undo gives back what strangers had: that is for a person to want."""
    from stanch.contracts.action import Affects

    known = app.actions()
    for step in standing:
        if step.before and step.action in known and known[step.action].AFFECTS is Affects.STRANGERS:
            face.say(f"This gives strangers back what they had: {step.action} on {step.resource}", style="yellow")


def _live(face: Face, step: Step) -> None:
    face.emit(lines.step(step))
    face.say(show_steps.progress(step) if step.state is StepState.UNDONE else show_steps.not_undone(step))
