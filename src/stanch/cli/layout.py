"""What is there to be copied gets a line to itself where the terminal leaves too little room beside other things."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby

from rich.cells import cell_len
from rich.console import Console, ConsoleOptions, Group, RenderResult
from rich.padding import Padding
from rich.styled import Styled
from rich.table import Table
from rich.text import Text

from stanch.cli.folding import Folding, widest

_GAP = 2
_LEAST = 16
"""Cells in which the last column still reads well; with less, the ids move to lines of their own."""


@dataclass(frozen=True, slots=True)
class Facts:
    """Names with their values beside them; a value with a word that would not fit there stands below its name."""

    facts: Sequence[tuple[str, Text]]

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        """Lay them out in the width that there is."""
        label = max((len(name) for name, _ in self.facts), default=0)
        room = options.max_width - label - _GAP
        for below, some in groupby(self.facts, lambda fact: room < widest(fact[1].plain) <= options.max_width):
            if below:
                yield from (part for name, value in some for part in _below(name, value, options.max_width))
            else:
                yield _beside(list(some), label)


def _beside(facts: Sequence[tuple[str, Text]], label: int) -> Table:
    table = Table.grid(padding=(0, _GAP))
    table.add_column(style="dim", no_wrap=True, min_width=label)
    table.add_column(overflow="fold")
    for fact in facts:
        table.add_row(*fact)
    return table


def _below(name: str, value: Text, width: int) -> list[Text | Padding]:
    free = width - widest(value.plain)
    indent = min(_GAP, free) if free >= 0 else _GAP
    return [*([Text(name, style="dim")] if name else []), Padding(value, (0, 0, 0, indent))]


@dataclass(frozen=True, slots=True)
class Row:
    """Short cells, an id that somebody will copy, and who is behind it."""

    cells: tuple[Text, ...]
    id: Folding
    by: Folding


@dataclass(frozen=True, slots=True)
class Listing:
    """A table whose ids are never broken for want of room beside other columns: they move below their rows."""

    heads: tuple[str, ...]
    """Of the cells, of the ids, and of who is behind them."""
    figures: frozenset[str]
    """Heads of columns that stand to the right."""
    rows: Sequence[Row]

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        """Lay it out in the width that there is."""
        *heads, id_, by = map(Folding, self.heads)
        rows = [Row(tuple(heads), id_, by), *self.rows]
        widths = [max(cell_len(row.cells[at].plain) for row in rows) for at in range(len(heads))]
        for_by = min(_LEAST, max(cell_len(row.by.plain) for row in rows))
        room = options.max_width - sum(width + _GAP for width in widths) - for_by
        of_ids = max(cell_len(row.id.plain) for row in rows)
        if of_ids + _GAP <= room:
            table = self._grid([(*row.cells, row.id, row.by) for row in rows], [*widths, of_ids])
            table.rows[0].style = "dim"
            yield table
            return
        for row in rows:
            style = "dim" if row is rows[0] else ""
            beside = (row.by,) if room >= 0 else ()
            yield Styled(self._grid([(*row.cells, *beside)], widths), style)
            for below in (row.id, *(() if beside else (row.by,))):
                yield Styled(Group(*_below("", below, options.max_width)), style)

    def _grid(self, rows: Sequence[tuple[Text, ...]], widths: Sequence[int]) -> Table:
        """Columns of these widths, and one more for what is left."""
        table = Table.grid(padding=(0, _GAP, 0, 0))
        for head, width in zip(self.heads, widths, strict=False):
            table.add_column(justify="right" if head in self.figures else "left", no_wrap=True, width=width)
        table.add_column(overflow="fold")
        for row in rows:
            table.add_row(*row)
        return table


@dataclass(frozen=True, slots=True)
class Copied:
    """A table of columns, of which those named here are not broken while the others still read well beside them."""

    table: Table
    ids: frozenset[str]
    """Heads of columns."""

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        """Lay it out in the width that there is."""
        taken = 0
        for column in self.table.columns:
            lines = (line for cell in (column.header, *column.cells) for line in str(cell).split("\n"))
            width = max(map(cell_len, lines), default=0)
            taken += _GAP + (width if column.header in self.ids else min(width, _LEAST))
        for column in self.table.columns:
            column.no_wrap = column.no_wrap or (column.header in self.ids and taken <= options.max_width)
        yield self.table
