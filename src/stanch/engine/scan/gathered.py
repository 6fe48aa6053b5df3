"""A caller's keys change by the hour, and what each matched is a group of its own: what does not fit lies in a file.

Beyond a bound all groups move to a temporary database, which nobody else can open and which is gone with the process.
Whoever asks sees the same groups in the same order either way.
"""

import pickle
import sqlite3
from collections.abc import Iterable, Iterator
from hashlib import blake2b
from itertools import chain
from sys import intern

from stanch.engine.gather import Gatherer, Group, GroupKey
from stanch.engine.scan.bounds import BOUNDS
from stanch.engine.scan.temporary import database, whole

_GROUP, _ID, _FILE = 2_000, 93, 100
"""Bytes that a group takes in memory, about, and each id and file in it besides; files have names that others share."""
_CALLER, _NAME, _DAY, _CELL = 250, 120, 70, 700
"""The same for each caller with his address, for each resource, asset or reason, for each day, and for each cell."""
_CACHE = 8 << 10
"""Kibibytes of the database that are kept in memory."""
_SCHEMA = "CREATE TABLE piece (number INTEGER PRIMARY KEY, mark BLOB, data BLOB)"
_BEGAN = """
    CREATE INDEX IF NOT EXISTS by_mark ON piece (mark);
    DROP TABLE IF EXISTS one;
    CREATE TABLE one (began INTEGER PRIMARY KEY, mark BLOB);
    INSERT INTO one SELECT MIN(number), mark FROM piece GROUP BY mark;
"""
# A cross join is made in the order in which it is written: each group looks up its pieces.
_IN_ORDER = """
    SELECT began, data FROM one CROSS JOIN piece ON piece.mark = one.mark ORDER BY began, number
"""
_MARK = 16
"""Bytes of a digest, which tells a group from all others."""


class Gathered:
    """The groups of all files, in the order in which each began."""

    def __init__(self, held: int = BOUNDS.groups) -> None:
        """`held` bytes of groups stay in memory, as far as they can be estimated."""
        self._most = held
        self._size = 0
        self._near = Gatherer()
        self._database: sqlite3.Connection | None = None

    def absorb(self, other: Gatherer) -> None:
        """Take in what was gathered from some files."""
        near = self._near.groups
        before = sum(_size(near[key]) for key in other.groups if key in near)
        self._near.absorb(other)
        self._size += sum(_size(near[key]) for key in other.groups) - before
        if self._size > self._most:
            self._put_away()

    def told(self) -> Iterator[Group]:
        """All of them; who changes one changes a copy."""
        if self._database is None:
            yield from self._near.groups.values()
            return
        try:
            self._put_away()
            self._database.executescript(_BEGAN)
        except sqlite3.Error:  # the disk is full: there is room for what was found, if anywhere, in memory
            yield from self._brought_back(self._database)
            return
        one, last = None, 0
        for began, data in self._database.execute(_IN_ORDER):
            piece = _group(data)
            if one is None or began != last:
                if one is not None:
                    yield one
                one, last = piece, began
            else:
                one.absorb(piece)
        if one is not None:
            yield one

    def _brought_back(self, far: sqlite3.Connection) -> Iterable[Group]:
        """All groups, without sorting them, which takes a file."""
        found: dict[bytes, Group] = {}
        near = ((_mark(key), group) for key, group in self._near.groups.items())
        stored = far.execute("SELECT mark, data FROM piece ORDER BY number")
        for mark, piece in chain(((mark, _group(data)) for mark, data in stored), near):
            if mark in found:
                found[mark].absorb(piece)
            else:
                found[mark] = piece
        return found.values()

    def _put_away(self) -> None:
        """Move all groups to the database; one that comes again is another piece of the same."""
        put_into = self._database or database(_SCHEMA, _CACHE)
        rows = ((_mark(key), pickle.dumps(group, 5)) for key, group in self._near.groups.items())
        with whole(put_into):
            put_into.executemany("INSERT INTO piece (mark, data) VALUES (?, ?)", rows)
        self._database = put_into
        self._near, self._size = Gatherer(), 0


def _size(group: Group) -> int:
    names = len(group.resources) + len(group.assets) + len(group.why)
    return (
        _GROUP
        + _ID * len(group.ids)
        + _FILE * len(group.files)
        + _CALLER * len(group.callers)
        + _NAME * names
        + _DAY * len(group.days)
        + _CELL * len(group.cells)
    )


def _mark(key: GroupKey) -> bytes:
    return blake2b(repr(key).encode("utf-8", "surrogatepass"), digest_size=_MARK).digest()


def _group(data: bytes) -> Group:
    """A stored group; the names of its files are those of all others."""
    group: Group = pickle.loads(data)  # noqa: S301 - written by this very process
    group.files = dict.fromkeys(map(intern, group.files))
    return group
