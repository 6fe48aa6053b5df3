"""A folder of rules is taken as it is, and of each file in it that is no rule it is said why it was left out."""

import os
from collections.abc import Container, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

from stanch.domain.names import storable
from stanch.engine.sigma.documents import LARGEST_FILE
from stanch.engine.sigma.library import Refused
from stanch.engine.sigma.placeholders import FILES, Placeholders, placeholders_of
from stanch.engine.sigma.read import RuleFile
from stanch.engine.sigma.rule import RuleError

SUFFIXES = (".yml", ".yaml")
COMPANIONS = (".md", ".py")
"""Pages and code stand beside rules and are no rules: nothing is said of them."""

_LINKED = "a folder that is linked, which may lead anywhere: not read; copy it here, or give --rules what it leads to"


@dataclass(slots=True)
class Folder:
    """The rule files of a folder in the order of their ids, its placeholders, and what was left out."""

    files: list[RuleFile] = field(default_factory=list)
    placeholders: Placeholders = field(default_factory=dict)
    left_out: list[Refused] = field(default_factory=list)

    def beside(self, taken: Container[str]) -> list[RuleFile]:
        """The files; one whose id another shelf has taken gets its id below `site/`."""
        return [replace(file, id=f"site/{file.id}") if file.id in taken else file for file in self.files]


def open_folder(root: Path) -> Folder:
    """Read all of a folder, or the one file that `root` is. An id is the path below `root` without suffix."""
    opened = Folder()
    for path in sorted(_paths(root, opened)):
        inside = path.relative_to(root) if path != root else Path(path.name)
        file = RuleFile(storable(inside.with_suffix("").as_posix()), storable(str(path)), "")
        reason = _reason_to_leave_out(inside)
        if reason:
            opened.left_out.append(Refused(file, f"{file.path}: {reason}", fault=False))
        elif path.suffix.lower() not in COMPANIONS:
            _take(opened, path, file)
    opened.files.sort(key=lambda file: file.id)
    return opened


def _take(opened: Folder, path: Path, file: RuleFile) -> None:
    try:
        text = _text(path, file.path)
        if path.name.lower() in FILES:
            opened.placeholders = {**opened.placeholders, **placeholders_of(text, file.path)}
        else:
            opened.files.append(replace(file, text=text))
    except RuleError as error:
        opened.left_out.append(Refused(file, str(error)))


def _paths(root: Path, opened: Folder) -> Iterator[Path]:
    """Every file below; of a hidden or linked folder, and of one that cannot be read, only that it is there."""

    def unreadable(error: OSError) -> None:
        where = storable(str(error.filename))
        opened.left_out.append(Refused(RuleFile(where, where, ""), f"{where}: cannot be read: {error.strerror}"))

    if root.is_file():
        yield root
        return
    for here, folders, names in os.walk(root, onerror=unreadable):
        for hidden in sorted(name for name in folders if name.startswith((".", "_"))):
            folders.remove(hidden)
            if hidden == "__pycache__":
                continue
            where = storable(str(Path(here, hidden)))
            opened.left_out.append(Refused(RuleFile(where, where, ""), f"{where}: hidden; left out", fault=False))
        for linked in sorted(name for name in folders if Path(here, name).is_symlink()):
            where = storable(str(Path(here, linked)))
            opened.left_out.append(Refused(RuleFile(where, where, ""), f"{where}: {_LINKED}"))
        yield from (Path(here, name) for name in names)


def _reason_to_leave_out(path: Path) -> str | None:
    suffix = path.suffix.lower()
    if suffix in COMPANIONS:
        return None
    if path.name.startswith((".", "_")):
        return "hidden, as its name begins; rename it to load it"
    if suffix not in SUFFIXES:
        return "no rule; rules end in .yml or .yaml"
    if path.stem.endswith("_test"):
        return "a test by its name; rename it to load it"
    return None


def _text(path: Path, told: str) -> str:
    try:
        if not path.is_file():
            raise RuleError(f"{told}: cannot be read: no regular file")
        with path.open(encoding="utf-8-sig") as file:
            return file.read(LARGEST_FILE + 1)
    except UnicodeDecodeError as error:
        raise RuleError(f"{told}: cannot be read: not UTF-8 text") from error
    except OSError as error:
        raise RuleError(f"{told}: cannot be read: {error.strerror or error}") from error
