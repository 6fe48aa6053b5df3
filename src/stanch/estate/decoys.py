"""A decoy that nobody declared is heard by nobody: each is an [[asset]] of stanch.toml, word for word as shown.

A person's file is appended to, and what is taken out again is exactly what was put in.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from stanch.domain.estate import AssetKind
from stanch.estate.writing import quoted


@dataclass(frozen=True, slots=True)
class Decoy:
    """A decoy as the file says it; `where` as an asset's."""

    name: str
    kind: AssetKind
    where: str

    @property
    def entry(self) -> str:
        """Its lines."""
        name, kind, where = map(quoted, (self.name, self.kind.value, self.where))
        return f"\n[[asset]]\nname = {name}\nkind = {kind}\nwhere = {where}\ndecoy = true\n"


def declared(text: str, decoys: Iterable[Decoy]) -> str:
    """The file's text with these decoys at its end."""
    start = text if not text or text.endswith("\n") else f"{text}\n"
    added = "".join(decoy.entry for decoy in decoys)
    return start + added if added else text


def undeclared(text: str, decoys: Iterable[Decoy]) -> str:
    """The file's text without these decoys, where they stand as they were put in."""
    for decoy in decoys:
        text = text.replace(decoy.entry, "", 1)
    return text
