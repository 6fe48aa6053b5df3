"""A unit of the lake comes to the same part as the raw logs it was made from.

Most rows are summed by columns; those that a rule may want are opened one by one, in the order in which they were read.
"""

from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from itertools import groupby
from math import ceil
from typing import NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from stanch.contracts.behaviour import HOUR
from stanch.contracts.lake import FORM, LakeUnit, Piece, Receipt
from stanch.contracts.source import Source
from stanch.domain.event import Event, Skipped
from stanch.engine.scan.cells import Key
from stanch.engine.scan.classes import Classes, Deed, deed_key
from stanch.engine.scan.judge import Judge
from stanch.engine.scan.lake.block import Block, Numbers
from stanch.engine.scan.lake.columns import DICTIONARIES, SLOW, line_of
from stanch.engine.scan.lake.groups import Group, Groups, Mark
from stanch.engine.scan.lake.records import Records
from stanch.engine.scan.line import Line
from stanch.engine.scan.part import Part
from stanch.engine.scan.span import Span
from stanch.engine.sigma import Narrowed

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)

Fresh = NDArray[np.bool_]
"""Which rows of a block are to be counted."""


class Knowledge(NamedTuple):
    """What scanning a unit needs of the scanner it is scanned by."""

    judge: Judge
    classes: Classes
    span: Span
    sources: Sequence[Source]


class _Wanted(NamedTuple):
    """A row that is opened whole: when it was read, its event, whether its cell is summed already, the rules left."""

    seq: int
    event: Event
    summed: bool
    rules: Narrowed | None


def scan(unit: LakeUnit, knowledge: Knowledge, part: Part, seen: set[int] | None) -> None:
    """Add to `part` what a unit comes to; with `seen` each id is taken once and remembered there."""
    try:
        receipt = unit.receipt()
    except (OSError, ValueError) as error:
        part.tally.skipped.append(Skipped(unit.path, f"a unit of a lake that cannot be read: {_why(error)}"))
        return
    if receipt.form != FORM:
        why = f"kept by another version of stanch (form {receipt.form}): import its logs again"
        part.tally.skipped.append(Skipped(unit.path, why))
        return
    _UnitPass(unit, receipt, knowledge, part, seen).run()


class _UnitPass:
    """One unit on its way into a part."""

    def __init__(
        self, unit: LakeUnit, receipt: Receipt, knowledge: Knowledge, part: Part, seen: set[int] | None
    ) -> None:
        self._unit, self._receipt, self._part, self._seen = unit, receipt, part, seen
        self._judge, self._classes, self._span = knowledge.judge, knowledge.classes, knowledge.span
        self._records = Records(knowledge.sources, receipt)
        # Deeds are held with their sums: what the classes forget must not be taken for another.
        self._summed: dict[tuple[int, Mark], tuple[Deed, Group]] = {}

    def run(self) -> None:
        """Take in all that was kept of the originals."""
        tally, receipt = self._part.tally, self._receipt
        tally.files_read += receipt.files_read
        tally.bytes += receipt.bytes
        tally.logs.update(receipt.logs)
        tally.digests.update({original.path: (original.sha256, original.size) for original in receipt.originals})
        tally.skipped += receipt.skipped
        for _, pieces in groupby(receipt.pieces, lambda piece: piece.chunk):
            self._classes.forget(lambda: None)
            self._chunk(list(pieces))
        tally.skipped += self._records.faults()
        self._close()

    def _chunk(self, pieces: list[Piece]) -> None:
        """Pieces whose rows lay together: what is told twice is told by their common order."""
        with ExitStack() as stack:
            blocks = [block for piece in pieces for block in self._blocks(piece, stack)]
            wanted: list[_Wanted] = []
            for block, fresh in zip(blocks, self._fresh(blocks), strict=True):
                wanted += self._block(block, fresh)
        for row in sorted(wanted, key=lambda row: row.seq):
            self._judge.take(row.event, self._part, rules=row.rules, summed=row.summed)

    def _blocks(self, piece: Piece, stack: ExitStack) -> Iterator[Block]:
        try:
            stored = stack.enter_context(self._unit.piece(piece))
            file = pq.ParquetFile(stored, read_dictionary=DICTIONARIES, pre_buffer=False)
            yield from [Block(file, number) for number in range(file.num_row_groups)]
        except (OSError, ValueError, KeyError, pa.ArrowException) as error:
            lost = f"{piece.rows:,} events of {piece.day} are lost: {_why(error)}; import their logs again"
            self._part.tally.skipped.append(Skipped(f"{self._unit.path}: {piece.name}", lost))

    def _fresh(self, blocks: list[Block]) -> list[Fresh]:
        """The rows inside the span that were not seen before; counts the others."""
        inside = [self._inside(block) for block in blocks]
        if self._seen is not None:
            self._drop_seen(blocks, inside, self._seen)
        elif self._span.bounded:
            self._part.tally.left_out += sum(int(len(each) - each.sum()) for each in inside)
        return inside

    def _drop_seen(self, blocks: list[Block], inside: list[Fresh], seen: set[int]) -> None:
        """As the raw way does: an event of the slow way is known before its time is looked at, a line after."""
        tally = self._part.tally
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

    def _inside(self, block: Block) -> Fresh:
        inside = np.ones(len(block), bool)
        if self._span.since is not None:
            inside &= block.micros >= ceil((self._span.since - _EPOCH) / _MICROSECOND)
        if self._span.until is not None:
            inside &= block.micros < ceil((self._span.until - _EPOCH) / _MICROSECOND)
        return inside

    def _block(self, block: Block, fresh: Fresh) -> Iterator[_Wanted]:
        """Sum up the fresh rows of a block; yield those that must be opened whole."""
        if not fresh.any():
            return
        rows = np.flatnonzero(fresh)
        self._count(block, rows)
        lines = rows[block.deeds[rows] != SLOW]
        opened: list[tuple[int, Narrowed | None]] = []
        if len(lines):
            groups = self._groups(block, lines)
            self._add(groups)
            opened = list(groups.opened(self._classes))
        slow = rows[block.deeds[rows] == SLOW].tolist()
        for seq, event, rules in self._records.lines(block, opened):
            yield _Wanted(seq, event, True, rules)
        for seq, event in self._records.events(block, slow):
            yield _Wanted(seq, event, False, None)

    def _count(self, block: Block, rows: Numbers) -> None:
        micros, hours = block.micros[rows], block.seconds[rows] // HOUR * HOUR
        first, last = (_EPOCH + int(moment) * _MICROSECOND for moment in (micros.min(), micros.max()))
        self._part.tally.saw_many(len(rows), first, last)
        for hour in np.unique(hours).tolist():
            self._part.note_ids(hour, block.numbers[rows[hours == hour]].tolist())

    def _groups(self, block: Block, lines: Numbers) -> Groups:
        _, first, deed_of = np.unique(block.deeds[lines], return_index=True, return_inverse=True)
        deeds = [self._deed(line_of(facts)) for facts in block.facts(lines[first])]
        return Groups(block, lines, deeds, deed_of, self._classes)

    def _deed(self, line: Line) -> Deed:
        key = (deed_key(line), bytes(line.userIdentity))
        return self._classes.deeds.get(key) or self._classes.learn(key, line)

    def _add(self, groups: Groups) -> None:
        """Add up groups that lie in several blocks; their rows come in the order in which they were read."""
        for deed, mark, group in groups.summed():
            key = (id(deed), mark)
            if key in self._summed:
                self._summed[key][1].add(group)
            else:
                self._summed[key] = deed, group

    def _close(self) -> None:
        """Move what was summed into the part."""
        paths = [original.path for original in self._receipt.originals]
        for (_, (start, on, presigned)), (deed, group) in self._summed.items():
            key = Key(
                start, deed.who, deed.source, deed.name, deed.failed, deed.denied, on, deed.region, deed.agent,
                presigned, deed.console,
            )  # fmt: skip
            self._part.cells.add(key, group.told(paths))


def _why(error: Exception) -> str:
    return (getattr(error, "strerror", None) or str(error) or type(error).__name__).splitlines()[0][:200]
