"""Rows of a unit are read where sums are not enough: to be opened one by one, or because some of them do not count.

Those that are opened are judged in the order in which they were read.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from math import ceil
from sys import intern
from typing import NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from stanch.contracts.behaviour import HOUR
from stanch.contracts.lake import LakeUnit, Piece, Receipt
from stanch.domain.event import Event, Skipped
from stanch.engine.read import AnySource
from stanch.engine.scan.cells import Row
from stanch.engine.scan.classes import Classes
from stanch.engine.scan.deeds import Deed
from stanch.engine.scan.judge import Judge
from stanch.engine.scan.lake.block import Block, Numbers
from stanch.engine.scan.lake.columns import DICTIONARIES, SLOW, line_of
from stanch.engine.scan.lake.groups import Group, Groups, Mark
from stanch.engine.scan.lake.profile import Record
from stanch.engine.scan.lake.records import Records
from stanch.engine.scan.line import Line
from stanch.engine.scan.part import Part
from stanch.engine.scan.span import Span
from stanch.engine.scan.things import Closed
from stanch.engine.sigma import Narrowed

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)

Chosen = NDArray[np.bool_]
"""Which rows of a block are meant."""


class Knowledge(NamedTuple):
    """What scanning a unit needs of the scanner it is scanned by."""

    judge: Judge
    classes: Classes
    span: Span
    sources: Sequence[AnySource]
    overhear: Callable[[Event], None]


class Wanted(NamedTuple):
    """A row that is opened whole: when it was read, its event, whether its cell is summed already, the rules left."""

    seq: int
    event: Event
    summed: bool
    rules: Narrowed | None


class Stand(NamedTuple):
    """Rows that stand side by side in a piece, of one deed, or of the slow way (None).

    They are all counted; `summed` says that their cells are, too.
    """

    first: int
    length: int
    deed: Deed | None
    summed: bool


Ready = tuple[Record, str, Deed]
"""A record that is opened in any case, with its log and its deed."""


class Hours(NamedTuple):
    """The starts of the hours that lie inside a span, and of those that it cuts."""

    whole: Numbers
    cut: Numbers


class ByEvent:
    """One unit on its way into a part, as far as its rows are read."""

    def __init__(self, unit: LakeUnit, receipt: Receipt, knowledge: Knowledge, part: Part) -> None:
        self.judge, self.classes, self.span = knowledge.judge, knowledge.classes, knowledge.span
        self.part = part
        self._overhear = knowledge.overhear
        self._unit = unit
        self._paths = [original.path for original in receipt.originals]
        self._records = Records(knowledge.sources, receipt)
        # Deeds are held with their sums: what the classes forget must not be taken for another.
        self._summed: dict[tuple[int, Mark], tuple[Deed, Group]] = {}

    def chunk(self, pieces: Sequence[Piece], seen: set[int] | None) -> None:
        """All of some pieces whose rows lay together: what is told twice is told by their common order."""
        self.classes.forget(lambda: None)
        with ExitStack() as stack:
            blocks = [block for piece in pieces for block in self._blocks(piece, stack)]
            wanted: list[Wanted] = []
            for block, fresh in zip(blocks, self._fresh(blocks, seen), strict=True):
                wanted += self._block(block, np.flatnonzero(fresh))
        self._judge(wanted)

    def some(self, pieces: Sequence[tuple[Piece, Sequence[Stand], Hours]], ready: Sequence[Ready]) -> None:
        """Of pieces whose rows lay together those that stand here and lie in whole hours, and all of cut hours.

        What lies in whole hours is counted already, and what is ready to be opened is summed.
        """
        wanted: list[Wanted] = []
        for record, log, deed in ready:
            event = self._records.opened(record.file, log, record.raw)
            if event is not None:
                wanted.append(Wanted(record.seq, event, True, deed.left))
        with ExitStack() as stack:
            for piece, stands, hours in pieces:
                if not (stands or len(hours.cut)):
                    continue
                for block in self._blocks(piece, stack, None if len(hours.cut) else stands):
                    wanted += self._cut(block, hours.cut)
                    wanted += self._standing(block, stands, hours.whole)
        self._judge(wanted)

    def close(self) -> None:
        """Move what was summed into the part, and tell what was wrong with the records that were opened."""
        self.part.tally.skipped += self._records.faults()
        for (_, mark), (deed, group) in self._summed.items():
            self.add(deed, mark, group.told(self._paths))

    def add(self, deed: Deed, mark: Mark, row: Row) -> None:
        """Enter what calls of a deed come to."""
        start, on, presigned = mark
        self.part.cells.enter(deed.key(start, intern(on), presigned=presigned), row)

    def deed(self, line: Line) -> Deed | None:
        """The deed of a line; None when its caller cannot be opened by itself."""
        try:
            return self.classes.deed(line)
        except Closed:
            return None

    def _judge(self, wanted: list[Wanted]) -> None:
        for row in sorted(wanted, key=lambda row: row.seq):
            self.judge.take(row.event, self.part, rules=row.rules, summed=row.summed)
            self._overhear(row.event)

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
            self.part.tally.skipped.append(Skipped(f"{self._unit.path}: {piece.name}", lost))

    def _fresh(self, blocks: list[Block], seen: set[int] | None) -> list[Chosen]:
        """The rows inside the span that were not seen before; counts the others."""
        inside = [self._inside(block) for block in blocks]
        if seen is not None:
            self._drop_seen(blocks, inside, seen)
        elif self.span.bounded:
            self.part.tally.left_out += sum(int(len(each) - each.sum()) for each in inside)
        return inside

    def _drop_seen(self, blocks: list[Block], inside: list[Chosen], seen: set[int]) -> None:
        """As the raw way does: an event of the slow way is known before its time is looked at, a line after."""
        tally = self.part.tally
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
        if self.span.since is not None:
            inside &= block.micros >= ceil((self.span.since - _EPOCH) / _MICROSECOND)
        if self.span.until is not None:
            inside &= block.micros < ceil((self.span.until - _EPOCH) / _MICROSECOND)
        return inside

    def _cut(self, block: Block, hours: Numbers) -> Iterator[Wanted]:
        """Count and sum the rows of these hours, as far as they lie inside the span."""
        if not len(hours):
            return
        meant, inside = np.isin(block.seconds // HOUR * HOUR, hours), self._inside(block)
        self.part.tally.left_out += int((meant & ~inside).sum())
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
            deeds = [self.deed(line_of(facts)) for facts in block.facts(lines[first])]
            yield from self._lines(block, lines, deeds, deed_of, summed=False)
        for seq, event in self._records.events(block, rows[slow].tolist()):
            yield Wanted(seq, event, False, None)

    def _count(self, block: Block, rows: Numbers) -> None:
        micros, hours = block.micros[rows], block.seconds[rows] // HOUR * HOUR
        first, last = (moment(int(micro)) for micro in (micros.min(), micros.max()))
        self.part.tally.saw_many(len(rows), first, last)
        for hour in np.unique(hours).tolist():
            self.part.note_ids(hour, block.numbers[rows[hours == hour]].tolist())

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
            for seq, event in self._records.events(block, places[slow].tolist()):
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
            groups = Groups(block, lines[named], known, number[deed_of[named]], self.classes)
            if not summed and self.judge.profiles:
                self._add(groups)
            for seq, event, rules in self._records.lines(block, list(groups.opened(self.classes))):
                yield Wanted(seq, event, True, rules)
            closed += groups.closed
        for seq, event, _ in self._records.lines(block, [(row, None) for row in closed]):
            yield Wanted(seq, event, summed, None)

    def _add(self, groups: Groups) -> None:
        """Add up groups that lie in several blocks; their rows come in the order in which they were read."""
        for deed, mark, group in groups.summed():
            key = (id(deed), mark)
            if key in self._summed:
                self._summed[key][1].add(group)
            else:
                self._summed[key] = deed, group


def moment(micros: int) -> datetime:
    """A time of so many microseconds since the epoch."""
    return _EPOCH + micros * _MICROSECOND


def why(error: Exception) -> str:
    """What went wrong, in one line."""
    return (getattr(error, "strerror", None) or str(error) or type(error).__name__).splitlines()[0][:200]
