"""Cells that do not fit in memory lie in a temporary database, and come back without what they name.

Equal parts of cells are shared, so that many fit; ids of events, and what was read, stay where they are until somebody
goes through them.
"""

import pickle
import sqlite3
from array import array
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from itertools import compress, groupby
from operator import itemgetter
from typing import overload

from stanch.contracts.behaviour import Cell, Whose
from stanch.domain.event import Actor
from stanch.engine.scan.cells import KEPT_EVENTS, Plain, Row, cell, folded
from stanch.engine.scan.names import NOTHING, Names, Packed, union
from stanch.engine.scan.temporary import database, whole

Origin = Callable[[str | None, str], str]
"""Resolves an access key and an ARN to the identity that the lineage began with."""

_CACHE = 16 << 10
"""Kibibytes of the database that are kept in memory."""
_AT_ONCE = 500
"""Cells that are read at once."""
_MOST_ALIKE = 100_000
"""Parts of cells that are remembered, to be shared; then all are forgotten, which costs memory, not truth."""
_SCHEMA = """
    CREATE TABLE cell (start INTEGER, arn BLOB, tie BLOB, access BLOB, principal BLOB, data BLOB, objects BLOB,
      events BLOB);
"""
_IN_ORDER = "SELECT rowid, data, objects IS NOT NULL FROM cell ORDER BY start, arn, tie"
_ONE_BY_ONE = "SELECT rowid, data, objects IS NOT NULL FROM cell WHERE rowid IN ({}) ORDER BY start, arn, tie"
_OBJECTS = "SELECT objects FROM cell WHERE rowid = ?"
_EVENTS = "SELECT events FROM cell WHERE rowid = ?"
# Callers are few, so whose they are is asked of each once. Who began first comes first.
_BEGAN = """
    DROP TABLE IF EXISTS mine;
    CREATE TABLE mine (access BLOB, arn BLOB, principal BLOB, name BLOB, PRIMARY KEY (access, arn, principal))
      WITHOUT ROWID;
    INSERT INTO mine SELECT access, arn, principal, {whose} FROM (SELECT DISTINCT access, arn, principal FROM cell);
    DROP TABLE IF EXISTS one;
    CREATE TABLE one (name BLOB PRIMARY KEY, began INTEGER) WITHOUT ROWID;
    INSERT INTO one SELECT name, MIN(start) FROM cell CROSS JOIN mine USING (access, arn, principal) GROUP BY name;
"""
# A cross join is made in the order in which it is written: each cell looks up the one whose it is.
_BY = """
    SELECT name, cell.rowid, data, objects IS NOT NULL
    FROM cell CROSS JOIN mine USING (access, arn, principal) CROSS JOIN one USING (name)
    ORDER BY began, name, start, arn, tie
"""
_WHOSE = {Whose.PRINCIPAL: "principal", Whose.ORIGIN: "origin(access, arn)"}

_Stored = tuple[int, bytes, bool]
"""A row of the database: its number, key and sums without what they name, and whether any objects are named."""


class Far:
    """Rows of cells, by the key, in a database that is gone with the process."""

    def __init__(self) -> None:
        self._database = database(_SCHEMA, _CACHE)

    def put(self, held: Mapping[Plain, Sequence[Row]]) -> None:
        """Write these rows; a cell may be put away more than once."""
        with whole(self._database):
            self._database.executemany("INSERT INTO cell VALUES (?, ?, ?, ?, ?, ?, ?, ?)", _stored(held))

    def told(self) -> Iterator[Cell]:
        """All cells, in the order of time."""
        return (made for _, made in _told(self._database, self._database.execute(_IN_ORDER), _Once()))

    def histories(self, whose: Whose, origin: Origin, most: int) -> Iterator[tuple[str, Sequence[Cell]]]:
        """One history after the other: in memory where it has so many cells at most, else where it lies."""
        far = self._database
        far.create_function(
            "origin", 2, lambda access, arn: _bytes(origin(_text(access), _text(arn))), deterministic=True
        )
        far.executescript(_BEGAN.format(whose=_WHOSE[whose]))
        for name, rows in groupby(far.execute(_BY), itemgetter(0)):
            long, cells = _Long(far), list[Cell]()
            for numbers, made in _told(far, (row[1:] for row in rows), _Once()):
                long.add(numbers)
                if len(long) <= most:
                    cells.append(made)
                else:
                    cells.clear()
            yield _text(name), cells or long


class _Long(Sequence[Cell]):
    """A history that is too long to be held: it is read again whenever somebody goes through it."""

    def __init__(self, far: sqlite3.Connection) -> None:
        self._database = far
        self._rows = array("q")
        self._ends = array("q")

    def add(self, numbers: Sequence[int]) -> None:
        """One more cell, by the numbers of its rows."""
        self._rows.extend(numbers)
        self._ends.append(len(self._rows))

    def __len__(self) -> int:
        return len(self._ends)

    def __iter__(self) -> Iterator[Cell]:
        once = _Once()
        for first in range(0, len(self), _AT_ONCE):
            yield from self._some(first, min(first + _AT_ONCE, len(self)), once)

    def _some(self, first: int, past: int, once: "_Once") -> Iterator[Cell]:
        numbers = self._rows[self._ends[first - 1] if first else 0 : self._ends[past - 1]]
        asked = _ONE_BY_ONE.format(",".join(map(str, numbers)))
        return (made for _, made in _told(self._database, self._database.execute(asked), once))

    @overload
    def __getitem__(self, index: int) -> Cell: ...
    @overload
    def __getitem__(self, index: slice) -> list[Cell]: ...
    def __getitem__(self, index: int | slice) -> Cell | list[Cell]:
        places = range(len(self))[index]
        if isinstance(places, int):
            (found,) = self._some(places, places + 1, _Once())
            return found
        return [self[place] for place in places]


class _Lying(Names):
    """Names of a cell that are read whenever somebody goes through them. There is at least one."""

    __slots__ = ("_asks", "_database", "_numbers")

    def __init__(self, far: sqlite3.Connection, asks: str, numbers: Sequence[int], most: int | None = None) -> None:
        """`asks` reads one pack, by the number of its row; of all the first `most` names count."""
        self._database, self._asks, self._numbers, self._most = far, asks, numbers, most

    def __bool__(self) -> bool:
        return True

    @property
    def packed(self) -> Packed:
        """The names as one thing."""
        found = [self._database.execute(self._asks, (number,)).fetchone()[0] for number in self._numbers]
        packs: list[Packed] = list(map(pickle.loads, found))
        return packs[0] if len(packs) == 1 else union(packs, self._most)


class _Once:
    """Makes cells of what was stored: what is equal in many of them is one thing in memory."""

    def __init__(self) -> None:
        self._known: dict[Plain, Plain] = {}
        self._actors: dict[Plain, Actor] = {}

    def cell(self, key: Plain, row: Row, objects: Names | None, events: Names) -> Cell:
        """One cell."""
        if len(self._known) > _MOST_ALIKE:
            self._known.clear()
            self._actors.clear()
        once = self._known.setdefault
        who, tail, files = once(key[1], key[1]), once(key[2:], key[2:]), once(row[6], row[6])
        made = cell((key[0], who, *tail), ((*row[:6], files),), self._actors.get(who), objects, events)
        self._actors.setdefault(who, made.actor)
        return made


def ties() -> Callable[[Plain], str]:
    """Among those of one caller in one hour what they look like makes the order one; callers and calls are few."""
    caller, call = lru_cache(_MOST_ALIKE)(repr), lru_cache(_MOST_ALIKE)(repr)
    return lambda key: f"{caller(key[1])}{call(key[2:])}"


def _stored(
    held: Mapping[Plain, Sequence[Row]],
) -> Iterator[tuple[int, bytes, bytes, bytes, bytes, bytes, bytes | None, bytes]]:
    tie = ties()
    for key, rows in held.items():
        who, row = key[1], folded(rows)
        data = pickle.dumps((key, (*row[:4], NOTHING, NOTHING, row[6])), 5)
        objects, events = pickle.dumps(row[4], 5) if row[4] else None, pickle.dumps(row[5], 5)
        yield key[0], _bytes(who[0]), _bytes(tie(key)), _bytes(who[3] or ""), _bytes(who[5]), data, objects, events


def _told(far: sqlite3.Connection, stored: Iterable[_Stored], once: _Once) -> Iterator[tuple[tuple[int, ...], Cell]]:
    """The cells of stored rows in order, with the numbers of these; one that was put away more than once is one."""
    opened = ((*pickle.loads(data), number, any_objects) for number, data, any_objects in stored)  # noqa: S301 - ours
    for key, some in groupby(opened, itemgetter(0)):
        _, rows, numbers, any_of = zip(*some, strict=True)
        holding = numbers if all(any_of) else tuple(compress(numbers, any_of))
        objects = _Lying(far, _OBJECTS, holding) if holding else None
        yield numbers, once.cell(key, folded(rows), objects, _Lying(far, _EVENTS, numbers, KEPT_EVENTS))


def _bytes(text: str) -> bytes:
    """A text as a database can keep it, lone surrogates and all; in the same order as texts."""
    return text.encode("utf-8", "surrogatepass")


def _text(stored: bytes) -> str:
    return stored.decode("utf-8", "surrogatepass")
