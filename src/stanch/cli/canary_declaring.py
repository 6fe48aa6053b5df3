"""What stanch.toml must say of decoys: shown as a difference, and written only where that was asked for."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from stanch import estate as estates
from stanch.cli import proposals
from stanch.cli.face import Face
from stanch.estate.decoys import Decoy, declared, undeclared
from stanch.stores.text import written


@dataclass(frozen=True, slots=True)
class Rewriting:
    """The file as it is and as it should be; `path` is None where there is no stanch.toml."""

    path: Path | None
    before: str
    after: str

    @property
    def is_needed(self) -> bool:
        """Whether the file does not say it yet."""
        return self.before != self.after

    def tell(self, face: Face) -> None:
        """Show the difference, or where there is no file the lines themselves."""
        if self.path is not None:
            proposals.tell_diff(face, str(self.path), self.before, self.after)
            return
        for line in self.after.splitlines():
            face.say(line)

    def write(self, face: Face) -> bool:
        """Write it, in the file's own line ends; False where there is no file."""
        if self.path is None:
            return False
        if self.is_needed:
            estates.read(self.after, str(self.path))  # what we write must be right
            with self.path.open("rb") as file:
                ends = "\r\n" if file.readline().endswith(b"\r\n") else "\n"
            written(self.path, self.after.replace("\n", ends))
            face.say(f"Written to {self.path}.", style="bold")
        return True


def declaring(estate: Path | None, decoys: Sequence[Decoy]) -> Rewriting:
    """Put in those that are not declared yet."""
    path, before = _read(estate)
    known = {asset.where for asset in estates.read(before, str(path)).assets if asset.decoy}
    return Rewriting(path, before, declared(before, [decoy for decoy in decoys if decoy.where not in known]))


def undeclaring(estate: Path | None, decoys: Sequence[Decoy]) -> Rewriting:
    """Take out those that stand there as they were put in."""
    path, before = _read(estate)
    return Rewriting(path, before, undeclared(before, decoys))


def _read(estate: Path | None) -> tuple[Path | None, str]:
    path = estate or estates.find(Path.cwd())
    return path, path.read_text(encoding="utf-8-sig") if path else ""
