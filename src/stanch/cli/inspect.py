"""`stanch inspect`: look into texts for what they must not hold, without showing it."""

import sys
from collections import Counter
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from stanch.cli.face import Exit, Face, Format, WrongUse, stoppable
from stanch.cli.options import STATE, Output, OwnCode, StateDir

if TYPE_CHECKING:
    from stanch.engine.inspect import Leak

MOST = 256 << 20
"""Bytes of one text that are looked into: it is held in memory whole."""

_STDIN = "-"
_EPILOG = """
Examples:

- `stanch inspect answer.txt`: secrets and personal data of one text, hidden but for the last four characters

- `curl -s ... | stanch inspect - --fail-on secret`: exits with 10 when there is a secret

- `stanch inspect answers/*.txt --system-prompt prompt.txt --fingerprint datasets.fingerprint`: also what is recited

- `stanch inspect answers/*.txt --code ./src`: also what is repeated of source code
"""


def register(cli: typer.Typer) -> None:
    """Add the verb."""
    cli.command(name="inspect", epilog=_EPILOG)(stoppable(inspect))


def inspect(
    paths: Annotated[list[str], typer.Argument(help="Files of text, or `-` for what is piped in.")],
    system_prompt: Annotated[
        list[Path] | None, typer.Option("--system-prompt", help="A text that must not be repeated. Repeatable.")
    ] = None,
    fingerprint: Annotated[
        list[Path] | None,
        typer.Option("--fingerprint", help="Of `stanch fingerprint`; those in --state are used anyway. Repeatable."),
    ] = None,
    code: OwnCode = None,
    fail_on: Annotated[
        list[str] | None,
        typer.Option("--fail-on", metavar="CATEGORY", help="Exit 10 on a leak of this category. Repeatable."),
    ] = None,
    state: StateDir = STATE,
    format_: Output = Format.TABLE,
) -> None:
    """Look into texts for secrets, personal data, and what they repeat; nothing is shown in clear or kept."""
    from stanch.app.answers import fingerprints_in
    from stanch.app.inspecting import CATEGORIES, echoes, inspector
    from stanch.engine.inspect.encoding import readable
    from stanch.engine.inspect.fingerprint import FingerprintError

    face = Face(format_)
    if unknown := set(fail_on or ()) - CATEGORIES:
        raise WrongUse(f"{', '.join(sorted(unknown))} is no category", f"give {', '.join(sorted(CATEGORIES))}")
    try:
        known = echoes(state, system_prompt or (), fingerprints_in(state, fingerprint or ()), code or ())
        look = inspector(state, echoes=known)
    except FingerprintError as error:
        raise WrongUse(str(error), "make it again with `stanch fingerprint`, or give its --state") from None
    seen: Counter[str] = Counter()
    partly = False
    for path in paths:
        try:
            data = _read(path)
        except OSError as error:
            remedy = "; give its files" if isinstance(error, IsADirectoryError) else ""
            face.say(f"not read: {path}: {error.strerror}{remedy}", style="yellow")
            partly = True
            continue
        if len(data) > MOST:
            face.say(f"{path}: only its first {MOST >> 20} MiB were looked into; split it to look on", style="yellow")
            partly = True
        found = look.inspect(readable(data[:MOST]))
        for leak in found:
            seen[leak.category] += 1
            face.emit({**asdict(leak), "kind": "leak", "leak": leak.kind, "path": path})
            face.say(f"{path}:{leak.offset}: {_told(leak)}")
        if found.cut:
            face.say(f"{path}: so many lookalikes that not all were looked at: {', '.join(found.cut)}", style="yellow")
        size = min(len(data), MOST)
        face.emit({"kind": "inspected", "path": path, "bytes": size, "leaks": len(found), "cut": list(found.cut)})
    told = ", ".join(f"{count} {category}" for category, count in seen.most_common()) or "nothing"
    face.say(f"Found: {told}{' in what could be read' if partly else ''}.")
    if set(fail_on or ()) & set(seen):
        raise typer.Exit(Exit.FOUND)
    if partly:
        raise typer.Exit(Exit.PARTIAL)


def _read(path: str) -> bytes:
    """The text, and one byte more than is looked into where it is longer: a device never ends."""
    if path == _STDIN:
        return sys.stdin.buffer.read(MOST + 1)
    with Path(path).open("rb") as file:
        return file.read(MOST + 1)


def _told(leak: "Leak") -> str:
    about = f" of {leak.about}" if leak.about else ""
    shown = f" {leak.masked}" if leak.masked else ""
    size = f", {leak.length} bytes" if leak.length else ""  # a canary is known by its words, wherever they stand
    return f"{leak.category} {leak.kind}{about}{shown}{size}, hash {leak.digest[:12]}"
