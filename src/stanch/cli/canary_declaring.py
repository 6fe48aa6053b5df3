"""What stanch.toml must say of decoys: shown as a difference, and written only where that was asked for."""

from collections.abc import Sequence
from pathlib import Path

from stanch import estate as estates
from stanch.cli import proposals
from stanch.cli.face import Face
from stanch.estate.decoys import Decoy, declared, undeclared


def declare(face: Face, estate: Path | None, found: Sequence[Decoy], *, write: bool) -> bool:
    """Show the lines that stanch.toml needs, and write them where that was asked for; whether it has them."""
    path = estate or estates.find(Path.cwd())
    if path is None:
        for line in declared("", found).splitlines():
            face.say(line)
        return not found
    before = path.read_text(encoding="utf-8-sig")
    known = {asset.where for asset in estates.read(before, str(path)).assets if asset.decoy}
    missing = [decoy for decoy in found if decoy.where not in known]
    return _rewritten(face, path, before, declared(before, missing), write=write)


def undeclare(face: Face, estate: Path | None, found: Sequence[Decoy], *, write: bool) -> None:
    """Show which lines stanch.toml need have no longer, and take them out where that was asked for."""
    path = estate or estates.find(Path.cwd())
    if path is not None:
        before = path.read_text(encoding="utf-8-sig")
        _rewritten(face, path, before, undeclared(before, found), write=write)


def _rewritten(face: Face, path: Path, before: str, after: str, *, write: bool) -> bool:
    proposals.tell_diff(face, str(path), before, after)
    if before == after:
        return True
    estates.read(after, str(path))  # what we write must be right
    if write:
        with path.open("rb") as file:
            ends = "\r\n" if file.readline().endswith(b"\r\n") else "\n"
        with path.open("w", encoding="utf-8", newline=ends) as file:
            file.write(after)
        face.say(f"Written to {path}.", style="bold")
    return write
