"""`stanch report`: the draft notification, its clocks and its evidence, before the clock runs out."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from stanch import app
from stanch.cli.face import Face, Format, WrongUse, stoppable
from stanch.cli.options import STATE, EstateFile, Output, StateDir

_EXAMPLE = """
Examples:

- `stanch report inc-20261122-3f9a1c --regime gdpr`: a draft whose clocks do not run yet

- `stanch report inc-20261122-3f9a1c --aware-at 2026-11-22T03:10:00+01:00 --by "J. Doe" --why "triage confirmed it"`:
  records when the organisation became aware: a decision of a person, kept with its reason
"""


def register(cli: typer.Typer) -> None:
    """Add the verb."""
    cli.command(name="report", epilog=_EXAMPLE)(stoppable(report))


def report(
    incident: Annotated[str, typer.Argument(help="The incident's id, or the beginning of it.")],
    regime: Annotated[
        list[str] | None, typer.Option("--regime", help="gdpr or nis2; repeatable; default: the estate's.")
    ] = None,
    aware_at: Annotated[
        str | None, typer.Option("--aware-at", metavar="TIME", help="When you became aware, ISO 8601 with zone.")
    ] = None,
    by: Annotated[str | None, typer.Option("--by", help="Who decided that.")] = None,
    why: Annotated[str | None, typer.Option("--why", help="Why then.")] = None,
    out: Annotated[Path | None, typer.Option("--out", help="Folder for the files; default: the state folder.")] = None,
    state: StateDir = STATE,
    estate: EstateFile = None,
    format_: Output = Format.TABLE,
) -> None:
    """Write the draft notification as Markdown and HTML; a person files it."""
    face = Face(format_)
    stores = app.existing(state)
    ours = app.estate_at(estate)
    case = stores.incidents.get(incident)
    wanted = regime or list(ours.reporting.regimes) or ["gdpr"]
    unknown = [name for name in wanted if name not in app.regimes()]
    if unknown:
        raise WrongUse(f"no regime {', '.join(unknown)}", f"there are: {', '.join(sorted(app.regimes()))}")
    if aware_at is not None:
        if not by or not why:
            raise WrongUse("awareness is a person's decision", "give --by and --why with --aware-at")
        app.decide(stores, case, _instant(aware_at), by, why)
    elif by or why:
        raise WrongUse("--by and --why record a decision", "give --aware-at with them")
    for name in wanted:
        for path in app.report(stores, ours, case, name, out or state / "reports"):
            face.emit({"kind": "report", "incident": case.id, "regime": name, "path": str(path)})
            face.say(f"wrote {path}")
    if not stores.incidents.awareness(case.id):
        face.say(
            "The clocks do not run yet: nobody has recorded when you became aware (--aware-at, --by, --why).",
            style="yellow",
        )


def _instant(text: str) -> datetime:
    try:
        when = datetime.fromisoformat(text)
    except ValueError:
        raise WrongUse(f"--aware-at {text!r} is not a time", "write it as 2026-11-22T03:10:00+01:00") from None
    if when.tzinfo is None:
        raise WrongUse("--aware-at has no zone", "add +01:00 or Z: hours count")
    if when > app.now():
        raise WrongUse("--aware-at lies in the future", "nobody is aware of what is yet to come")
    try:
        return when.astimezone(UTC)
    except OverflowError:
        raise WrongUse(f"--aware-at {text!r} lies before all that there is in UTC", "was it this century?") from None
