"""What can be worked out again may be kept, where the user's other caches lie; a cache that fails costs time only."""

import os
import tempfile
from pathlib import Path


def folder() -> Path | None:
    """Where caches lie by the XDG convention; None where the user has no home."""
    given = os.environ.get("XDG_CACHE_HOME")
    if given and Path(given).is_absolute():
        return Path(given) / "stanch"
    try:
        return Path.home() / ".cache" / "stanch"
    except RuntimeError:
        return None


def kept(name: str) -> bytes | None:
    """What was kept under this name; None for nothing, or for a file that somebody else could have written."""
    where = folder()
    try:
        if where is None or (where / name).lstat().st_uid != os.geteuid():
            return None
        return (where / name).read_bytes()
    except OSError:
        return None


def keep(name: str, data: bytes) -> None:
    """Keep it under this name, whole or not at all, in place of all that was kept under names of its kind."""
    where = folder()
    if where is None:
        return
    kind, _, _ = name.partition("-")
    try:
        where.mkdir(parents=True, exist_ok=True, mode=0o700)
        with tempfile.NamedTemporaryFile(dir=where, delete=False) as file:
            file.write(data)
        for old in where.glob(f"{kind}-*"):
            old.unlink(missing_ok=True)
        Path(file.name).replace(where / name)
    except OSError:
        return
