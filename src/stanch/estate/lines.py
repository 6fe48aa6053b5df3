"""A TOML parser forgets line numbers; this finds them again, so that an error can point at its line."""

import re
import tomllib
from collections.abc import Iterator, Sequence

Path = tuple[str | int, ...]

_PIECE = re.compile(
    r'"""(?:[^"\\]|\\.|"(?!""))*"""+'
    r"|'''(?:[^']|'(?!''))*'''+"
    r'|"(?:[^"\\\n]|\\.)*"'
    r"|'[^'\n]*'"
    r"|\#[^\n]*"
    r"|[\[\]{}=\n]"
    r"|[^\"'\#\[\]{}=\n]+"
    r"|.",
    re.DOTALL,
)


class Lines:
    """The line of every table, key and array of tables of one valid TOML text; lines count from 1."""

    def __init__(self, text: str) -> None:
        self._lines: dict[Path, int] = {}
        self._tables: dict[Path, int] = {}
        here: Path = ()
        for line, pieces in _statements(text):
            if pieces[0] == "[":
                here = self._header(line, "".join(pieces))
            else:
                self._assignment(line, pieces, here)

    def of(self, path: Sequence[str | int]) -> int:
        """The line of `path`, or of the nearest thing around it: an inline table's key gives the line of its table."""
        for end in range(len(path), 0, -1):
            line = self._lines.get(tuple(path[:end]))
            if line:
                return line
        return 1

    def _header(self, line: int, text: str) -> Path:
        many = text.startswith("[[")
        names = _names(text.strip().strip("[]"))
        path = (*self._resolved(names[:-1]), names[-1]) if many else self._resolved(names)
        if many:
            index = self._tables.get(path, -1) + 1
            self._tables[path] = index
            self._lines.setdefault(path, line)
            path += (index,)
        self._lines.setdefault(path, line)
        return path

    def _assignment(self, line: int, pieces: list[str], here: Path) -> None:
        names = _names("".join(pieces[: pieces.index("=")]))
        for end in range(1, len(names) + 1):
            self._lines.setdefault(here + tuple(names[:end]), line)

    def _resolved(self, names: Sequence[str]) -> Path:
        """Names of a header as a path: below an array of tables they mean its last table."""
        path: Path = ()
        for name in names:
            path += (name,)
            if path in self._tables:
                path += (self._tables[path],)
        return path


def _statements(text: str) -> Iterator[tuple[int, list[str]]]:
    """Each header and assignment as its pieces without comments, with the line it begins on."""
    line, begun, depth = 1, 1, 0
    pieces: list[str] = []
    for match in _PIECE.finditer(text):
        piece = match.group()
        if piece == "\n" and depth == 0:
            if pieces:
                yield begun, pieces
            pieces = []
        elif not piece.startswith("#") and (pieces or piece.strip()):
            begun = begun if pieces else line
            depth += (piece in "[{") - (piece in "]}")
            pieces.append(piece if pieces else piece.lstrip())
        line += piece.count("\n")
    if pieces:
        yield begun, pieces


def _names(dotted: str) -> list[str]:
    """The names of a dotted key, decoded by the parser itself: `a."b c"` is a, b c."""
    names: list[str] = []
    node: object = tomllib.loads(f"{dotted} = 0")
    while isinstance(node, dict):
        ((name, node),) = node.items()
        names.append(name)
    return names
