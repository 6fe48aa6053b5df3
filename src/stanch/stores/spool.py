"""What is sent once and cannot be asked for again lies on the disk before its sender is told that it came.

A letter is one file, for its owner only, that appears whole under the hash of what it holds: sent twice, it lies there
once. It may hold prompts and answers: it is deleted once it was read, and after a day whether it was or not.
"""

import errno
import hashlib
import os
import shutil
import tempfile
import threading
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, ClassVar

from stanch.contracts.store import StoreError
from stanch.stores.durable import settle

FOLDER = "spool"
LIMIT = 1 << 30
"""Bytes that wait to be read; who sends more is asked to wait."""
FREE = 64 << 20
"""Bytes of the disk that are left to others."""
RETENTION = 86400
"""Seconds after which a letter is deleted although nobody read it."""
_COMING = ".coming-"
_PIECE = 1 << 18
_FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}


class SpoolFull(Exception):
    """What waits is as much as may wait."""


class DiskFull(Exception):
    """The disk has no room."""


@dataclass(frozen=True, slots=True)
class Letter:
    """One file of the spool; implements `contracts.source.LogFile`. `where` is the file itself."""

    SCHEME: ClassVar[str] = "otlp:"

    where: Path
    size: int | None

    @property
    def path(self) -> str:
        """What it is called where its calls are told: by its content and its kind, as the file itself is soon gone."""
        return self.SCHEME + self.where.name

    @property
    def version(self) -> str:
        """Its name says what it holds."""
        return self.where.name

    def open(self) -> BinaryIO:
        """Its bytes as they came."""
        return self.where.open("rb")


class Spool:
    """Letters in one folder, oldest first; many threads may put some in at once."""

    def __init__(self, folder: Path, *, limit: int = LIMIT, free: int = FREE) -> None:
        self._folder = folder
        self._limit = limit
        self._free = free
        try:
            folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        except OSError as error:
            raise StoreError(f"{folder}: cannot be made ({error.strerror}); choose another --state folder") from error
        self._lock = threading.Lock()
        self._waiting = sum(size for name, _, size in self._entries() if not name.startswith(_COMING))

    @property
    def folder(self) -> Path:
        """Where the letters lie."""
        return self._folder

    def require_room(self, size: int = 0) -> None:
        """Raise SpoolFull or DiskFull where there is none for so many bytes more."""
        if self._waiting + size > self._limit:
            raise SpoolFull
        if shutil.disk_usage(self._folder).free - size < self._free:
            raise DiskFull

    def put(self, body: BinaryIO, kind: str) -> None:
        """Keep what `body` holds from its beginning, durable when it returns. Raises DiskFull, or another OSError."""
        body.seek(0)
        digest = hashlib.sha256(kind.encode())
        coming = ""
        try:
            with tempfile.NamedTemporaryFile(dir=self._folder, prefix=_COMING, delete=False) as file:
                coming = file.name
                while piece := body.read(_PIECE):
                    digest.update(piece)
                    file.write(piece)
                file.flush()
                os.fsync(file.fileno())
            self._arrive(Path(coming), self._folder / f"{digest.hexdigest()[:32]}.{kind}")
        except OSError as error:
            if error.errno in _FULL:
                raise DiskFull from error
            raise
        finally:
            if coming:
                Path(coming).unlink(missing_ok=True)

    def letters(self) -> list[Letter]:
        """What waits to be read, oldest first."""
        found = sorted((at, name, size) for name, at, size in self._entries() if not name.startswith(_COMING))
        return [Letter(self._folder / name, size) for _, name, size in found]

    def remove(self, letter: Letter) -> None:
        """It was read."""
        self._delete(letter.where)

    def sweep(self, now: float) -> int:
        """Delete what waited for longer than a day, and what was half written then; returns how many came unread."""
        unread = 0
        for name, at, _ in self._entries():
            if now - at > RETENTION:
                self._delete(self._folder / name)
                unread += not name.startswith(_COMING)
        return unread

    def clear_half_written(self) -> None:
        """Delete what a process was writing when it died; only while nobody writes."""
        for name, _, _ in self._entries():
            if name.startswith(_COMING):
                (self._folder / name).unlink(missing_ok=True)

    def _arrive(self, coming: Path, where: Path) -> None:
        with self._lock:
            self._waiting += 0 if where.exists() else coming.stat().st_size
            coming.replace(where)
        settle(self._folder)

    def _delete(self, where: Path) -> None:
        with self._lock, suppress(FileNotFoundError):
            size = where.stat().st_size
            where.unlink()
            self._waiting -= 0 if where.name.startswith(_COMING) else size

    def _entries(self) -> Iterator[tuple[str, float, int]]:
        with os.scandir(self._folder) as entries:
            for entry in entries:
                with suppress(FileNotFoundError):  # read and gone meanwhile
                    known = entry.stat(follow_symlinks=False)
                    yield entry.name, known.st_mtime, known.st_size
