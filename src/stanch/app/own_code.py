"""Source code of ours is what a person wrote: of a folder, the files that are text and no larger than one writes."""

from collections.abc import Sequence
from pathlib import Path

LARGEST = 1 << 20
"""Bytes of a file in a folder; a larger one is data."""


def code_in(paths: Sequence[Path]) -> list[Path]:
    """These files, and those below these folders but for what lies behind a dot (`.git`); raises OSError."""
    found: dict[Path, None] = {}
    for path in paths:
        path.stat()
        inside = sorted(path.rglob("*")) if path.is_dir() else [path]
        found.update(dict.fromkeys(each for each in inside if each == path or _is_code(each, path)))
    return [path for path in found if path.is_file()]


def _is_code(file: Path, below: Path) -> bool:
    if any(part.startswith(".") for part in file.relative_to(below).parts) or not file.is_file():
        return False
    return file.stat().st_size <= LARGEST and b"\0" not in file.read_bytes()
