"""`stanch hunt`: search logs for a leak."""

import sys
from pathlib import Path
from typing import Annotated

import typer
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from stanch import app
from stanch.cli import show
from stanch.cli.face import Exit, Face, Format, WrongUse, command, stoppable
from stanch.cli.options import STATE, EstateFile, Output, StateDir
from stanch.contracts import lines
from stanch.contracts.source import LogFile
from stanch.contracts.store import StoreError
from stanch.domain.coverage import Coverage
from stanch.domain.incident import Incident
from stanch.domain.severity import Severity
from stanch.engine.read import Tally
from stanch.estate.values import size
from stanch.stores.logs import STDIN, Piped, found
from stanch.stores.text import require_writable

_EXAMPLE = """
Examples:

- `stanch hunt ./AWSLogs` search a folder of CloudTrail files in delivery layout

- `zcat trail.json.gz | stanch hunt -` search what is piped in

- `stanch hunt ./AWSLogs --format json --fail-on high` for machines: JSON Lines, exit code 10 when it is serious
"""


def register(cli: typer.Typer) -> None:
    """Add the verb."""
    cli.command(name="hunt", epilog=_EXAMPLE)(stoppable(hunt))


def hunt(
    paths: Annotated[list[Path], typer.Argument(help="Files and folders of logs; `-` for standard input.")],
    estate: EstateFile = None,
    rules: Annotated[Path | None, typer.Option("--rules", help="A folder of Sigma rules to run as well.")] = None,
    only_rules: Annotated[bool, typer.Option("--only-rules", help="Leave stanch's own detections out.")] = False,
    fail_on: Annotated[
        str | None, typer.Option("--fail-on", metavar="SEVERITY", help="Exit 10 on findings this severe.")
    ] = None,
    max_inflated: Annotated[
        str, typer.Option("--max-inflated", metavar="SIZE", help="Bound on one file once inflated.")
    ] = "2GiB",
    state: StateDir = STATE,
    format_: Output = Format.TABLE,
) -> None:
    """Search logs for a leak: who read what, through whom, how far it got."""
    face = Face(format_)
    threshold = _severity(fail_on)
    limit = _bytes(max_inflated)
    if only_rules and rules is None:
        raise WrongUse("--only-rules leaves nothing to search for", "give --rules DIR too")
    if rules is not None and not rules.is_dir():
        raise WrongUse(f"--rules {rules} is not a folder")
    ours = app.estate_at(estate)
    require_writable(state)
    files = _files(paths)
    with _progress(face) as bar:
        task = bar.add_task("reading", total=len(files), rate="")

        def on_file(tally: Tally) -> None:
            bar.update(task, advance=1, rate=f"{tally.events:,} events")

        result = app.hunt(files, ours, app.rules(rules, own=not only_rules), limit=limit, on_file=on_file)
    known, kept = _kept(face, state, result.incidents)
    _tell(face, known, result, declared=bool(ours.assets or ours.perimeter.accounts))
    if known and kept:
        face.say("Next, the plan of containment, which touches nothing:")
        face.say(command("contain", known[0].id, state=None if state == STATE else state, estate=estate))
    code = _code(known, result.coverage, threshold)
    raise typer.Exit(code if kept or code is Exit.FOUND else Exit.PARTIAL)


def _files(paths: list[Path]) -> list[LogFile]:
    files: list[LogFile] = []
    for path in paths:
        if str(path) == STDIN:
            files.append(Piped(sys.stdin.buffer))
        elif not path.exists() and not path.is_symlink():
            raise WrongUse(
                f"{path} does not exist", "give a file or a folder of CloudTrail logs, or - for standard input"
            )
        else:
            files.extend(found([path]))
    return files


def _kept(face: Face, state: Path, incidents: list[Incident]) -> tuple[list[Incident], bool]:
    """What was found, durable before it is told, and whether it could be kept; a quiet hunt leaves nothing behind."""
    if not incidents:
        return [], True
    try:
        with app.stores(state) as stores:
            return stores.incidents.save(incidents), True
    except StoreError as error:
        face.say(f"NOT KEPT: {error}; what was found is told here only", style="bold red")
        return incidents, False


def _bytes(text: str) -> int:
    try:
        return size(text)
    except ValueError as error:
        raise WrongUse(f"--max-inflated: {error}") from None


def _progress(face: Face) -> Progress:
    return Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("{task.fields[rate]}"),
        TimeRemainingColumn(),
        console=face.err,
        transient=True,
        disable=not face.err.is_terminal,
    )


def _tell(face: Face, known: list[Incident], result: app.Hunted, *, declared: bool) -> None:
    for one in known:
        for finding in one.findings:
            face.emit(lines.finding(finding))
    for one in known:
        face.emit(lines.incident(one))
    face.emit(lines.coverage(result.coverage))
    for one in known:
        face.say(show.incident(one))
    if not known:
        _quiet(face, result.coverage)
    if not declared:
        _undeclared(face, result)
    face.say(show.coverage(result.coverage))


def _quiet(face: Face, coverage: Coverage) -> None:
    if not coverage.events or not coverage.detections_run:
        face.say("Nothing was searched: no event was read, or no detection ran.", style="bold yellow")
    elif coverage.complete:
        face.say("Nothing found that stanch would call a leak.", style="green")
    else:
        face.say("Nothing found in what could be read; see below what could not.", style="bold yellow")


def _undeclared(face: Face, result: app.Hunted) -> None:
    ours = ", ".join(result.accounts) or "unknown"
    for line in (
        f"No estate declared: stores are of kind unknown and the perimeter is the logs' own accounts ({ours}).",
        "Reads inside them cannot be told from theft. `stanch init` writes stanch.toml, where you say what is yours.",
    ):
        face.say(line, style="yellow")


def _severity(word: str | None) -> Severity | None:
    if word is None:
        return None
    try:
        return Severity.of(word)
    except ValueError as error:
        raise WrongUse(f"--fail-on: {error}") from None


def _code(known: list[Incident], coverage: Coverage, threshold: Severity | None) -> Exit:
    if threshold is not None and any(f.severity >= threshold for one in known for f in one.findings):
        return Exit.FOUND
    searched = coverage.complete and coverage.files_read > 0 and coverage.detections_run > 0
    return Exit.DONE if searched else Exit.PARTIAL
