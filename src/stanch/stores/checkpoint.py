"""A hunt that was interrupted goes on where it stopped: what each finished file told is kept until the hunt is done.

What can be resumed truthfully is a whole file. A finding needs what other files told, so what is kept of a file is
everything it contributes, as bytes that only the hunt understands; a resumed hunt merges those bytes instead of reading
the file again, and judges at the end over all of it, as if it had never stopped. A file that was read in part is read
again from its beginning. A file counts as the same only with the same path and version (S3: ETag and size; a disk:
size, time of change and inode), a hunt only with the same scope: window, rules, estate, the accounts that it takes for
ours, and version of stanch. What else is asked for beside a file changes nothing of what the file tells.
"""

import hashlib
import os
import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from secrets import token_bytes

from stanch.contracts.source import LogFile
from stanch.contracts.store import StoreError
from stanch.stores.locks import held

FOLDER = "hunts"
LIMIT = 1 << 30
"""Bytes kept of one hunt; files finished after that are read again when it is resumed."""
KEPT_SECONDS = 7 * 86400
"""An interrupted hunt that nobody resumed for so long is forgotten when the next one begins."""

# A crash loses at most what was recorded in the last second, and those files are read again.
_COMMIT_SECONDS = 1.0
_COMMIT_BYTES = 8 << 20
_SALT = 32
_SCHEMA = (
    "CREATE TABLE IF NOT EXISTS done (seq INTEGER PRIMARY KEY, file TEXT UNIQUE NOT NULL, payload BLOB NOT NULL)",
    "CREATE TABLE IF NOT EXISTS salt (one INTEGER PRIMARY KEY CHECK (one = 1), salt BLOB NOT NULL)",
)


def scope(*parts: str) -> str:
    """One name for everything that must be equal for two hunts to be the same."""
    digest = hashlib.sha256()
    for part in parts:
        digest.update(hashlib.sha256(part.encode("utf-8", "surrogateescape")).digest())
    return digest.hexdigest()[:32]


def identity(file: LogFile) -> str | None:
    """One name for this file with this content; None for what cannot be had twice, such as a pipe.

    Ask before the file is opened: then what is recorded can be of an older content, never of a newer one.
    """
    version = getattr(file, "version", None)
    return scope(file.path, version) if version else None


@contextmanager
def checkpoint(state: Path, of: str, *, limit: int = LIMIT) -> Iterator["Checkpoint"]:
    """The checkpoint of one hunt, alone on this machine; raises StoreError, Busy when the same hunt runs already."""
    folder = state / FOLDER
    path = folder / f"{of}.checkpoint"
    with held(state / "locks", f"hunt {of}"):
        _sweep(folder)
        kept = Checkpoint(path, limit)
        try:
            yield kept
        finally:
            kept.close()


class Checkpoint:
    """What finished files told, appended to one SQLite file; use it from one thread.

    A disk that is full or failing ends the recording and never the hunt: `fault` then says why.
    """

    def __init__(self, path: Path, limit: int = LIMIT) -> None:
        self.fault: str | None = None
        self._path = path
        self._limit = limit
        try:
            self._database = _opened(path)
        except sqlite3.DatabaseError:
            _remove(path)  # damaged: it is a shortcut, and the logs themselves are still there
            self._database = _opened(path)
        except OSError as error:
            raise StoreError(f"{path}: cannot be made ({error.strerror}); choose another --state folder") from error
        count, size = self._database.execute("SELECT COUNT(*), COALESCE(SUM(LENGTH(payload)), 0) FROM done").fetchone()
        self._resumed, self._size = int(count), int(size)
        (self.salt,) = self._database.execute("SELECT salt FROM salt").fetchone()
        """Random bytes with which hashes in payloads are keyed: made with the checkpoint, and forgotten with it."""
        self._pending = 0
        self._committed = time.monotonic()
        self._closed = False

    @property
    def resumed(self) -> int:
        """How many files were finished when this was opened: 0 for a hunt that begins."""
        return self._resumed

    @property
    def full(self) -> bool:
        """Whether the bound is reached; what is recorded from then on is not kept."""
        return self._size >= self._limit

    def done(self, file: str) -> bool:
        """Whether this file, by its `identity`, is finished."""
        return self._database.execute("SELECT 1 FROM done WHERE file = ?", (file,)).fetchone() is not None

    def payload(self, file: str) -> bytes | None:
        """What a finished file told."""
        row = self._database.execute("SELECT payload FROM done WHERE file = ?", (file,)).fetchone()
        return bytes(row[0]) if row else None

    def payloads(self) -> Iterator[tuple[str, bytes]]:
        """Each finished file and what it told, in the order in which they were recorded."""
        for file, payload in self._database.execute("SELECT file, payload FROM done ORDER BY seq"):
            yield str(file), bytes(payload)

    def record(self, file: str, payload: bytes) -> None:
        """A file is finished and told this; durable within a second. A file that is recorded already stays as it is."""
        if self.fault or self._size + len(payload) > self._limit:
            return
        try:
            if not self._database.in_transaction:
                self._database.execute("BEGIN")
            self._database.execute("INSERT OR IGNORE INTO done (file, payload) VALUES (?, ?)", (file, payload))
        except sqlite3.Error as error:
            self._fail(error)
            return
        self._size += len(payload)
        self._pending += len(payload)
        if self._pending >= _COMMIT_BYTES or time.monotonic() - self._committed >= _COMMIT_SECONDS:
            self.commit()

    def commit(self) -> None:
        """Make what was recorded durable now, as before a program ends."""
        try:
            if self._database.in_transaction:
                self._database.execute("COMMIT")
        except sqlite3.Error as error:
            self._fail(error)
        self._pending = 0
        self._committed = time.monotonic()

    def forget(self) -> None:
        """The hunt is complete and its findings are stored: nothing is left to resume."""
        self._closed = True
        self._database.close()
        _remove(self._path)

    def close(self) -> None:
        """Keep what was recorded and give the file back; harmless after `forget`."""
        if not self._closed:
            self.commit()
            self._closed = True
            self._database.close()

    def _fail(self, error: sqlite3.Error) -> None:
        self.fault = self.fault or f"{self._path}: cannot be written ({error}); this hunt cannot be resumed further"


def _opened(path: Path) -> sqlite3.Connection:
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    os.close(os.open(path, os.O_CREAT | os.O_RDWR | os.O_NOFOLLOW, 0o600))
    database = sqlite3.connect(path, isolation_level=None)
    try:
        for statement in ("PRAGMA journal_mode=WAL", "PRAGMA synchronous=NORMAL", *_SCHEMA):
            database.execute(statement)
        database.execute("INSERT OR IGNORE INTO salt VALUES (1, ?)", (token_bytes(_SALT),))
    except BaseException:
        database.close()
        raise
    return database


def _remove(path: Path) -> None:
    for suffix in ("", "-wal", "-shm"):
        path.with_name(path.name + suffix).unlink(missing_ok=True)


def _sweep(folder: Path) -> None:
    """Hunts that nobody will resume; one that runs is younger, for it writes."""
    for old in folder.glob("*.checkpoint"):
        try:
            if time.time() - old.stat().st_mtime > KEPT_SECONDS:
                _remove(old)
        except OSError:
            continue
