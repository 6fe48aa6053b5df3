"""`stanch inspect`: look into texts for what they must not hold, without showing it."""

import sys
from collections import Counter
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from stanch.cli.face import Exit, Face, Format, WrongUse, stoppable
from stanch.cli.options import STATE, Output, StateDir

if TYPE_CHECKING:
    from stanch.engine.inspect import Leak

MOST = 256 << 20
"""Bytes of one text that are looked into: it is held in memory whole."""

_STDIN = "-"
_EPILOG = """
Examples:

- `stanch inspect answer.txt` secrets and personal data of one text, hidden but for the last four characters

- `curl -s ... | stanch inspect - --fail-on secret` exits with 10 when there is a secret

- `stanch inspect answers/*.txt --system-prompt prompt.txt --fingerprint datasets.fingerprint` also what is recited
"""


def register(cli: typer.Typer) -> None:
    """Add the verb."""
    cli.command(name="inspect", epilog=_EPILOG)(stoppable(inspect))


def inspect(
    paths: Annotated[list[str], typer.Argument(help="Files of text, or `-` for what is piped in.")],
    system_prompt: Annotated[
        list[Path] | None, typer.Option("--system-prompt", help="A text that must not be repeated; may be given often.")
    ] = None,
    fingerprint: Annotated[
        list[Path] | None, typer.Option("--fingerprint", help="What `stanch fingerprint` wrote; may be given often.")
    ] = None,
    fail_on: Annotated[
        list[str] | None,
        typer.Option("--fail-on", help="Exit with 10 for a leak of this category; may be given often."),
    ] = None,
    state: StateDir = STATE,
    format_: Output = Format.TABLE,
) -> None:
    """Look into texts for secrets, personal data, and what they repeat; nothing is shown in clear or kept."""
    from stanch.app.inspecting import CATEGORIES, echoes, inspector
    from stanch.engine.inspect.encoding import readable
    from stanch.engine.inspect.fingerprint import FingerprintError

    face = Face(format_)
    if unknown := set(fail_on or ()) - CATEGORIES:
        raise WrongUse(f"{', '.join(sorted(unknown))} is no category", f"give {', '.join(sorted(CATEGORIES))}")
    try:
        look = inspector(state, echoes=echoes(system_prompt or (), fingerprint or (), state))
    except FingerprintError as error:
        raise WrongUse(str(error), "make it again with `stanch fingerprint`, or give its --state") from None
    seen: Counter[str] = Counter()
    partly = False
    for path in paths:
        try:
            data = _read(path)
        except OSError as error:
            face.say(f"not read: {path}: {error.strerror}", style="yellow")
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
    face.say(f"Found: {told}.")
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
    return f"{leak.category} {leak.kind}{about}{shown}, {leak.length} bytes, hash {leak.digest[:12]}"
