"""What a planned export covers is approved while its bytes last, which only the order of time over all files can tell.

A million reads are charged by time, id and bytes. A record is kept, packed, only where some rule matches it while bytes
are left or when they are spent, and opened again only where that came true.
"""

import sqlite3
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta, timezone
from sys import intern
from typing import NamedTuple

from stanch.domain.estate import Export
from stanch.domain.event import Event
from stanch.engine.scan.blocks import Blocks
from stanch.engine.scan.temporary import database
from stanch.engine.sigma.packed import packed, unpacked

TIMES = 16
"""How often all blocks may be opened again where their events lie scattered in time."""
_CACHE = 8 << 10
"""Kibibytes of the database that are kept in memory while it sorts."""
_SCHEMA = "CREATE TABLE charge (time INTEGER, id BLOB, number INTEGER, export INTEGER, size INTEGER, matters INTEGER)"
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_KNOWN = (datetime, timezone)


class Charge(NamedTuple):
    """What is kept of an event: what it takes of the export of this number, and the event where that matters.

    `within` says that some rule matches it while bytes are left, `beyond` that some does when they are spent. `record`
    is packed, and empty where neither is so.
    """

    id: str
    time: datetime
    log: str
    file: str
    export: int
    size: int
    within: bool
    beyond: bool
    record: bytes


class Late(NamedTuple):
    """An event that some rule matches, now that all before it is known; `spent` says that its export is."""

    event: Event
    spent: bool


class Charged(Blocks):
    """Events that planned exports cover, in the order in which they came."""

    KNOWN = _KNOWN
    WIDTH = len(Charge._fields)

    def append(self, event: Event, export: int, size: int, *, within: bool, beyond: bool) -> None:
        """Charge an export, by its number, with what an event reads."""
        matters = within or beyond
        log, file, record = (event.log, event.file, packed(event.record)) if matters else ("", "", b"")
        self._add((event.id, event.time, log, file, export, size, within, beyond, record))

    def charges(self) -> Iterator[Charge]:
        """All of them, in the order in which they came."""
        return map(Charge._make, self._flat())

    def prove(self) -> None:
        """Raises Unpackable unless all is there, each record too."""
        super().prove()
        for one in self.charges():
            if one.record:
                unpacked(one.record, _KNOWN)

    def late(self, exports: Sequence[Export], at_once: int) -> Iterator[list[Late]]:
        """What some rule matches, in the order of time, each event counted against its export before it is judged.

        `at_once` events are opened at a time, or more where all would be gone through too often.
        """
        most = max(1, at_once, len(self) // TIMES)
        spent = [0] * len(exports)
        chosen: dict[int, bool] = {}
        for number, export, size, within, beyond in self._in_time():
            spent[export] += size
            over = spent[export] > exports[export].max_bytes
            if beyond if over else within:
                chosen[number] = over
                if len(chosen) >= most:
                    yield self._events(chosen)
                    chosen = {}
        if chosen:
            yield self._events(chosen)

    def _in_time(self) -> Iterator[tuple[int, int, int, bool, bool]]:
        """Number, export, bytes, and whether it matters within and beyond, sorted by time and id in a file."""
        far: sqlite3.Connection = database(_SCHEMA, _CACHE)
        rows = (
            (
                (one.time - _EPOCH) // _MICROSECOND,
                one.id.encode("utf-8", "surrogatepass"),
                number,
                one.export,
                one.size,
                one.within | one.beyond << 1,
            )
            for number, one in enumerate(self.charges())
        )
        far.execute("BEGIN")
        far.executemany("INSERT INTO charge VALUES (?, ?, ?, ?, ?, ?)", rows)
        far.execute("COMMIT")
        for number, export, size, matters in far.execute(
            "SELECT number, export, size, matters FROM charge ORDER BY time, id, number"
        ):
            yield number, export, size, bool(matters & 1), bool(matters & 2)

    def _events(self, chosen: dict[int, bool]) -> list[Late]:
        """The events of these numbers, in their order."""
        opened = {number: Charge._make(row) for number, row in self._some(chosen)}
        return [Late(_event(opened[number]), spent) for number, spent in chosen.items()]


def _event(one: Charge) -> Event:
    return Event(one.id, one.time, one.log, intern(one.file), unpacked(one.record, _KNOWN))
