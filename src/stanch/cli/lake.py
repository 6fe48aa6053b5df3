"""`stanch lake`: keep logs as columns, so that hunting them again costs the rules only."""

import sys
from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

from stanch import app
from stanch.cli import show as shown
from stanch.cli.face import Exit, Face, Format, Stopped, WrongUse, one_line, stoppable
from stanch.cli.options import (
    MAX_INFLATED,
    STATE,
    Endpoint,
    MaxInflated,
    Output,
    Profile,
    Region,
    StateDir,
    bound_of,
)
from stanch.cli.progress import Bar
from stanch.contracts import lines
from stanch.contracts.source import LogFile
from stanch.engine.read import Tally
from stanch.stores.lake import Lake
from stanch.stores.listing import Listing
from stanch.stores.logs import STDIN
from stanch.stores.search import Search, is_s3

_IMPORT = """
Examples:

- `stanch lake import ./AWSLogs`: keep a folder of logs; doing it again keeps only what is new

- `stanch hunt lake`: then hunts what was kept
"""
_SHOW = """
Examples:

- `stanch lake show`: what the lake holds, by log, account, region and day
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
    max_inflated: MaxInflated = MAX_INFLATED,
    state: StateDir = STATE,
    format_: Output = Format.TABLE,
) -> None:
    """Keep what is new of these logs in the lake; nothing is judged."""
    face = Face(format_)
    limit = bound_of(max_inflated)
    for path in paths:
        if path != STDIN and not is_s3(path) and not Path(path).exists():
            raise WrongUse(f"{path} does not exist", "give a file or a folder of logs, s3://bucket/prefix, or -")
    try:
        doorway = app.doorway(profile, region, endpoint, None) if any(map(is_s3, paths)) else None
        search = Search(paths, doorway=doorway, stdin=sys.stdin.buffer)
    except ValueError as error:
        raise WrongUse(str(error)) from None
    try:
        lake, tally = _kept(face, state, search, limit)
    except KeyboardInterrupt:
        raise Stopped("what is in the lake is whole, and the same command goes on with the rest") from None
    kept = sum(tally.logs.values())
    face.emit(
        {
            "kind": "lake",
            "folder": str(lake.folder),
            "files_kept": kept,
            "files_known": tally.duplicates,
            "events": tally.events,
            "files_skipped": list(map(lines.skipped, tally.skipped)),
        }
    )
    face.say(f"Kept {shown.counted(tally.events, 'event')} of {shown.counted(kept, 'file')} in {lake.folder}.")
    if tally.duplicates:
        known = shown.counted(tally.duplicates, "file was kept before and is", "files were kept before and are")
        face.say(f"{known} passed over.", style="dim")
    for line in shown.skips(tally.skipped):
        face.say(line)
    raise typer.Exit(Exit.PARTIAL if any(skip.fault for skip in tally.skipped) else Exit.DONE)


def _kept(face: Face, state: Path, search: Iterable[LogFile], limit: int) -> tuple[Lake, Tally]:
    """The lake with all that is new of these logs in it, and what came of them."""
    with app.lake(state).kept() as lake, Bar(face, "listing") as bar:
        files = Listing(search)
        bar.expect(len(files), "keeping")

        def on_file(tally: Tally) -> None:
            bar.move(len(tally.digests) + tally.duplicates, tally.events)

        tally = app.lake_import(files, lake, limit=limit, on_file=on_file)
        tally.skipped += lake.damaged
        return lake, tally


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
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="dim")
    for name in ("log", "account", "region", "day (UTC)", "events"):
        table.add_column(name, justify="right" if name == "events" else "left")
    for (log, account, region, day), count in sorted(rows.items()):
        face.emit({"kind": "lake", "log": log, "account": account, "region": region, "day": day, "events": count})
        table.add_row(*map(one_line, (log, account or "-", region or "-", day, f"{count:,}")))
    face.say(table)
    raise typer.Exit(Exit.PARTIAL if damaged else Exit.DONE)
