"""A report that is half written is worse than none: files appear whole, for their owner, where they can be written."""

import os
import tempfile
from pathlib import Path

from stanch.contracts.store import StoreError
from stanch.stores.durable import settle


def written(path: Path, text: str) -> Path:
    """Write `text` in one move, durable when it returns; raises StoreError with the remedy.

    Only a file is ever replaced: a device or a pipe of that name stays what it is, and what a link leads to is written.
    A new file is for its owner alone; one that was there stays for whom it was.
    """
    place = Path(os.path.realpath(path))
    if place.exists() and not place.is_file():
        raise StoreError(f"{path}: cannot be written (it is no file); choose another name")
    try:
        place.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        with tempfile.NamedTemporaryFile("w", dir=place.parent, encoding="utf-8", delete=False) as file:
            try:
                file.write(text)
                file.flush()
                os.fsync(file.fileno())
                if place.exists():
                    Path(file.name).chmod(place.stat().st_mode & 0o777)
                Path(file.name).replace(place)
            except BaseException:
                Path(file.name).unlink(missing_ok=True)
                raise
        settle(place.parent)
    except OSError as error:
        raise StoreError(f"{path}: cannot be written ({error.strerror}); choose another folder") from error
    return path


def require_writable(state: Path) -> None:
    """Raise StoreError before an hour of reading when what it finds could not be kept; makes nothing."""
    nearest = next(folder for folder in (state, *state.absolute().parents) if folder.exists())
    if not nearest.is_dir() or not os.access(nearest, os.W_OK | os.X_OK):
        raise StoreError(f"{state}: cannot be written ({nearest}); choose another --state folder")
