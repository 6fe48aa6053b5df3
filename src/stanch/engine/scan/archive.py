"""A year of logs has more cells than a machine has memory: what does not fit lies in a file until it is judged.

Rows come as parts send them and are folded when somebody asks. Beyond a bound all of them move to a temporary database,
which nobody else can open and which is gone with the process. Whoever asks sees the same cells in the same order either
way.
"""

from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby
from sys import getsizeof

from stanch.contracts.behaviour import Cell, Whose
from stanch.domain.event import Actor
from stanch.engine.scan.bounds import BOUNDS, Bounds
from stanch.engine.scan.cells import Cells, Plain, Row, Wire, cell, folded
from stanch.engine.scan.far import Far, Origin, ties
from stanch.engine.scan.names import Packed

FOLD_AT = 8
"""Rows of one cell from which on they are folded, once they outweigh what was folded before."""

_KEY, _ROW = 700, 250
"""Bytes that a key and a row take in memory besides what they hold."""
_LEAN = 700
"""Bytes that a cell takes in memory without the names of what was read, about."""


class Archive:
    """All cells of a search. First it takes, then it tells: what is told once does not change any more."""

    def __init__(self, bounds: Bounds = BOUNDS) -> None:
        self._most, self._at_once = bounds.cells, bounds.history // _LEAN
        self._rows: dict[Plain, list[Row]] = {}
        self._callers: dict[Plain, Plain] = {}
        self._size = 0
        self._told: list[Cell] | None = None
        self._far: Far | None = None

    @property
    def spilled(self) -> bool:
        """Whether some of it lies in a file."""
        return self._far is not None

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
        return self._in_memory() if self._far is None else self._put_away().told()

    def histories(self, whose: Whose, origin: Origin) -> Iterator[tuple[str, Sequence[Cell]]]:
        """Each origin, or each role and user, with its cells in the order of time; who came first comes first."""
        if self._far is None:
            return _grouped(self._in_memory(), whose, origin)
        return self._put_away().histories(whose, origin, self._at_once)

    def _in_memory(self) -> list[Cell]:
        if self._told is None:
            actors: dict[Plain, Actor] = {}
            self._told = []
            tie = ties()
            for _, equals in groupby(sorted(self._rows, key=_when), _when):
                for key in sorted(equals, key=tie):
                    made = cell(key, self._rows.pop(key), actors.get(key[1]))
                    actors.setdefault(key[1], made.actor)
                    self._told.append(made)
        return self._told

    def _put_away(self) -> Far:
        """Move all rows to the database; where the disk has no room they stay."""
        far = self._far or Far()
        far.put(self._rows)
        self._far = far
        self._rows, self._callers, self._size = {}, {}, 0
        return self._far


def _grouped(cells: Iterable[Cell], whose: Whose, origin: Origin) -> Iterator[tuple[str, Sequence[Cell]]]:
    groups: dict[str, list[Cell]] = {}
    for each in cells:
        name = each.principal if whose is Whose.PRINCIPAL else origin(each.actor.access_key, each.actor.arn)
        groups.setdefault(name, []).append(each)
    yield from sorted(groups.items(), key=lambda group: (group[1][0].start, group[0]))


def _when(key: Plain) -> tuple[int, str]:
    """Cells come in the order of their hours, of one hour by callers."""
    return key[0], key[1][0]


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
