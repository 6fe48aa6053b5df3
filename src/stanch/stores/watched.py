"""Whoever watches logs for weeks must not read them for weeks: what each file came to is kept, and what was told.

A part is what some files came to, as bytes that only the search understands. Parts of one day are put together eight at
a time, so that a week is some dozens of them, and a part whose last event left the window is dropped. What is recorded
here is durable when the call returns, however the process ends.
"""

import os
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from stanch.contracts.store import StoreError
from stanch.stores.locks import held

FOLDER = "watch"
FILE = "parts.db"
LIMIT = 4 << 30
"""Bytes of all parts; beyond it the oldest are dropped before the window would drop them."""
TOGETHER = 8
"""Parts of one day and about one size that are put together."""
LARGEST = 16 << 20
"""Bytes of a part that is not put together with others any more."""
_DAY = 86400
_FORGOTTEN = 4
"""Windows for which a file is remembered that is of no part any more: after that it would be read once more."""
_SCHEMA = """
CREATE TABLE IF NOT EXISTS about (name TEXT PRIMARY KEY, value TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS parts (
    seq INTEGER PRIMARY KEY, received INTEGER NOT NULL, alone INTEGER NOT NULL, level INTEGER NOT NULL,
    last INTEGER NOT NULL, payload BLOB NOT NULL
);
CREATE TABLE IF NOT EXISTS files (
    path TEXT PRIMARY KEY, version TEXT NOT NULL, read_at INTEGER NOT NULL, summed INTEGER NOT NULL, part INTEGER
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS files_part ON files (part);
CREATE TABLE IF NOT EXISTS grows (path TEXT PRIMARY KEY) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS told (incident TEXT PRIMARY KEY, mark TEXT NOT NULL) WITHOUT ROWID;
"""


@dataclass(frozen=True, slots=True)
class Known:
    """One file that was read: `summed` where it is one of a table that is summed anew as a whole, not of any part."""

    path: str
    version: str
    summed: bool = False


@dataclass(frozen=True, slots=True)
class Parcel:
    """What some files came to. `last` is its last event, or when it was read, in seconds since the epoch.

    `received` says that its files are gone, `alone` that its only file still grows.
    """

    payload: bytes
    last: int
    received: bool = False
    alone: bool = False


@contextmanager
def watched(state: Path, *, limit: int = LIMIT) -> Iterator["Watched"]:
    """What the watch of this state folder knows, alone on this machine; raises StoreError, Busy where one runs."""
    with held(state / "locks", "watch"):
        kept = Watched(state / FOLDER / FILE, limit)
        try:
            yield kept
        finally:
            kept.close()


class Watched:
    """Parts, the files they are of, and which incidents were told; use it from one thread. Raises StoreError."""

    def __init__(self, path: Path, limit: int = LIMIT) -> None:
        self._path = path
        self._limit = limit
        try:
            path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            os.close(os.open(path, os.O_CREAT | os.O_RDWR | os.O_NOFOLLOW, 0o600))
            self._database = sqlite3.connect(path, isolation_level=None)
        except (OSError, sqlite3.Error) as error:
            raise StoreError(f"{path}: cannot be opened ({error}); choose another --state folder") from error
        with self._faults():
            # FULL: what was received is deleted where it lay once its part is here.
            for pragma in ("journal_mode=WAL", "synchronous=FULL", "auto_vacuum=INCREMENTAL", "secure_delete=FAST"):
                self._database.execute(f"PRAGMA {pragma}")
            self._database.executescript(_SCHEMA)

    def close(self) -> None:
        """Give the file back."""
        self._database.close()

    def begin(self, scope: str) -> bool:
        """Whether what is kept was made in this very scope; else all that can be read again is forgotten."""
        if self.about("scope") == scope:
            return True
        with self._writing():
            self._database.execute(
                "DELETE FROM files WHERE part IS NULL OR part NOT IN (SELECT seq FROM parts WHERE received)"
            )
            self._database.execute("DELETE FROM parts WHERE NOT received")
            self._say("scope", scope)
        return False

    def clear(self) -> int:
        """Forget all parts, those too that cannot be read again, of which it returns the number."""
        with self._writing():
            (count,) = self._database.execute("SELECT COUNT(*) FROM parts WHERE received").fetchone()
            for table in ("files", "parts", "grows"):
                self._database.execute(f"DELETE FROM {table}")  # noqa: S608 - constants
        return int(count)

    def gone(self, paths: Sequence[str]) -> None:
        """These files were deleted after they were read: nothing asks for them again."""
        with self._writing():
            self._database.executemany("DELETE FROM files WHERE path = ?", [(path,) for path in paths])

    def about(self, name: str) -> str | None:
        """What was noted under this name."""
        row = self._one("SELECT value FROM about WHERE name = ?", name)
        return str(row[0]) if row else None

    def note(self, name: str, value: str) -> None:
        """Note something of the watch itself."""
        with self._writing():
            self._say(name, value)

    def known(self, path: str) -> Known | None:
        """The file of this path, as it was read last."""
        row = self._one("SELECT version, summed FROM files WHERE path = ?", path)
        return Known(path, row[0], bool(row[1])) if row else None

    def grows(self, path: str) -> bool:
        """Whether a file has been another each time it was looked at."""
        return self._one("SELECT 1 FROM grows WHERE path = ?", path) is not None

    def forget(self, path: str) -> list[str]:
        """The file of this path is another now: its part is dropped. Returns the others that must be read again."""
        row = self._one("SELECT part FROM files WHERE path = ?", path)
        part = row[0] if row else None
        with self._writing():
            self._database.execute("INSERT OR IGNORE INTO grows VALUES (?)", (path,))
            with_it = self._database.execute(
                "SELECT path FROM files WHERE part = ? AND path <> ?", (part, path)
            ).fetchall()
            self._database.execute("DELETE FROM files WHERE path = ? OR part = ?", (path, part))
            self._database.execute("DELETE FROM parts WHERE seq = ?", (part,))
        return [other for (other,) in with_it]

    def keep(self, files: Sequence[Known], parcel: Parcel | None, at: int) -> None:
        """These files are read and came to this, or to nothing that a part could hold; `at` in seconds."""
        with self._writing():
            part = self._insert(parcel, 0) if parcel else None
            self._database.executemany(
                "INSERT OR REPLACE INTO files VALUES (?, ?, ?, ?, ?)",
                [(one.path, one.version, at, one.summed, part) for one in files],
            )

    def payloads(self) -> Iterator[tuple[int, bytes]]:
        """Each part by its number, in the order in which they were kept; dropping or adding meanwhile is harmless."""
        with self._faults():
            numbers = [number for (number,) in self._database.execute("SELECT seq FROM parts ORDER BY seq")]
        for number in numbers:
            if row := self._one("SELECT payload FROM parts WHERE seq = ?", number):
                yield number, bytes(row[0])

    def drop(self, number: int) -> None:
        """Forget a part, and that its files were read."""
        with self._writing():
            self._database.execute("DELETE FROM files WHERE part = ?", (number,))
            self._database.execute("DELETE FROM parts WHERE seq = ?", (number,))

    def expire(self, before: int, window: int) -> int | None:
        """Drop the parts that ended before then, and the oldest of too many bytes.

        Returns the last moment of what was dropped for want of room.
        """
        with self._writing():
            self._drop_until(before)
            self._database.execute(
                "DELETE FROM files WHERE part IS NULL AND read_at < ?", (before - (_FORGOTTEN - 1) * window,)
            )
            over, last = self._size() - self._limit, None
            while over > 0 and (
                oldest := self._one("SELECT last, LENGTH(payload) FROM parts ORDER BY last, seq LIMIT 1")
            ):
                last, freed = int(oldest[0]), int(oldest[1])
                self._database.execute(
                    "UPDATE files SET part = NULL WHERE part = (SELECT seq FROM parts ORDER BY last, seq LIMIT 1)"
                )
                self._database.execute(
                    "DELETE FROM parts WHERE seq = (SELECT seq FROM parts ORDER BY last, seq LIMIT 1)"
                )
                over -= freed
        with self._faults():
            self._database.execute("PRAGMA incremental_vacuum").fetchall()
        return last

    def crowds(self) -> Iterator[list[int]]:
        """Numbers of parts that are to be put together, one crowd after the other."""
        while True:
            with self._faults():
                rows = self._database.execute(
                    "SELECT group_concat(seq) FROM parts WHERE NOT alone AND LENGTH(payload) < ? "
                    "GROUP BY received, level, last / ? HAVING COUNT(*) >= ? LIMIT 1",
                    (LARGEST, _DAY, TOGETHER),
                ).fetchall()
            if not rows:
                return
            yield sorted(map(int, rows[0][0].split(",")))

    def put_together(self, numbers: Sequence[int], payload: bytes) -> None:
        """One part in place of these."""
        marks = ",".join("?" * len(numbers))
        with self._writing():
            received, level, last = self._database.execute(
                f"SELECT MAX(received), MAX(level), MAX(last) FROM parts WHERE seq IN ({marks})",  # noqa: S608 - marks only
                numbers,
            ).fetchone()
            part = self._insert(Parcel(payload, last, bool(received)), level + 1)
            self._database.execute(f"UPDATE files SET part = ? WHERE part IN ({marks})", (part, *numbers))  # noqa: S608
            self._database.execute(f"DELETE FROM parts WHERE seq IN ({marks})", numbers)  # noqa: S608

    def payload(self, number: int) -> bytes:
        """One part."""
        row = self._one("SELECT payload FROM parts WHERE seq = ?", number)
        return bytes(row[0]) if row else b""

    def told(self, incident: str) -> str | None:
        """What an incident had come to when it was told last."""
        row = self._one("SELECT mark FROM told WHERE incident = ?", incident)
        return str(row[0]) if row else None

    def tell(self, incident: str, mark: str) -> None:
        """It was told as this."""
        with self._writing():
            self._database.execute("INSERT OR REPLACE INTO told VALUES (?, ?)", (incident, mark))

    def _insert(self, parcel: Parcel, level: int) -> int:
        written = self._database.execute(
            "INSERT INTO parts (received, alone, level, last, payload) VALUES (?, ?, ?, ?, ?)",
            (parcel.received, parcel.alone, level, parcel.last, parcel.payload),
        )
        return int(written.lastrowid or 0)

    def _drop_until(self, before: int) -> None:
        self._database.execute(
            "UPDATE files SET part = NULL WHERE part IN (SELECT seq FROM parts WHERE last < ?)", (before,)
        )
        self._database.execute("DELETE FROM parts WHERE last < ?", (before,))

    def _size(self) -> int:
        return int(self._database.execute("SELECT COALESCE(SUM(LENGTH(payload)), 0) FROM parts").fetchone()[0])

    def _say(self, name: str, value: str) -> None:
        self._database.execute("INSERT OR REPLACE INTO about VALUES (?, ?)", (name, value))

    def _one(self, question: str, *values: object) -> tuple[Any, ...] | None:
        with self._faults():
            row: tuple[Any, ...] | None = self._database.execute(question, values).fetchone()
        return row

    @contextmanager
    def _writing(self) -> Iterator[None]:
        """One transaction, whole or not at all."""
        with self._faults():
            self._database.execute("BEGIN IMMEDIATE")
            try:
                yield
            except BaseException:
                self._database.execute("ROLLBACK")
                raise
            self._database.execute("COMMIT")

    @contextmanager
    def _faults(self) -> Iterator[None]:
        try:
            yield
        except sqlite3.Error as error:
            remedy = "make room there, or delete it: then all is read anew"
            raise StoreError(f"{self._path}: {error}; {remedy}") from error
