"""What is opened whole is opened by the source that reads such logs: the lake knows no log's form."""

import io
import json
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from stanch.contracts.lake import Receipt
from stanch.contracts.source import Batch, Batched
from stanch.domain.event import Event, Skipped
from stanch.engine.read import AnySource
from stanch.engine.scan.lake.columns import unescaped
from stanch.engine.sigma import Narrowed

if TYPE_CHECKING:
    from stanch.engine.scan.lake.block import Block

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_DELIVERED = b'{"Records":[{"eventVersion":"1.11"}]}'


class Records:
    """Opens rows of one unit."""

    def __init__(self, sources: Sequence[AnySource], receipt: Receipt) -> None:
        self._sources = {source.LOG: source for source in sources}
        self._paths = [original.path for original in receipt.originals]
        self._open: dict[int, tuple[Iterator[Batch | Skipped], Batch]] = {}

    def lines(
        self, block: "Block", rows: Sequence[tuple[int, Narrowed | None]]
    ) -> Iterator[tuple[int, Event, Narrowed | None]]:
        """The order, the event and the rules of rows of the fast way; without those that are none, see `faults`."""
        if not rows:
            return
        numbers = [row for row, _ in rows]
        raws, logs = block.texts("raw", numbers), block.texts("log", numbers)
        for (row, rules), raw, log in zip(rows, raws, logs, strict=True):
            event = self.opened(int(block.files[row]), log, raw.encode())
            if event is not None:
                yield int(block.seq[row]), event, rules

    def opened(self, file: int, log: str, raw: bytes) -> Event | None:
        """The event of one record of the fast way; None when it is none, see `faults`."""
        return self._batch(file, log).event(raw)

    def events(self, block: "Block", rows: Sequence[int]) -> Iterator[tuple[int, Event]]:
        """The order and the event of rows of the slow way."""
        if not rows:
            return
        texts = zip(*(block.texts(name, rows) for name in ("raw", "log", "eventID")), strict=True)
        for row, (raw, log, id_) in zip(rows, texts, strict=True):
            time = _EPOCH + int(block.micros[row]) * _MICROSECOND
            yield int(block.seq[row]), Event(unescaped(id_), time, log, self._paths[block.files[row]], json.loads(raw))

    def faults(self) -> Iterator[Skipped]:
        """What was wrong with the records opened so far."""
        for rest, _ in self._open.values():
            yield from (item for item in rest if isinstance(item, Skipped))
        self._open = {}

    def _batch(self, file: int, log: str) -> Batch:
        """A batch of an original's source, which opens its records; its faults are told when it is read to the end."""
        known = self._open.get(file)
        if known is None:
            source = self._sources[log]
            assert isinstance(source, Batched)  # noqa: S101 - only batches are kept as lines
            rest = iter(source.batches(self._paths[file], io.BytesIO(_DELIVERED), _DELIVERED))
            batch = next(rest)
            assert not isinstance(batch, Skipped)  # noqa: S101 - nothing is wrong with it
            known = self._open[file] = rest, batch
        return known[1]
