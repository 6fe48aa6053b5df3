"""What changed between two snapshots, for people and for machines."""

from dataclasses import asdict
from typing import TYPE_CHECKING

from rich.table import Table

from stanch.cli import show
from stanch.cli.face import Face, one_line
from stanch.cli.layout import Copied

if TYPE_CHECKING:
    from stanch.estate.snapshot import Snapshot

_MOST = 200
_STYLES = {"new": "green", "gone": "red", "changed": "yellow"}


def tell_changes(face: Face, before: "Snapshot", after: "Snapshot") -> None:
    """One row or line for each thing that is new, gone or different; the lines tell all, the table the first."""
    from stanch.estate.changes import changes

    found = list(changes(before, after))
    for change in found:
        told = asdict(change)
        face.emit({"kind": "change", "thing": told.pop("kind"), **told, "since": before.made_at.isoformat()})
    table = Table(box=None, pad_edge=False)
    table.add_column("", no_wrap=True)
    table.add_column("thing", no_wrap=True)
    table.add_column("which", overflow="fold")
    table.add_column("what", overflow="fold")
    for change in found[:_MOST]:
        named = one_line(change.how)
        named.stylize(_STYLES[change.how])
        table.add_row(named, one_line(change.kind), one_line(change.arn), one_line(", ".join(change.fields)))
    since = f"since {before.made_at:%Y-%m-%d %H:%M:%S}Z"
    if not found:
        face.say(f"Nothing changed {since}.", style="bold")
        return
    face.say(Copied(table, frozenset({"which"})))
    if len(found) > _MOST:
        face.say(f"... and {len(found) - _MOST:,} more; --format json tells all", style="yellow")
    face.say(f"{show.counted(len(found), 'thing')} changed {since}.", style="bold")
