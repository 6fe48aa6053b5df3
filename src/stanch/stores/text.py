"""A report that is half written is worse than none: files appear whole, for their owner only, or not at all."""

import os
import tempfile
from pathlib import Path

from stanch.contracts.store import StoreError


def written(path: Path, text: str) -> Path:
    """Write `text` in one move, durable when it returns; raises StoreError with the remedy."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        with tempfile.NamedTemporaryFile("w", dir=path.parent, encoding="utf-8", delete=False) as file:
            try:
                file.write(text)
                file.flush()
                os.fsync(file.fileno())
                Path(file.name).replace(path)
            except BaseException:
                Path(file.name).unlink(missing_ok=True)
                raise
    except OSError as error:
        raise StoreError(f"{path}: cannot be written ({error.strerror}); choose another folder") from error
    return path
