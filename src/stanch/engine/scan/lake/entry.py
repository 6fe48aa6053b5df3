"""What a unit comes to enters a part in one way, whether its profile tells it or its rows."""

from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime, timedelta
from sys import intern
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from stanch.contracts.lake import Receipt
from stanch.domain.event import Event
from stanch.engine.read import AnySource
from stanch.engine.scan.cells import Row
from stanch.engine.scan.classes import Classes
from stanch.engine.scan.deeds import Deed
from stanch.engine.scan.judge import Judge
from stanch.engine.scan.lake.records import Records
from stanch.engine.scan.line import Line
from stanch.engine.scan.part import Part
from stanch.engine.scan.span import Span
from stanch.engine.scan.things import Closed
from stanch.engine.sigma import Narrowed

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)
Mark = tuple[int, str, bool]
"""What calls of one group have in common beside their deed: the hour's start, the store, whether the URL was signed."""


class Knowledge(NamedTuple):
    """What scanning a unit needs of the scanner it is scanned by."""

    judge: Judge
    classes: Classes
    span: Span
    sources: Sequence[AnySource]
    overhear: Callable[[Event], None]


class Wanted(NamedTuple):
    """A row that is opened whole: when it was read, its event, whether its cell is summed already, the rules left.

    `deed` is its deed, where that is at hand.
    """

    seq: int
    event: Event
    summed: bool
    rules: Narrowed | None
    deed: Deed | None = None


class Stand(NamedTuple):
    """Rows that stand side by side in a piece, of one deed, or of the slow way (None).

    They are all counted; `summed` says that their cells are, too.
    """

    first: int
    length: int
    deed: Deed | None
    summed: bool


class Hours(NamedTuple):
    """The starts of the hours that lie inside a span, and of those that it cuts."""

    whole: NDArray[np.int64]
    cut: NDArray[np.int64]


class Entry:
    """One unit on its way into a part."""

    def __init__(self, receipt: Receipt, knowledge: Knowledge, part: Part) -> None:
        self.judge, self.classes, self.span = knowledge.judge, knowledge.classes, knowledge.span
        self.part = part
        self.paths = [original.path for original in receipt.originals]
        self.records = Records(knowledge.sources, receipt)
        self._overhear = knowledge.overhear

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

    def open(self, wanted: Iterable[Wanted]) -> None:
        """Judge events that are opened whole, in the order in which they were read."""
        for row in sorted(wanted, key=lambda row: row.seq):
            like = row.deed.view if row.deed is not None and self.classes.whole else None
            self.judge.take(row.event, self.part, rules=row.rules, summed=row.summed, like=like)
            self._overhear(row.event)


def moment(micros: int) -> datetime:
    """A time of so many microseconds since the epoch."""
    return EPOCH + micros * MICROSECOND


def why(error: Exception) -> str:
    """What went wrong, in one line."""
    return (getattr(error, "strerror", None) or str(error) or type(error).__name__).splitlines()[0][:200]
