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

from stanch.domain.names import storable
from stanch.stores.delivery import Reason, leap
from stanch.stores.lake import Lake, Unit, is_lake
from stanch.stores.told import Told

# The layout in which CloudTrail delivers says whose log a file is before it is opened.
_DELIVERED = re.compile(r"AWSLogs/(?:o-[a-z0-9]+/)?(\d{12})/")
_RECORDED = re.compile(rb'"recipientAccountId"\s*:\s*"(\d{12})"')
# What rsync calls a file until all of it has come; read now, its flows would be counted twice later. Six characters
# drawn by lot have a digit, or both cases; those of a word (`.ndjson`, `.Digest`) or of a month (`.202611`) do not.
_COPYING = re.compile(r"\..+\.(?![0-9]{6}\Z)(?:(?=[A-Za-z]*[0-9])|(?=[A-Za-z]+[A-Z])(?=[A-Z]*[a-z]))[A-Za-z0-9]{6}")
STDIN = "-"
S3 = "s3://"


@dataclass(frozen=True, slots=True)
class LocalFile:
    """One file on disk; implements `contracts.source.LogFile`."""

    place: str
    size: int | None

    @property
    def path(self) -> str:
        """Its name for people and for evidence; `place` is where it lies, whatever bytes that is written in."""
        return storable(self.place)

    @property
    def where(self) -> Path | None:
        """The file itself, for readers that need it as a whole; None where they could not spell its name."""
        return Path(self.place) if self.path == self.place else None

    @property
    def version(self) -> str | None:
        """What tells this content from any other this path has had; None where that cannot be told."""
        try:
            now = Path(self.place).stat()
        except OSError:
            return None
        return f"{storable(str(Path(self.place).absolute()))} {now.st_size} {now.st_mtime_ns} {now.st_ino}"

    def open(self) -> BinaryIO:
        """The stored bytes; a pipe, a device or a folder is no log file, and opening one could wait for ever."""
        where = Path(self.place)
        if where.is_dir():
            raise OSError(errno.EISDIR, "a folder that is linked or may not be listed; name it by itself")
        if where.exists() and not where.is_file():
            raise OSError(errno.EINVAL, "not a regular file")
        return open(where, "rb", opener=_impatient)


class LocalWalk:
    """The files under one path of this machine that may hold what is asked for, folders in the order of their names.

    Hidden folders, and hidden files that a copying program has not finished, are left out; a folder that is a lake
    comes as its units. What cannot be read, a broken link, a linked folder or one that may not be listed, is an entry
    too: opening it fails and is told. A pipe named by hand (`<(...)`) is read to its end first. Lazy: only the names in
    the folders on the way down are held.
    """

    def __init__(self, path: Path, told: Told | None = None) -> None:
        """With `told`, what its window does not ask for is left out too; what is left out is told there."""
        self._top = path
        self._told = told

    def __iter__(self) -> Iterator["LocalFile | Piped | Unit"]:
        if self._top.is_fifo():
            with self._top.open("rb") as pipe:
                yield Piped(pipe, storable(str(self._top)))
        elif self._top.is_dir():
            yield from self._walked()
        else:
            yield _local(str(self._top))

    def _walked(self) -> Iterator[LocalFile | Unit]:
        # Not by recursion: a path of 4 096 bytes may be two thousand folders deep.
        top = "" if str(self._top) == "." else str(self._top)
        whole = os.path.abspath(self._top)  # noqa: PTH100 - a linked folder keeps the name it was given
        to_do = [iter([(top, whole.rstrip("/") + "/")])]
        while to_do:
            place = next(to_do[-1], None)
            if place is None:
                to_do.pop()
                continue
            folder, key = place
            files, folders = _entries(folder or ".")
            if files is None:
                yield LocalFile(folder or ".", None)
                continue
            if is_lake(files):
                yield from Lake(Path(folder or ".")).units(self._told)
                continue
            for name in self._wanted(folder, key, files, ""):
                yield _local(os.path.join(folder, name))  # noqa: PTH118 - a million Path objects are slow
            to_do.append(_below(folder, key, self._wanted(folder, key, folders, "/")))

    def _wanted(self, folder: str, key: str, names: list[str], slash: str) -> Iterator[str]:
        for name in names:
            if name.startswith(".") and (hidden := Reason.HIDDEN if slash else _unfinished(name)):
                if self._told:
                    self._told.left_out(hidden, os.path.join(folder, name))  # noqa: PTH118
                continue
            outside = leap(key + name + slash, self._told.window) if self._told else None
            if self._told and outside and not (slash and outside.to.startswith(key + name + slash)):
                self._told.left_out(outside.why, os.path.join(folder, name))  # noqa: PTH118
                continue
            if self._told and not slash:
                self._told.took(key + name)
            yield name


def _impatient(path: str, flags: int) -> int:
    """Open a file that may have become a pipe just now, or be one of the kernel's: reading it never waits."""
    return os.open(path, flags | getattr(os, "O_NONBLOCK", 0))


def found(paths: Iterable[Path]) -> Iterator["LocalFile | Piped | Unit"]:
    """Each file of each path on this machine, whatever it is; see LocalWalk."""
    for path in paths:
        yield from LocalWalk(path)


def _unfinished(name: str) -> Reason | None:
    return Reason.COPYING if _COPYING.fullmatch(name) else None


def _below(folder: str, key: str, names: Iterable[str]) -> Iterator[tuple[str, str]]:
    for name in names:
        yield os.path.join(folder, name), f"{key}{name}/"  # noqa: PTH118 - a million Path objects are slow


def _entries(folder: str) -> tuple[list[str] | None, list[str]]:
    """Names of files and of folders, each in order; None for a folder that may not be listed. Links are files."""
    files: list[str] = []
    folders: list[str] = []
    try:
        with os.scandir(folder) as entries:
            for entry in entries:
                is_folder = entry.is_dir(follow_symlinks=entry.name.startswith("."))  # one hidden is never entered
                (folders if is_folder else files).append(entry.name)
    except OSError:
        return None, []
    files.sort()
    folders.sort()
    return files, folders


class Piped:
    """What is piped in, kept in a file without a name while stanch runs, so that it can be opened twice and hashed."""

    stays = True

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


def _local(path: str) -> LocalFile:
    try:
        size = os.stat(path).st_size  # noqa: PTH116 - a million Path objects are slow
    except OSError:
        size = None
    return LocalFile(path, size)
