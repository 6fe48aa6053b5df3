"""What was planted, where, and whether it still is as it was."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated

import typer
from rich.table import Table

from stanch import app
from stanch.cli import show
from stanch.cli.face import Exit, Face, Format, one_line
from stanch.cli.layout import Copied
from stanch.cli.options import STATE, Endpoint, EstateFile, Output, Profile, Region, StateDir
from stanch.contracts.aws import Aws, AwsError
from stanch.domain.step import StepState
from stanch.engine.canary.marks import INCIDENT, TEXTS

if TYPE_CHECKING:
    from stanch.app.canary import Planted
    from stanch.stores.open import Stores

LIST = """
Examples:

- `stanch canary list`: what was planted, where, and since when

- `stanch canary list --check`: looks whether it still is as it was planted; looking sets off no alarm
"""

NOTHING = "no canary was planted yet; `stanch canary plant --help` shows how"
_STATES = {
    StepState.PLANNED: "begun",
    StepState.APPLIED: "stands",
    StepState.VERIFIED: "stands",
    StepState.FAILED: "begun",
    StepState.UNDONE: "retired",
    StepState.SKIPPED: "-",
}


def list_(
    check: Annotated[bool, typer.Option("--check", help="Look whether each still is as it was planted.")] = False,
    state: StateDir = STATE,
    estate: EstateFile = None,
    profile: Profile = None,
    region: Region = None,
    endpoint_url: Endpoint = None,
    format_: Output = Format.TABLE,
) -> None:
    """Say what was planted, where, since when, and when it was last seen unchanged."""
    from stanch.app.canary import planted

    face = Face(format_)
    with app.existing(state, NOTHING) as stores:
        every = planted(stores, state)
        there = [one for one in every if one.begun and one.step.after]
        unseen = 0
        if check and there:
            unseen = _checked(face, stores, app.door_to(app.estate_at(estate), profile, region, endpoint_url), there)
            every = planted(stores, state)
        since = {step.key: step.at for step in reversed(stores.journal.history(INCIDENT)) if step.at}
    if not every:
        face.say("No canary was planted yet: `stanch canary plant --help`.")
        return
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="dim")
    for name in ("kind", "place", "what", "since", "state", "last seen"):
        table.add_column(name, overflow="fold")
    for one in every:
        begun = since.get(one.step.key)
        table.add_row(*map(one_line, _row(one, f"{begun:%Y-%m-%d}" if begun else "")))
        face.emit({"kind": "canary", "of": one.canary.kind.value, "place": one.canary.place,
                   "tenant": one.canary.tenant, "generation": one.canary.generation, "resource": one.step.resource,
                   "since": begun, "state": one.step.state.value, "seen": one.step.at,
                   "known": one.known, "why": one.step.why})  # fmt: skip
    face.say(Copied(table, frozenset({"what"})))
    changed = any(one.step.state is StepState.FAILED for one in every)
    raise typer.Exit(Exit.PARTIAL if changed or unseen else Exit.DONE)


def _checked(face: Face, stores: "Stores", aws: Aws, there: Sequence["Planted"]) -> int:
    """Look at each, tell what is not as it was, and how many could not be looked at."""
    from stanch.app.canary import looked_at

    unseen = 0
    for one in there:
        try:
            seen = looked_at(stores, aws, one)
        except AwsError as error:
            unseen += 1
            face.say(f"{one.canary.where}: could not look: {error}", style="yellow")
            continue
        if seen.state is StepState.FAILED:
            face.say(f"{one.canary.where}: {seen.why}", style="bold red")
    return unseen


def _row(one: "Planted", since: str) -> tuple[str, ...]:
    state = "changed" if one.step.state is StepState.FAILED and one.step.after else _STATES[one.step.state]
    told = state if one.known else f"{state} (of another secret: not known in texts)"
    seen = f"{one.step.at:%Y-%m-%d %H:%M}" if one.step.at and one.step.proof else "-"
    what = one.step.resource if one.canary.kind not in TEXTS else show.counted(one.canary.sentences, "sentence")
    return (one.canary.kind.value, one.canary.where, what, since, told, seen)
