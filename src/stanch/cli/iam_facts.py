"""The facts that are asked, from a file or a snapshot, and what to do about what they lack: for all verbs alike."""

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from stanch.app.iam_facts import Facts, facts_of, facts_seen
from stanch.app.snapshot import FOLDER
from stanch.cli.face import Exit, Face, WrongUse, plain
from stanch.contracts.collector import Unknown
from stanch.iam.reading import FactsError, Missing, MissingPolicy

FactsFile = Annotated[
    str | None,
    typer.Argument(
        metavar="[FILE.json]",
        help="What AWS answers about the accounts, or `-` for standard input; default: the snapshot.",
    ),
]
SnapshotDir = Annotated[
    Path | None,
    typer.Option(
        "--snapshot", metavar="DIR", help="A snapshot instead of a file; default: the one in the state folder."
    ),
]
MissingUnknown = Annotated[
    bool, typer.Option("--missing-unknown", help="A policy whose text is not in the file may say anything.")
]

_MOST_GAPS = 10


def missing(*, unknown: bool) -> Missing:
    """What an attached policy is whose text the file lacks."""
    return "unknown" if unknown else "error"


def snapshot_folder(path: str | Path | None, snapshot: Path | None, state: Path) -> Path | None:
    """The snapshot to read; None for a file. Raises WrongUse for both."""
    if path is None:
        return snapshot or state / FOLDER
    if snapshot is not None:
        raise WrongUse(f"{path} and --snapshot are two sources of facts", "give one of them")
    return None


def facts(
    path: str | None, snapshot: Path | None, state: Path, *, unknown: bool = False, about: Sequence[str] = ()
) -> Facts:
    """The facts in the file, or those in the snapshot. about: ARNs that will be asked for. Raises WrongUse."""
    folder = snapshot_folder(path, snapshot, state)
    try:
        if folder is not None:
            return facts_seen(folder, about)
        return facts_of(str(path), missing(unknown=unknown))
    except MissingPolicy as error:
        raise WrongUse(str(error), "with --missing-unknown it does") from None
    except FactsError as error:
        raise WrongUse(str(error)) from None


def ended(face: Face, read: Facts) -> typer.Exit:
    """Tell what of the snapshot was not seen and bears on the answers; how the verb ends."""
    tell_edited(face, read.edited)
    tell_gaps(face, read.gaps, read.where)
    return typer.Exit(Exit.PARTIAL if read.gaps else Exit.DONE)


def tell_edited(face: Face, files: Sequence[str]) -> None:
    """The files of a snapshot that somebody changed."""
    for name in files:
        face.err.print(plain(f"{name} of the snapshot is not as it was written"), style="yellow", soft_wrap=True)


def tell_gaps(face: Face, gaps: Sequence[Unknown], where: str) -> None:
    """What could not be seen, a line each for machines; the first for people."""
    for gap in gaps:
        face.emit({"kind": "unknown", "operation": gap.operation, "code": gap.code, "permission": gap.permission,
                   "of": gap.of, "why": gap.why})  # fmt: skip
    for gap in gaps[:_MOST_GAPS]:
        need = f"needs {gap.permission}" if gap.permission else gap.code
        face.say(f"not seen: {gap.of}: {gap.operation}: {need}; the answers take it for unknown", style="yellow")
    if len(gaps) > _MOST_GAPS:
        face.say(f"... and {len(gaps) - _MOST_GAPS} more, all in {where}", style="yellow")
