"""Rows of a unit are read where sums are not enough: to be opened one by one, or because some of them do not count."""

from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from math import ceil

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from stanch.contracts.behaviour import HOUR
from stanch.contracts.lake import LakeUnit, Piece
from stanch.domain.event import Skipped
from stanch.engine.scan.deeds import Deed
from stanch.engine.scan.lake.block import Block, Numbers
from stanch.engine.scan.lake.columns import DICTIONARIES, SLOW
from stanch.engine.scan.lake.entry import EPOCH, MICROSECOND, Entry, Hours, Mark, Stand, Wanted, moment, why
from stanch.engine.scan.lake.groups import Group, Groups
from stanch.engine.scan.lake.lines import line_of_row

Chosen = NDArray[np.bool_]
"""Which rows of a block are meant."""


class ByEvent:
    """One unit on its way into a part, as far as its rows are read."""

    def __init__(self, unit: LakeUnit, entry: Entry) -> None:
        self._unit, self._entry = unit, entry
        self._tally, self._span, self._classes = entry.part.tally, entry.span, entry.classes
        # Deeds are held with their sums: what the classes forget must not be taken for another.
        self._summed: dict[tuple[int, Mark], tuple[Deed, Group]] = {}

    def chunk(self, pieces: Sequence[Piece], seen: set[int] | None) -> None:
        """All of some pieces whose rows lay together: what is told twice is told by their common order."""
        self._classes.forget(lambda: None)
        with ExitStack() as stack:
            blocks = [block for piece in pieces for block in self._blocks(piece, stack)]
            wanted: list[Wanted] = []
            for block, fresh in zip(blocks, self._fresh(blocks, seen), strict=True):
                wanted += self._block(block, np.flatnonzero(fresh))
        self._entry.open(wanted)

    def some(self, piece: Piece, stands: Sequence[Stand], hours: Hours) -> Iterator[Wanted]:
        """Count and sum what of a piece lies in cut hours; yield what must be opened of it, and of the rows that stand.

        What lies in whole hours is counted already.
        """
        with ExitStack() as stack:
            for block in self._blocks(piece, stack, None if len(hours.cut) else stands):
                yield from self._cut(block, hours.cut)
                yield from self._standing(block, stands, hours.whole)

    def close(self) -> None:
        """Move what was summed into the part."""
        for (_, mark), (deed, group) in self._summed.items():
            self._entry.add(deed, mark, group.told(self._entry.paths))

    def _blocks(self, piece: Piece, stack: ExitStack, stands: Sequence[Stand] | None = None) -> Iterator[Block]:
        """The blocks of a piece, or only those in which some rows stand."""
        try:
            stored = stack.enter_context(self._unit.piece(piece))
            file = pq.ParquetFile(stored, read_dictionary=DICTIONARIES, pre_buffer=False)
            begin = 0
            for number in range(file.num_row_groups):
                end = begin + file.metadata.row_group(number).num_rows
                if stands is None or any(stand.first < end and begin < stand.first + stand.length for stand in stands):
                    yield Block(file, number, begin)
                begin = end
        except (OSError, ValueError, KeyError, pa.ArrowException) as error:
            what = "are lost" if stands is None else "cannot be opened"
            lost = f"{piece.rows:,} events of {piece.day} {what}: {why(error)}; import their logs again"
            self._tally.skipped.append(Skipped(f"{self._unit.path}: {piece.name}", lost))

    def _fresh(self, blocks: list[Block], seen: set[int] | None) -> list[Chosen]:
        """The rows inside the span that were not seen before; counts the others."""
        inside = [self._inside(block) for block in blocks]
        if seen is not None:
            self._drop_seen(blocks, inside, seen)
        elif self._span.bounded:
            self._tally.left_out += sum(int(len(each) - each.sum()) for each in inside)
        return inside

    def _drop_seen(self, blocks: list[Block], inside: list[Chosen], seen: set[int]) -> None:
        """As the raw way does: an event of the slow way is known before its time is looked at, a line after."""
        tally = self._tally
        rows = ((seq, at, row) for at, block in enumerate(blocks) for row, seq in enumerate(block.seq.tolist()))
        for _, at, row in sorted(rows):
            block, held = blocks[at], bool(inside[at][row])
            if not held and block.deeds[row] != SLOW:
                tally.left_out += 1
                continue
            number = int(block.numbers[row])
            if number in seen:
                tally.duplicates += 1
                inside[at][row] = False
                continue
            seen.add(number)
            tally.left_out += not held

    def _inside(self, block: Block) -> Chosen:
        inside = np.ones(len(block), bool)
        if self._span.since is not None:
            inside &= block.micros >= ceil((self._span.since - EPOCH) / MICROSECOND)
        if self._span.until is not None:
            inside &= block.micros < ceil((self._span.until - EPOCH) / MICROSECOND)
        return inside

    def _cut(self, block: Block, hours: Numbers) -> Iterator[Wanted]:
        """Count and sum the rows of these hours, as far as they lie inside the span."""
        if not len(hours):
            return
        meant, inside = np.isin(block.seconds // HOUR * HOUR, hours), self._inside(block)
        self._tally.left_out += int((meant & ~inside).sum())
        yield from self._block(block, np.flatnonzero(meant & inside))

    def _block(self, block: Block, rows: Numbers) -> Iterator[Wanted]:
        """Count and sum these rows; yield those that must be opened whole."""
        if not len(rows):
            return
        self._count(block, rows)
        slow = block.deeds[rows] == SLOW
        lines = rows[~slow]
        if len(lines):
            _, first, deed_of = np.unique(block.deeds[lines], return_index=True, return_inverse=True)
            deeds = [self._entry.deed(line_of_row(facts)) for facts in block.facts(lines[first])]
            yield from self._lines(block, lines, deeds, deed_of, summed=False)
        for seq, event in self._entry.records.events(block, rows[slow].tolist()):
            yield Wanted(seq, event, False, None)

    def _count(self, block: Block, rows: Numbers) -> None:
        micros, hours = block.micros[rows], block.seconds[rows] // HOUR * HOUR
        first, last = (moment(int(micro)) for micro in (micros.min(), micros.max()))
        self._tally.saw_many(len(rows), first, last)
        for hour in np.unique(hours).tolist():
            self._entry.part.note_ids(hour, block.numbers[rows[hours == hour]].tolist())

    def _standing(self, block: Block, stands: Sequence[Stand], hours: Numbers) -> Iterator[Wanted]:
        """Of the rows that stand in this block, and in these hours, those that must be opened whole."""
        for summed in (True, False):
            deeds: list[Deed | None] = []
            rows, deed_of = [], []
            for stand in stands:
                here = np.arange(
                    max(stand.first, block.begin), min(stand.first + stand.length, block.begin + len(block))
                )
                if len(here) and stand.summed == summed:
                    rows.append(here - block.begin)
                    deed_of.append(np.full(len(here), len(deeds)))
                    deeds.append(stand.deed)
            if not rows:
                continue
            places, deed_at = np.concatenate(rows), np.concatenate(deed_of)
            meant = np.isin(block.seconds[places] // HOUR * HOUR, hours)
            places, deed_at = places[meant], deed_at[meant]
            slow = block.deeds[places] == SLOW
            yield from self._lines(block, places[~slow], deeds, deed_at[~slow], summed=summed)
            for seq, event in self._entry.records.events(block, places[slow].tolist()):
                yield Wanted(seq, event, False, None)

    def _lines(
        self, block: Block, lines: Numbers, deeds: Sequence[Deed | None], deed_of: Numbers, *, summed: bool
    ) -> Iterator[Wanted]:
        """Sum up lines, unless they are; yield those that must be opened whole."""
        named = np.array([deed is not None for deed in deeds], bool)[deed_of]
        closed = lines[~named].tolist()
        if named.any():
            number = np.cumsum([deed is not None for deed in deeds]) - 1
            known = [deed for deed in deeds if deed is not None]
            groups = Groups(block, lines[named], known, number[deed_of[named]], self._classes)
            if not summed and self._entry.judge.profiles:
                self._add(groups)
            for seq, event, rules in self._entry.records.lines(block, list(groups.opened(self._classes))):
                yield Wanted(seq, event, True, rules)
            closed += groups.closed
        for seq, event, _ in self._entry.records.lines(block, [(row, None) for row in closed]):
            yield Wanted(seq, event, summed, None)

    def _add(self, groups: Groups) -> None:
        """Add up groups that lie in several blocks; their rows come in the order in which they were read."""
        for deed, mark, group in groups.summed():
            key = (id(deed), mark)
            if key in self._summed:
                self._summed[key][1].add(group)
            else:
                self._summed[key] = deed, group
