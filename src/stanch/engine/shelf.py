"""A unit of the catalog exists because its file exists, and its id is its path.

`exfiltration/weights_read_by_stranger.yml` on the shelf of detections is the detection
`exfiltration/weights_read_by_stranger`. The same walk serves the user's own folder.
"""

import importlib
import importlib.util
import inspect
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import TypeVar

C = TypeVar("C")


class ShelfError(Exception):
    """A unit that cannot be loaded; the message names its file and what is wrong."""


@dataclass(frozen=True, slots=True)
class Unit:
    """One file on a shelf: its id (path without suffix), where it lies, and its package when it is importable."""

    id: str
    path: Path
    package: str | None = None

    @property
    def page(self) -> Path:
        """The Markdown page beside it."""
        return self.path.with_suffix(".md")

    def text(self) -> str:
        """The file's text; raises ShelfError when it cannot be read as UTF-8."""
        try:
            return self.path.read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise ShelfError(f"{self.path}: cannot be read: {error}") from error

    def module(self) -> ModuleType:
        """The file as a module; raises ShelfError naming the file, whatever its import raised."""
        try:
            if self.package:
                return importlib.import_module(f"{self.package}.{self.id.replace('/', '.')}")
            return _module_from(self.path, f"stanch_site.{self.id.replace('/', '.')}")
        except Exception as error:  # a unit may raise anything; it becomes an error that names its file
            raise ShelfError(f"{self.path}: cannot be imported: {type(error).__name__}: {error}") from error


def walk(root: Path, suffixes: tuple[str, ...], package: str | None = None) -> Iterator[Unit]:
    """Yield the units below `root` in the order of their ids; tests, pages and names that begin with `_` are none."""
    found = sorted(path for path in root.rglob("*") if path.suffix in suffixes and path.is_file())
    for path in found:
        inside = path.relative_to(root)
        if path.stem.endswith("_test") or any(part.startswith(("_", ".")) for part in inside.parts):
            continue
        yield Unit(inside.with_suffix("").as_posix(), path, package)


def implementing(unit: Unit, contract: type[C]) -> C:
    """Load a `.py` unit and check that it holds every name of `contract`, a Protocol; raises ShelfError."""
    module = unit.module()
    missing = sorted(name for name in names_of(contract) if not hasattr(module, name))
    if missing:
        raise ShelfError(f"{unit.path}: lacks {', '.join(missing)}, which {contract.__name__} demands")
    for name, method in inspect.getmembers(contract, inspect.isfunction):
        if name.startswith("_"):
            continue
        wanted = [parameter for parameter in inspect.signature(method).parameters if parameter != "self"]
        given = list(inspect.signature(getattr(module, name)).parameters)
        if wanted != given:
            raise ShelfError(f"{unit.path}: {name}({', '.join(given)}) should be {name}({', '.join(wanted)})")
    return module  # type: ignore[return-value]  # a module with these names is what the Protocol describes


def names_of(contract: type) -> set[str]:
    """The public names that a Protocol demands: its annotated constants and its methods."""
    methods = {name for name, _ in inspect.getmembers(contract, inspect.isfunction) if not name.startswith("_")}
    return methods | set(contract.__annotations__)


def _module_from(path: Path, name: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(name, path)
    if spec is None or spec.loader is None:
        raise ImportError(f"no loader for {path.suffix} files")
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module
