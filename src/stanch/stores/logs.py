"""Logs on this machine: a file, a folder walked to its leaves, or what is piped in."""

import errno
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
        """The stored bytes; a pipe, a device or a folder is no log file, and opening one could wait for ever."""
        if self.where.is_dir():
            raise OSError(errno.EISDIR, "a folder that is linked or may not be listed; name it by itself")
        if self.where.exists() and not self.where.is_file():
            raise OSError(errno.EINVAL, "not a regular file")
        return self.where.open("rb")


def found(paths: Iterable[Path]) -> Iterator["LocalFile | Piped"]:
    """Each file of each path, folders in the order of their names; hidden files are left alone.

    What cannot be read, a broken link, a linked folder or one that may not be listed, is an entry too: opening it fails
    and is told. A pipe named by hand (`<(...)`) is read to its end first.
    """
    for path in paths:
        if path.is_fifo():
            with path.open("rb") as pipe:
                yield Piped(pipe, str(path))
        elif path.is_dir():
            yield from _walked(path)
        else:
            yield _local(path)


def _walked(top: Path) -> Iterator[LocalFile]:
    closed: list[str] = []
    for folder, folders, names in os.walk(top, onerror=lambda error: closed.append(str(error.filename))):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        links = [name for name in folders if Path(folder, name).is_symlink()]  # os.walk does not follow them
        for name in sorted([*names, *links]):
            if not name.startswith("."):
                yield _local(Path(folder, name))
    yield from map(_local, map(Path, closed))


class Piped:
    """What is piped in, kept in a file without a name while stanch runs, so that it can be opened twice and hashed."""

    def __init__(self, stream: BinaryIO, path: str = "stdin") -> None:
        self.path = path
        self._kept = tempfile.TemporaryFile()  # noqa: SIM115 - it lives as long as this object
        shutil.copyfileobj(stream, self._kept)
        self.size: int | None = self._kept.tell()

    def __del__(self) -> None:
        self._kept.close()

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
