"""A million small files are a million digests: the few that become evidence are asked for at the end, by name."""

import sqlite3
from collections.abc import Iterator, MutableMapping

from stanch.engine.scan.bounds import BOUNDS, Bounds
from stanch.engine.scan.temporary import database, whole

Digest = tuple[str, int]
"""The SHA-256 of a file as stored, in hexadecimal, and its bytes."""
_SCHEMA = "CREATE TABLE digest (path BLOB PRIMARY KEY, sha256 BLOB, size INTEGER) WITHOUT ROWID"
_CACHE = 4 << 10
"""Kibibytes of the database that are kept in memory."""


class Digests(MutableMapping[str, Digest]):
    """The digest of each file by its path."""

    def __init__(self, bounds: Bounds = BOUNDS) -> None:
        self._most = bounds.digests
        self._near: dict[str, Digest] = {}
        self._database: sqlite3.Connection | None = None
        self._far = 0

    def __len__(self) -> int:
        """How many; a path that comes again, long after, counts as another until it is put away."""
        return len(self._near) + self._far

    def __setitem__(self, path: str, digest: Digest) -> None:
        self._near[path] = digest
        if len(self._near) > self._most:
            try:
                self._put_away()
            except sqlite3.Error:  # the disk is full: they are short, and another try at each would take long
                self._most = 2 * len(self._near)

    def __getitem__(self, path: str) -> Digest:
        if path in self._near:
            return self._near[path]
        if self._database is None:
            raise KeyError(path)
        found = self._database.execute("SELECT sha256, size FROM digest WHERE path = ?", (_bytes(path),)).fetchone()
        if found is None:
            raise KeyError(path)
        return found[0].hex(), found[1]

    def __delitem__(self, path: str) -> None:
        self._put_away()
        self._far -= self[path] is not None
        if self._database is not None:
            self._database.execute("DELETE FROM digest WHERE path = ?", (_bytes(path),))

    def __iter__(self) -> Iterator[str]:
        if self._database is None:
            return iter(self._near)
        self._put_away()
        found = self._database.execute("SELECT path FROM digest ORDER BY path")
        return (path.decode("utf-8", "surrogatepass") for (path,) in found)

    def _put_away(self) -> None:
        far = self._database or database(_SCHEMA, _CACHE)
        rows = [(bytes.fromhex(sha256), size, _bytes(path)) for path, (sha256, size) in self._near.items()]
        before = far.total_changes
        with whole(far):
            far.executemany("INSERT OR IGNORE INTO digest (sha256, size, path) VALUES (?, ?, ?)", rows)
            new = far.total_changes - before
            if new < len(rows):  # what is known of a path is what was said last
                far.executemany("UPDATE digest SET sha256 = ?, size = ? WHERE path = ?", rows)
        self._database = far
        self._far += new
        self._near = {}


def _bytes(path: str) -> bytes:
    return path.encode("utf-8", "surrogatepass")
