"""`stanch snapshot`: what the accounts are configured as, looked at once and kept for every other question."""

import json
import shutil
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from stanch import app
from stanch.app import snapshot as looked
from stanch.app.iam_exposed import read_snapshot
from stanch.cli import show
from stanch.cli.changes import tell_changes
from stanch.cli.face import Exit, Face, Format, WrongUse, command, one_line, stoppable
from stanch.cli.iam_facts import tell_edited
from stanch.cli.options import (
    STATE,
    Endpoint,
    EstateFile,
    LookIn,
    Output,
    Permissions,
    Profile,
    Region,
    Role,
    StateDir,
)

if TYPE_CHECKING:
    from stanch.contracts.aws import Aws
    from stanch.domain.estate import Estate
    from stanch.estate.looking import Errand
    from stanch.estate.snapshot import Seen, Snapshot

_MOST_UNKNOWNS = 20
_MOST_WORDS = 160
"""Characters of AWS's own message that a line shows; the snapshot keeps it whole."""
_EXAMPLE = """
Examples:

- `stanch snapshot`: the account of your credentials, in the regions of stanch.toml, into .stanch/snapshot

- `stanch snapshot --role stanch-reader`: every account of the perimeter, through that role

- `stanch snapshot --diff .stanch/snapshot`: look anew, keep it there, and tell what changed since

- `stanch snapshot --diff monday --to friday`: what changed between two snapshots, without any call

- `stanch snapshot --permissions`: the policy that the reading role needs

Nothing is changed in any account. Exit code 3 when something could not be seen; it is listed, and kept in the snapshot.
"""


def register(cli: typer.Typer) -> None:
    """Add the verb."""
    cli.command(name="snapshot", epilog=_EXAMPLE)(stoppable(snapshot))


def snapshot(
    out: Annotated[
        Path | None, typer.Option("--out", help="The folder to write; default: snapshot in the state folder.")
    ] = None,
    role: Role = None,
    regions: LookIn = None,
    only: Annotated[
        list[str] | None, typer.Option("--only", metavar="SERVICE", help="These services alone. Repeatable.")
    ] = None,
    permissions: Permissions = False,
    diff: Annotated[
        Path | None, typer.Option("--diff", metavar="OLD", help="Tell what changed since the snapshot in this folder.")
    ] = None,
    to: Annotated[
        Path | None, typer.Option("--to", metavar="NEW", help="With --diff: compare with this one, without looking.")
    ] = None,
    state: StateDir = STATE,
    estate: EstateFile = None,
    profile: Profile = None,
    region: Region = None,
    endpoint_url: Endpoint = None,
    format_: Output = Format.TABLE,
) -> None:
    """Look at the accounts' configuration and keep it."""
    face = Face(format_)
    if permissions:
        print_policy(looked.permissions())
        return
    known = {name.split("/")[0] for name in looked.collectors()}
    strange = sorted({*(only or ())} - known)
    if strange:
        raise WrongUse(f"there is no service {strange[0]!r}", f"there is {', '.join(sorted(known))}")
    if to and not diff:
        raise WrongUse("--to needs the snapshot to compare with", "give it with --diff OLD")
    before = kept_in(diff) if diff else None
    if before and to:
        made = kept_in(to)
    else:
        ours = app.estate_at(estate)
        aws = app.door_to(ours, profile, region, endpoint_url)
        folder = out or state / looked.FOLDER
        made = _made(face, ours, aws, folder, role=role, regions=regions, only=only)
        _tell(face, made, folder)
    if before:
        tell_edited(face, [*before.edited, *(made.edited if to else ())])
        tell_changes(face, before, made)
    else:
        face.say("Next, judge it, without any call:")
        face.say(command("scan", snapshot=folder, estate=estate))
    raise typer.Exit(Exit.PARTIAL if made.unknowns else Exit.DONE)


def print_policy(actions: Iterable[str]) -> None:
    """Print the policy that lets a role look, as IAM takes it."""
    statement = {"Sid": "StanchLooks", "Effect": "Allow", "Action": [*actions], "Resource": "*"}
    print(json.dumps({"Version": "2012-10-17", "Statement": [statement]}, indent=1))  # noqa: T201 - the answer


def kept_in(folder: Path) -> "Snapshot":
    """The snapshot that lies there; raises WrongUse where none does."""
    try:
        return read_snapshot(folder)
    except ValueError as error:
        raise WrongUse(str(error)) from None


def take(
    face: Face, ours: "Estate", aws: "Aws", state: Path, *, role: str | None, regions: Sequence[str] | None
) -> "Snapshot":
    """Look at all there is, with a bar for people, and keep it in the state folder."""
    return _made(face, ours, aws, state / looked.FOLDER, role=role, regions=regions, only=None)


def _made(
    face: Face,
    ours: "Estate",
    aws: "Aws",
    folder: Path,
    *,
    role: str | None,
    regions: Sequence[str] | None,
    only: Sequence[str] | None,
) -> "Snapshot":
    refuse_other_content(folder)
    todo, closed = looked.planned(aws, ours, role=role, regions=regions or [], only=only or [])
    return look_with_bar(face, todo, closed, folder)


def refuse_other_content(folder: Path, option: str = "--out") -> None:
    """A folder that is replaced whole must be a snapshot."""
    if folder.exists() and (not folder.is_dir() or (any(folder.iterdir()) and not (folder / "index.json").exists())):
        raise WrongUse(f"{folder} exists and is no snapshot", f"give another folder with {option}")


def look_with_bar(face: Face, todo: Sequence["Errand"], closed: Sequence["Seen"], folder: Path) -> "Snapshot":
    """Run these errands, with a bar for people, and keep what they saw in a folder."""
    columns = (TextColumn("looking"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=face.err, transient=True, disable=not face.err.is_terminal) as bar:
        task = bar.add_task("looking", total=len(todo))

        def seen(_: "Seen") -> None:
            bar.advance(task)

        def slow(where: str) -> None:
            bar.console.print(one_line(f"AWS throttles {where}: going on more slowly"), style="yellow")

        return looked.look(todo, closed, folder, seen, slow)


def _tell(face: Face, made: "Snapshot", folder: Path) -> None:
    for unknown in made.unknowns:
        face.emit({"kind": "unknown", "operation": unknown.operation, "code": unknown.code,
                   "permission": unknown.permission, "of": unknown.of, "why": unknown.why,
                   "account": unknown.account, "region": unknown.region})  # fmt: skip
    counts: dict[str, int] = {}
    for place in made.places:
        counts[place.thing.kind] = counts.get(place.thing.kind, 0) + 1
    face.emit({"kind": "snapshot", "folder": str(folder), "made_at": made.made_at.isoformat(),
               "accounts": list(made.accounts), "regions": list(made.regions), "things": counts,
               "unknowns": len(made.unknowns)})  # fmt: skip
    table = Table(box=None, pad_edge=False, width=min(shutil.get_terminal_size().columns, 60))
    table.add_column("thing")
    table.add_column("seen", justify="right")
    for kind, count in sorted(counts.items()):
        table.add_row(one_line(kind), f"{count:,}")
    face.say(table)
    for unknown in made.unknowns[:_MOST_UNKNOWNS]:
        need = f"needs {unknown.permission}" if unknown.permission else f"{unknown.code}: {unknown.why[:_MOST_WORDS]}"
        where = f" in {unknown.account}" if len(made.accounts) > 1 and unknown.account not in unknown.of else ""
        face.say(f"not seen{where}: {unknown.of}: {unknown.operation}: {need}", style="yellow")
    if len(made.unknowns) > _MOST_UNKNOWNS:
        face.say(
            f"... and {len(made.unknowns) - _MOST_UNKNOWNS} more, all in {folder / 'unknowns.jsonl'}", style="yellow"
        )
    face.say(f"{show.counted(len(made.places), 'thing')} kept in {folder}", style="bold")
