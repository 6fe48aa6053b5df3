"""`stanch scan`: read the configuration once, and judge it."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from stanch import app
from stanch.app import scan as scanning
from stanch.app.knowledge import shelf
from stanch.cli import show, show_scan
from stanch.cli.face import Exit, Face, Format, WrongUse, command, stoppable
from stanch.cli.options import (
    STATE,
    Endpoint,
    EstateFile,
    LookIn,
    Output,
    Profile,
    Region,
    Role,
    StateDir,
    severity_of,
)
from stanch.cli.snapshot import kept_in, take
from stanch.contracts import lines
from stanch.domain.verdict import Row, Ruling
from stanch.engine.read import Tally
from stanch.stores.logs import found
from stanch.stores.text import require_writable, written

if TYPE_CHECKING:
    from stanch.domain.event import Event
    from stanch.engine.posture import Asked
    from stanch.estate.snapshot import Snapshot

_MOST_UNKNOWN = 12
_EXAMPLE = """
Examples:

- `stanch scan`: look at the account of your credentials and judge it

- `stanch scan --snapshot .stanch/snapshot`: judge what `stanch snapshot` kept, without any call

- `stanch scan --row "public by policy" --row trust --details`: two failure points, every hole with its remedy

- `stanch scan --logs ./AWSLogs`: replay these events against the alarms: which would never have rung

- `stanch scan --html scan.html --asff findings.json --ocsf findings.jsonl`: for people, Security Hub and a SIEM

- `stanch scan --format json --fail-on high`: for a pipeline: one verdict a line, exit code 10 when it is serious

Nothing is changed in any account. Exit code 3 when something could not be judged; it is listed.
"""


def register(cli: typer.Typer) -> None:
    """Add the verb."""
    cli.command(name="scan", epilog=_EXAMPLE)(stoppable(scan))


def scan(
    snapshot: Annotated[
        Path | None, typer.Option("--snapshot", help="Judge this snapshot instead of looking anew.")
    ] = None,
    only: Annotated[
        list[str] | None,
        typer.Option("--check", metavar="ID", help="These checks alone, or a folder of them. Repeatable."),
    ] = None,
    row: Annotated[
        list[str] | None, typer.Option("--row", metavar="NAME", help="These failure points alone. Repeatable.")
    ] = None,
    logs: Annotated[
        list[Path] | None, typer.Option("--logs", metavar="PATH", help="CloudTrail's logs, for alarms. Repeatable.")
    ] = None,
    details: Annotated[bool, typer.Option("--details", help="Tell every hole in full, with its remedy.")] = False,
    html: Annotated[Path | None, typer.Option("--html", metavar="FILE", help="Write a report for a browser.")] = None,
    asff: Annotated[
        Path | None, typer.Option("--asff", metavar="FILE", help="Write findings for Security Hub (ASFF).")
    ] = None,
    ocsf: Annotated[
        Path | None, typer.Option("--ocsf", metavar="FILE", help="Write OCSF compliance findings, one a line.")
    ] = None,
    insights: Annotated[
        Path | None, typer.Option("--insights", metavar="FILE", help="Write Security Hub insights (CloudFormation).")
    ] = None,
    fail_on: Annotated[
        str | None, typer.Option("--fail-on", metavar="SEVERITY", help="Exit 10 on holes this severe.")
    ] = None,
    role: Role = None,
    regions: LookIn = None,
    state: StateDir = STATE,
    estate: EstateFile = None,
    profile: Profile = None,
    region: Region = None,
    endpoint_url: Endpoint = None,
    format_: Output = Format.TABLE,
) -> None:
    """Find the holes through which data could leave, and what closes each."""
    face = Face(format_)
    threshold = severity_of(fail_on)
    todo = _asked(only or (), row or ())
    tally = Tally()
    events = _events(logs, tally)
    ours = app.estate_at(estate)
    if snapshot is None:
        require_writable(state)
        seen = take(face, ours, app.door_to(ours, profile, region, endpoint_url), state, role=role, regions=regions)
    else:
        seen = kept_in(snapshot)
    columns = (TextColumn("judging"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=face.err, transient=True, disable=not face.err.is_terminal) as bar:
        task = bar.add_task("judging", total=len(todo))
        result = scanning.scan(seen, ours, todo, events=events, tally=tally, on_check=lambda _: bar.advance(task))
    written_to = _write(result, seen, html=html, asff=asff, ocsf=ocsf, insights=insights)
    _tell(face, result, details=details, declared=bool(ours.assets))
    for path in written_to:
        face.emit({"kind": "report", "path": str(path)})
        face.say(f"Wrote {path}.")
    face.emit(lines.coverage(result.coverage))
    worst = max((one.severity for one in result.verdicts if one.ruling is Ruling.FAIL), default=None)
    if threshold is not None and worst is not None and worst >= threshold:
        raise typer.Exit(Exit.FOUND)
    raise typer.Exit(Exit.DONE if result.complete else Exit.PARTIAL)


def _asked(only: Sequence[str], named: Sequence[str]) -> "list[Asked]":
    known = {unit.id for unit in shelf("checks", ".py")}
    for name in only:
        if name not in known and not any(one.startswith(f"{name}/") for one in known):
            folders = sorted({one.split("/")[0] for one in known})
            raise WrongUse(f"there is no check {name!r}", f"there are checks in {', '.join(folders)}")
    todo = scanning.asked(only, [_row(name) for name in named])
    if not todo:
        raise WrongUse("no check is of these rows and ids together", "give one of the two")
    return todo


def _row(name: str) -> Row:
    """The row whose name begins so, in any case."""
    fitting = [row for row in Row if row.value.lower().startswith(name.lower())]
    exact = [row for row in fitting if row.value.lower() == name.lower()]
    if len(exact or fitting) != 1:
        raise WrongUse(f"--row {name!r} names no single row", f"there is {', '.join(row.value for row in Row)}")
    return (exact or fitting)[0]


def _events(paths: Sequence[Path] | None, tally: Tally) -> "list[Event] | None":
    if paths is None:
        return None
    for path in paths:
        if not path.exists():
            raise WrongUse(f"--logs {path} does not exist", "give a file or a folder of CloudTrail's logs")
    return scanning.calls_in(found(paths), tally)


def _write(
    result: scanning.Scanned,
    seen: "Snapshot",
    *,
    html: Path | None,
    asff: Path | None,
    ocsf: Path | None,
    insights: Path | None,
) -> list[Path]:
    """Every file that was asked for."""
    texts = {
        html: lambda: scanning.page(result, seen),
        asff: lambda: scanning.asff(result, seen),
        ocsf: lambda: scanning.ocsf(result, seen),
        insights: scanning.insights,
    }
    return [written(path, text()) for path, text in texts.items() if path is not None]


def _tell(face: Face, result: scanning.Scanned, *, details: bool, declared: bool) -> None:
    for one in result.verdicts:
        face.emit(lines.verdict(one))
    if face.machine:
        return
    found_holes = show_scan.holes(result.verdicts)
    if found_holes:
        face.say(show_scan.table(found_holes, face.out.width))
        face.say(show_scan.details(found_holes, every=details))
        face.say("")
    else:
        face.say("No hole found.", style="green")
    for line in show_scan.unknowns(result.verdicts, _MOST_UNKNOWN):
        face.say(line)
    for failure in result.coverage.detections_failed:
        face.say(f"not judged: {failure.id}: {failure.why}", style="red")
    for line in show.skips(result.coverage.files_skipped):
        face.say(line)
    face.say(show_scan.rows(result.verdicts, result.rows))
    if not declared:
        face.say("Nobody has declared what is dear: holes weigh less than they may. Next:", style="yellow")
        face.say(command("init"))
    elif found_holes and not details:
        face.say("Every hole with what closes it: the same command with --details.", style="dim")
