"""`stanch lake`: keep logs as columns, so that hunting them again costs the rules only."""

import sys
from collections import Counter
from pathlib import Path
from typing import Annotated

import typer
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table

from stanch import app
from stanch.cli.face import Exit, Face, Format, WrongUse, plain, stoppable
from stanch.cli.options import STATE, Endpoint, Output, Profile, Region, StateDir
from stanch.engine.read import Tally
from stanch.stores.logs import STDIN
from stanch.stores.search import Search, is_s3

_IMPORT = """
Examples:

- `stanch lake import ./AWSLogs` keep a folder of logs; doing it again keeps only what is new

- `stanch hunt lake` then hunts what was kept
"""
_SHOW = """
Examples:

- `stanch lake show` what the lake holds, by log, account, region and day
"""


def register(cli: typer.Typer) -> None:
    """Add the verb."""
    lake = typer.Typer(help="Keep logs as columns, so that hunting them again costs the rules only.")
    lake.command(name="import", epilog=_IMPORT)(stoppable(import_))
    lake.command(name="show", epilog=_SHOW)(stoppable(show))
    cli.add_typer(lake, name="lake", no_args_is_help=True)


def import_(
    paths: Annotated[list[str], typer.Argument(help="Files and folders of logs, s3://bucket/prefix, or `-`.")],
    profile: Profile = None,
    region: Region = None,
    endpoint: Endpoint = None,
    state: StateDir = STATE,
    format_: Output = Format.TABLE,
) -> None:
    """Keep what is new of these logs in the lake; nothing is judged."""
    face = Face(format_)
    for path in paths:
        if path != STDIN and not is_s3(path) and not Path(path).exists():
            raise WrongUse(f"{path} does not exist", "give a file or a folder of logs, s3://bucket/prefix, or -")
    try:
        doorway = app.doorway(profile, region, endpoint, None) if any(map(is_s3, paths)) else None
        files = list(Search(paths, doorway=doorway, stdin=sys.stdin.buffer))
    except ValueError as error:
        raise WrongUse(str(error)) from None
    with app.lake(state).kept() as lake, _progress(face) as bar:
        task = bar.add_task("keeping", total=len(files), rate="")

        def on_file(tally: Tally) -> None:
            done = min(len(tally.digests) + tally.duplicates, len(files))
            bar.update(task, completed=done, rate=f"{tally.events:,} events")

        tally = app.lake_import(files, lake, on_file=on_file)
    face.emit(
        {
            "kind": "lake",
            "folder": str(lake.folder),
            "files_kept": len(tally.digests),
            "files_known": tally.duplicates,
            "events": tally.events,
            "files_skipped": [{"path": skip.path, "why": skip.why, "fault": skip.fault} for skip in tally.skipped],
        }
    )
    face.say(f"Kept {tally.events:,} events of {len(tally.digests):,} files in {lake.folder}.")
    if tally.duplicates:
        face.say(f"{tally.duplicates:,} files were kept before and are passed over.", style="dim")
    for skip in tally.skipped:
        face.say(f"{skip.path}: {skip.why}", style="bold yellow" if skip.fault else "dim")
    raise typer.Exit(Exit.PARTIAL if any(skip.fault for skip in tally.skipped) else Exit.DONE)


def show(state: StateDir = STATE, format_: Output = Format.TABLE) -> None:
    """Say what the lake holds: events by log, account, region and day."""
    face = Face(format_)
    lake = app.lake(state)
    if not lake.folder.is_dir():
        raise WrongUse(f"{lake.folder} is no lake", "keep some logs: `stanch lake import FOLDER`")
    rows: Counter[tuple[str, str, str, str]] = Counter()
    damaged = 0
    for unit in lake.units():
        try:
            receipt = unit.receipt()
        except (OSError, ValueError) as error:
            damaged += 1
            face.say(f"{unit.path}: cannot be read: {error}", style="bold yellow")
            continue
        for piece in receipt.pieces:
            rows[piece.log, piece.account, piece.region, piece.day] += piece.rows
    table = Table(box=None, pad_edge=False, padding=(0, 2), header_style="dim")
    for name in ("log", "account", "region", "day (UTC)", "events"):
        table.add_column(name, justify="right" if name == "events" else "left")
    for (log, account, region, day), count in sorted(rows.items()):
        face.emit({"kind": "lake", "log": log, "account": account, "region": region, "day": day, "events": count})
        table.add_row(*map(plain, (log, account or "-", region or "-", day, f"{count:,}")))
    face.say(table)
    raise typer.Exit(Exit.PARTIAL if damaged else Exit.DONE)


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
