"""Rows wait here until there are enough of them for a chunk, and leave sorted, one table for each partition."""

import json
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from itertools import repeat
from operator import attrgetter
from typing import Any, NamedTuple

import msgspec
import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from stanch.domain.event import Event
from stanch.engine.scan.lake.columns import FACTS, IDENTITY, RAW, SLOW, escaped, facts_of, stored
from stanch.engine.scan.lake.schema import SCHEMA
from stanch.engine.scan.line import Line, ids, number_of, numbers_of, times
from stanch.engine.untrusted import count, text

MOST_ROWS = 1 << 16
MOST_BYTES = 16 << 20
"""Rows of one chunk and bytes of their records: what is held in memory before it is written."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_DAY = 86_400_000_000  # in microseconds
_QUERY_STRING = "QueryString"
_SOURCE, _NAME = FACTS.index("eventSource"), FACTS.index("eventName")
_ACCOUNT, _REGION = FACTS.index("recipientAccountId"), FACTS.index("awsRegion")
_identity = attrgetter("userIdentity")
_request = attrgetter("requestParameters")
_resources = attrgetter("resources")
_extra = attrgetter("additionalEventData")

Numbers = NDArray[np.int64]
Kind = tuple[str, tuple[Any, ...], bytes | None]
"""A log with the facts and the identity of a line; of an event, its account and region, and None."""


class Place(NamedTuple):
    """The partition of an event: its log, account and region as the record tells them ("" for none), and its day."""

    log: str
    account: str
    region: str
    day: str


class Sorted(NamedTuple):
    """The rows of a chunk that lie in one partition, sorted by deed: each row's deed as a place in `kinds`.

    The table has all columns but the records, which stay in the order in which they were read: `rows` tells where.
    """

    place: Place
    table: pa.Table
    kinds: Sequence[Kind]
    deeds: Numbers
    rows: Numbers
    records: Sequence[bytes]

    def raws(self, first: int, count: int) -> list[bytes]:
        """The records of so many rows from this one."""
        return [self.records[row] for row in self.rows[first : first + count].tolist()]

    def blocks(self, most: int) -> Iterator[pa.Table]:
        """All columns of so many rows at a time: what records hold is most of what is held, and is held once."""
        for first in range(0, len(self.rows), most):
            some = self.table.slice(first, most)
            yield some.append_column(SCHEMA.field(RAW), pa.array(self.raws(first, most), pa.string()))


class Rows:
    """Events on their way into a chunk, in the order in which they were read."""

    def __init__(self) -> None:
        self._times: list[Numbers] = []  # microseconds since the epoch, as the chunk's rows come
        self._ids: list[str] = []
        self._numbers: list[int] = []
        self._files: list[int] = []
        self._deeds: list[int] = []
        self._requests: list[bytes | None] = []
        self._resources: list[bytes | None] = []
        self._sizes: list[int] = []
        self._signed: list[bool] = []
        self._raws: list[bytes] = []
        self._weight = 0
        self._kinds: dict[Kind, int] = {}

    def __len__(self) -> int:
        return len(self._ids)

    @property
    def full(self) -> bool:
        """Whether it is time to take the chunk."""
        return len(self._ids) >= MOST_ROWS or self._weight >= MOST_BYTES

    def lines(self, file: int, log: str, lines: list[Line], raws: Sequence[msgspec.Raw]) -> None:
        """Take in the lines of a batch, with their records as logged, of the original of this number."""
        kinds = self._kinds
        keys = zip(repeat(log), map(facts_of, lines), map(bytes, map(_identity, lines)), strict=False)
        self._deeds += [kinds.setdefault(key, len(kinds)) for key in keys]
        self._ids += ids(lines)
        self._numbers += numbers_of(lines)
        self._times.append(_microseconds(times(lines)))
        self._files += [file] * len(lines)
        self._requests += map(_unless_null, map(_request, lines))
        self._resources += map(_unless_null, map(_resources, lines))
        for extra in map(_extra, lines):
            self._sizes.append(0 if extra is None else count(extra.bytesTransferredOut))
            self._signed.append(extra is not None and extra.AuthenticationMethod == _QUERY_STRING)
        records = list(map(bytes, raws))
        self._raws += records
        self._weight += sum(map(len, records))

    def event(self, file: int, event: Event) -> None:
        """Take in an event that only its whole record tells; RecursionError for one that is nested too deeply."""
        record = json.dumps(event.record).encode()
        account = text(event.record.get("recipientAccountId")) or ""
        region = text(event.record.get("awsRegion")) or ""
        key = (event.log, (_written(account), _written(region)), None)
        self._deeds.append(self._kinds.setdefault(key, len(self._kinds)))
        self._ids.append(escaped(event.id))
        self._numbers.append(number_of(event.id))
        self._times.append(np.array([(event.time - _EPOCH) // _MICROSECOND], np.int64))
        self._files.append(file)
        self._requests.append(None)
        self._resources.append(None)
        self._sizes.append(0)
        self._signed.append(False)
        self._raws.append(record)
        self._weight += len(record)

    def chunk(self) -> Iterator[Sorted]:
        """Every row once, as one table for each partition, sorted by deed; none is left."""
        kinds = list(self._kinds)
        ranks = sorted(range(len(kinds)), key=lambda number: (*_call(kinds[number]), number))
        rank = np.empty(len(kinds), np.int64)
        rank[ranks] = np.arange(len(kinds))
        deeds = np.array(self._deeds, np.int64)
        when = np.concatenate(self._times) if self._times else np.empty(0, np.int64)
        days = when // _DAY
        places, place_of = _numbered([_place(key) for key in kinds])
        # Stable: within a deed the rows stay in the order in which they were read.
        order = np.lexsort((rank[deeds], days, place_of[deeds]))
        whole, records = self._table(when, deeds), self._raws
        self.__init__()  # type: ignore[misc]  # as new
        for rows in _runs(order, place_of[deeds][order], days[order]):
            log, account, region = places[place_of[deeds[rows[0]]]]
            day = str(np.datetime64(int(days[rows[0]]), "D"))
            table = _told(whole.take(pa.array(rows)), kinds, deeds[rows])
            yield Sorted(Place(log, account, region, day), table, kinds, deeds[rows], rows, records)

    def _table(self, when: Numbers, deeds: Numbers) -> pa.Table:
        """The columns that every row has for itself."""
        return pa.table(
            {
                "eventTime": pa.array(when, pa.int64()).cast(SCHEMA.field("eventTime").type),
                "eventID": pa.array(self._ids, pa.string()),
                "number": pa.array(self._numbers, pa.int64()),
                "seq": pa.array(np.arange(len(deeds)), pa.int32()),
                "file": pa.array(self._files, pa.int32()),
                "requestParameters": pa.array(self._requests, pa.string()),
                "resources": pa.array(self._resources, pa.string()),
                "bytesTransferredOut": pa.array(self._sizes, pa.int64()),
                "signedUrl": pa.array(self._signed, pa.bool_()),
            }
        )


def _told(table: pa.Table, kinds: Sequence[Kind], deeds: Numbers) -> pa.Table:
    """The table with the columns that are the same in all rows of a deed, deeds numbered as they come."""
    begin = np.flatnonzero(np.diff(deeds, prepend=-1))
    here = [kinds[number] for number in deeds[begin].tolist()]
    number = np.repeat(np.arange(len(begin)), np.diff(begin, append=len(deeds)))
    slow = np.array([_slow(kind) for kind in here], bool)
    columns: dict[str, Any] = {name: table.column(name) for name in table.column_names}
    columns["deed"] = pa.array(np.where(slow[number], SLOW, number), pa.int32())
    columns["log"] = _repeated("log", [kind[0] for kind in here], number)
    for at, name in enumerate(FACTS):
        values = [None if _slow(kind) else kind[1][at] for kind in here]
        columns[name] = _repeated(name, stored(name, values), number)
    columns[IDENTITY] = _repeated(IDENTITY, [None if kind[2] is None else kind[2].decode() for kind in here], number)
    names = [name for name in SCHEMA.names if name != RAW]
    return pa.table([columns[name] for name in names], names=names)


def _slow(kind: Kind) -> bool:
    return kind[2] is None


def call_of(kind: Kind) -> tuple[str, str]:
    """The source and the name of a line's call."""
    return kind[1][_SOURCE], kind[1][_NAME]


def _call(kind: Kind) -> tuple[bool, str, str]:
    return (True, "", "") if _slow(kind) else (False, *call_of(kind))


def _place(kind: Kind) -> tuple[str, str, str]:
    account, region = kind[1] if _slow(kind) else (kind[1][_ACCOUNT], kind[1][_REGION])
    return kind[0], account or "", region or ""


def _repeated(name: str, values: Sequence[Any], number: Numbers) -> pa.Array:
    """A column in which each row has the value of its deed; texts are stored once."""
    kind = SCHEMA.field(name).type
    if not pa.types.is_string(kind):
        return pa.array(values, kind).take(pa.array(number))
    known: dict[str, int] = {}
    codes = np.array([-1 if value is None else known.setdefault(value, len(known)) for value in values], np.int32)
    rows = codes[number]
    return pa.DictionaryArray.from_arrays(pa.array(rows, mask=rows < 0), pa.array(list(known), kind))


def _runs(order: Numbers, *keys: Numbers) -> Iterator[Numbers]:
    """The pieces of `order` within which all keys, given in that order, stay the same."""
    changed = np.zeros(len(order), bool)
    for key in keys:
        changed[1:] |= np.diff(key) != 0
    yield from (piece for piece in np.split(order, np.flatnonzero(changed)) if len(piece))


def _numbered(values: Sequence[tuple[str, str, str]]) -> tuple[list[tuple[str, str, str]], Numbers]:
    known: dict[tuple[str, str, str], int] = {}
    codes = np.array([known.setdefault(value, len(known)) for value in values], np.int64)
    return list(known), codes


def _microseconds(when: Sequence[str]) -> Numbers:
    """Times as CloudTrail writes them, in UTC."""
    return np.array([time[:-1] for time in when], "datetime64[us]").astype(np.int64)


def _unless_null(value: msgspec.Raw) -> bytes | None:
    written = bytes(value)
    return None if written == b"null" else written


def _written(value: str) -> str:
    """What of a name can be written as UTF-8."""
    return value.encode("utf-8", "replace").decode()
