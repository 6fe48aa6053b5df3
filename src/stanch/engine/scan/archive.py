"""A year of logs has more cells than a machine has memory: what does not fit lies in a file until it is judged.

Rows come as parts send them and are folded when somebody asks. Beyond a bound all of them move to a temporary database,
which nobody else can open and which is gone with the process. Whoever asks sees the same cells in the same order either
way.
"""

import pickle
import sqlite3
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import cache
from itertools import groupby
from operator import itemgetter
from sys import getsizeof
from typing import Any, overload

from stanch.contracts.behaviour import Cell, Whose
from stanch.domain.event import Actor
from stanch.engine.scan.bounds import BOUNDS, Bounds
from stanch.engine.scan.cells import Cells, Row, Wire, cell, folded
from stanch.engine.scan.names import Names, Packed
from stanch.engine.scan.temporary import database

FOLD_AT = 8
"""Rows of one cell from which on they are folded, once they outweigh what was folded before."""

Origin = Callable[[str | None, str], str]
"""Resolves an access key and an ARN to the identity that the lineage began with."""
_Plain = tuple[Any, ...]

_KEY, _ROW = 700, 250
"""Bytes that a key and a row take in memory besides what they hold."""
_CACHE = 16 << 10
"""Kibibytes of the database that are kept in memory."""
_SCHEMA = """
    CREATE TABLE cell (start INTEGER, arn BLOB, tie BLOB, access BLOB, principal BLOB, data BLOB);
    CREATE TABLE laid (number INTEGER PRIMARY KEY, data BLOB, objects BLOB);
    CREATE TABLE history (whose TEXT, name BLOB, first INTEGER, past INTEGER, size INTEGER);
"""
_IN_ORDER = "SELECT data FROM cell ORDER BY start, arn, tie"
_BEGAN = """
    DROP TABLE IF EXISTS one;
    CREATE TABLE one (name BLOB PRIMARY KEY, began INTEGER) WITHOUT ROWID;
    INSERT INTO one SELECT {whose}, MIN(start) FROM cell GROUP BY 1;
"""
# A cross join is made in the order in which it is written: each cell looks up the one whose it is.
_BY = """
    SELECT one.name, data FROM cell CROSS JOIN one ON one.name = {whose}
    ORDER BY one.began, one.name, start, arn, tie
"""
_WHOSE = {Whose.PRINCIPAL: "principal", Whose.ORIGIN: "origin(access, arn)"}


class Archive:
    """All cells of a search. First it takes, then it tells: what is told once does not change any more."""

    def __init__(self, bounds: Bounds = BOUNDS) -> None:
        self._most, self._at_once = bounds.cells, bounds.history
        self._rows: dict[_Plain, list[Row]] = {}
        self._callers: dict[_Plain, _Plain] = {}
        self._size = 0
        self._told: list[Cell] | None = None
        self._database: sqlite3.Connection | None = None

    @property
    def spilled(self) -> bool:
        """Whether some of it lies in a file."""
        return self._database is not None

    @property
    def held(self) -> int:
        """Bytes of rows in memory, about."""
        return self._size

    def take(self, cells: Cells) -> None:
        """Take in the cells of some files."""
        for wire in cells.wires():
            self._take(wire)

    def _take(self, wire: Wire) -> None:
        rows_of, size = self._rows, self._size
        for key, row in wire.items():
            rows = rows_of.get(key)
            if rows is None:
                who = key[1]
                caller = self._callers.setdefault(who, who)
                rows_of[key if caller is who else (key[0], caller, *key[2:])] = [row]
                size += _KEY + _size(row)
                continue
            rows.append(row)
            size += _size(row)
            if len(rows) % FOLD_AT == 0 and _outweighs(rows):
                size -= sum(map(_size, rows))
                rows[:] = [folded(rows)]
                size += _size(rows[0])
        self._size = size
        if size > self._most:
            self._put_away()

    def told(self) -> Iterable[Cell]:
        """All cells, in the order of time."""
        if self._database is None:
            return self._in_memory()
        self._put_away()
        return _cells(self._database.execute(_IN_ORDER))

    def histories(self, whose: Whose, origin: Origin) -> Iterator[tuple[str, Sequence[Cell]]]:
        """Each origin, or each role and user, with its cells in the order of time; who came first comes first."""
        if self._database is None:
            return _grouped(self._in_memory(), whose, origin)
        self._put_away()
        return self._laid(self._database, whose, origin)

    def _in_memory(self) -> list[Cell]:
        if self._told is None:
            actors: dict[_Plain, Actor] = {}
            self._told = []
            tie = _ties()
            for _, equals in groupby(sorted(self._rows, key=_when), _when):
                for key in sorted(equals, key=tie):
                    made = cell(key, folded(self._rows.pop(key)), actors.get(key[1]))
                    actors.setdefault(key[1], made.actor)
                    self._told.append(made)
        return self._told

    def _put_away(self) -> None:
        """Move all rows to the database."""
        if self._database is None:
            self._database = database(_SCHEMA, _CACHE)
        self._database.execute("BEGIN")
        self._database.executemany("INSERT INTO cell VALUES (?, ?, ?, ?, ?, ?)", _stored(self._rows))
        self._database.execute("COMMIT")
        self._rows, self._callers, self._size = {}, {}, 0

    def _laid(self, far: sqlite3.Connection, whose: Whose, origin: Origin) -> Iterator[tuple[str, Sequence[Cell]]]:
        """Lay each history's cells out side by side, then give one history after the other."""
        far.create_function(
            "origin", 2, lambda access, arn: _bytes(origin(_text(access), _text(arn))), deterministic=True
        )
        (number,) = far.execute("SELECT COALESCE(MAX(past), 0) FROM history").fetchone()
        far.executescript(_BEGAN.format(whose=_WHOSE[whose]))
        found = far.execute(_BY.format(whose=_WHOSE[whose]))
        far.execute("BEGIN")
        for name, rows in groupby(found, itemgetter(0)):
            first, size = number, 0
            for key, row in _rows(data for _, data in rows):
                data, objects = pickle.dumps((key, (*row[:4], (), *row[5:])), 5), pickle.dumps(row[4], 5)
                far.execute("INSERT INTO laid VALUES (?, ?, ?)", (number, data, objects if row[4] else None))
                number, size = number + 1, size + len(data) + len(objects)
            far.execute("INSERT INTO history VALUES (?, ?, ?, ?, ?)", (whose, name, first, number, size))
        far.execute("COMMIT")
        asked = "SELECT name, first, past, size FROM history WHERE whose = ? ORDER BY first"
        for name, first, past, size in far.execute(asked, (whose,)):
            laid = _Laid(far, range(first, past))
            yield _text(name), laid if size > self._at_once else laid.held()
            laid.let_go()


class _Laid(Sequence[Cell]):
    """A history that is too long to be held: its cells lie side by side in the database, with their objects beside."""

    def __init__(self, far: sqlite3.Connection, numbers: range) -> None:
        self._database, self._numbers = far, numbers
        self._near: dict[int, Packed] = {}

    def __len__(self) -> int:
        return len(self._numbers)

    def __iter__(self) -> Iterator[Cell]:
        asked = "SELECT number, data, objects IS NOT NULL FROM laid WHERE number BETWEEN ? AND ? ORDER BY number"
        rows = self._database.execute(asked, (self._numbers.start, self._numbers.stop - 1))
        for number, data, any_objects in rows:
            made = cell(*pickle.loads(data))  # noqa: S301 - written by this very process
            yield replace(made, objects=_Far(self, number)) if any_objects else made

    def held(self) -> list[Cell]:
        """All cells, with their objects at hand until these are let go."""
        asked = "SELECT number, objects FROM laid WHERE objects IS NOT NULL AND number BETWEEN ? AND ?"
        rows = self._database.execute(asked, (self._numbers.start, self._numbers.stop - 1))
        self._near = {number: pickle.loads(objects) for number, objects in rows}  # noqa: S301
        return [*self]

    def let_go(self) -> None:
        """Who keeps a cell, as proof, does not keep its objects in memory."""
        self._near = {}

    def objects(self, number: int) -> Packed:
        """The objects of a cell that has any."""
        names = self._near.get(number)
        if names is None:
            asked = "SELECT objects FROM laid WHERE number = ?"
            names = pickle.loads(self._database.execute(asked, (number,)).fetchone()[0])  # noqa: S301
        return names

    @overload
    def __getitem__(self, index: int) -> Cell: ...
    @overload
    def __getitem__(self, index: slice) -> list[Cell]: ...
    def __getitem__(self, index: int | slice) -> Cell | list[Cell]:
        if isinstance(index, slice):
            return [self[number] for number in range(len(self))[index]]
        number = self._numbers[index]
        (found,) = _Laid(self._database, range(number, number + 1))
        return found


class _Far(Names):
    """Objects of a cell that are read whenever somebody goes through them. There is at least one."""

    __slots__ = ("_laid", "_number")

    def __init__(self, laid: _Laid, number: int) -> None:
        self._laid, self._number = laid, number

    def __bool__(self) -> bool:
        return True

    @property
    def packed(self) -> Packed:
        """The objects as one thing."""
        return self._laid.objects(self._number)


def _grouped(cells: Iterable[Cell], whose: Whose, origin: Origin) -> Iterator[tuple[str, Sequence[Cell]]]:
    groups: dict[str, list[Cell]] = {}
    for each in cells:
        name = each.principal if whose is Whose.PRINCIPAL else origin(each.actor.access_key, each.actor.arn)
        groups.setdefault(name, []).append(each)
    yield from sorted(groups.items(), key=lambda group: (group[1][0].start, group[0]))


def _when(key: _Plain) -> tuple[int, str]:
    """Cells come in the order of their hours, of one hour by callers."""
    return key[0], key[1][0]


def _ties() -> Callable[[_Plain], str]:
    """Among those of one caller in one hour what they look like makes the order one; callers are few."""
    caller = cache(repr)
    return lambda key: f"{caller(key[1])}{key[2:]}"


def _size(row: Row) -> int:
    """Bytes that a row takes in memory, about."""
    return _ROW + _weight(row[4]) + _weight(row[5]) + 8 * len(row[6])


def _weight(names: Packed) -> int:
    if not names:
        return 0
    return getsizeof(names) if isinstance(names, str) else sum(map(getsizeof, names))


def _outweighs(rows: Sequence[Row]) -> bool:
    """Whether what came since rows were folded is as much as what they were folded to: so folding costs little."""
    return sum(len(row[4]) for row in rows[1:]) >= len(rows[0][4])


def _stored(held: Mapping[_Plain, Sequence[Row]]) -> Iterator[tuple[int, bytes, bytes, bytes, bytes, bytes]]:
    tie = _ties()
    for key, rows in held.items():
        who = key[1]
        data = pickle.dumps((key, folded(rows)), 5)
        yield key[0], _bytes(who[0]), _bytes(tie(key)), _bytes(who[3] or ""), _bytes(who[5]), data


def _rows(stored: Iterable[bytes]) -> Iterator[tuple[_Plain, Row]]:
    """The cells of stored rows in order; a cell that was put away more than once is one."""
    for key, rows in groupby(map(pickle.loads, stored), itemgetter(0)):
        yield key, folded([row for _, row in rows])


def _cells(stored: Iterable[tuple[bytes]]) -> Iterator[Cell]:
    return (cell(key, row) for key, row in _rows(data for (data,) in stored))


def _bytes(text: str) -> bytes:
    """A text as a database can keep it, lone surrogates and all; in the same order as texts."""
    return text.encode("utf-8", "surrogatepass")


def _text(stored: bytes) -> str:
    return stored.decode("utf-8", "surrogatepass")
