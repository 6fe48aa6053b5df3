"""Logs on this machine: a file, a folder walked to its leaves, or what is piped in."""

import os
import re
import shutil
import tempfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

# The layout in which CloudTrail delivers says whose log a file is before it is opened.
_DELIVERED = re.compile(r"AWSLogs/(?:o-[a-z0-9]+/)?(\d{12})/")
_RECORDED = re.compile(rb'"recipientAccountId"\s*:\s*"(\d{12})"')
STDIN = "-"


@dataclass(frozen=True, slots=True)
class LocalFile:
    """One file on disk; implements `contracts.source.LogFile`."""

    path: str
    size: int | None
    where: Path

    def open(self) -> BinaryIO:
        """The stored bytes."""
        return self.where.open("rb")


def found(paths: Iterable[Path]) -> Iterator[LocalFile]:
    """Each file of each path, folders in the order of their names; hidden files are left alone.

    A broken link or an unreadable folder still yields an entry: opening it then fails and is listed.
    """
    for path in paths:
        if not path.is_dir():
            yield _local(path)
            continue
        for each in sorted(path.rglob("*")):
            hidden = any(part.startswith(".") for part in each.relative_to(path).parts)
            if not hidden and not each.is_dir():
                yield _local(each)


class Piped:
    """What is piped in, kept in a file without a name while stanch runs, so that it can be opened twice and hashed."""

    path = "stdin"

    def __init__(self, stream: BinaryIO) -> None:
        self._kept = tempfile.TemporaryFile()  # noqa: SIM115 - it lives as long as this object
        shutil.copyfileobj(stream, self._kept)
        self.size: int | None = self._kept.tell()

    def open(self) -> BinaryIO:
        """The bytes from their beginning; one reader at a time."""
        self._kept.seek(0)
        return os.fdopen(os.dup(self._kept.fileno()), "rb")


def account_in_path(path: str) -> str | None:
    """The account whose log this is, when the file lies where CloudTrail delivers."""
    match = _DELIVERED.search(Path(path).as_posix())
    return match[1] if match else None


def accounts_in_head(head: bytes) -> set[str]:
    """The accounts named by the first records of a file's inflated bytes."""
    return {account.decode() for account in _RECORDED.findall(head)}


def _local(path: Path) -> LocalFile:
    try:
        size = path.stat().st_size
    except OSError:
        size = None
    return LocalFile(str(path), size, path)
