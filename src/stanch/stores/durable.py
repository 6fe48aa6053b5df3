"""A file that was moved to its name is there after a power cut only if its folder was written to the disk as well."""

import os
from pathlib import Path


def settle(folder: Path) -> None:
    """Have the disk remember the names in a folder; raises OSError."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
