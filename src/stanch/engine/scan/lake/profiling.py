"""While a unit is kept its events are summed as a hunt will sum them, as far as the log alone decides it."""

from collections.abc import Iterator, Sequence
from itertools import repeat

import msgspec
import numpy as np
import pyarrow as pa

from stanch.contracts.behaviour import HOUR
from stanch.engine.scan.asked import ACTED_ON, acted_on, reads_secrets, secrets_read
from stanch.engine.scan.lake.block import Numbers
from stanch.engine.scan.lake.draft import Draft
from stanch.engine.scan.lake.groups import Some, Split, grouped
from stanch.engine.scan.lake.numbered import Texts
from stanch.engine.scan.lake.profile import Profile, Record, opens, reads
from stanch.engine.scan.lake.rows import Kind, Place, Sorted, call_of
from stanch.engine.scan.lake.taken import Deed, Part, Sum, thing
from stanch.engine.untrusted import table, text

MOST = 1 << 26
"""Bytes that a profile may take in memory, roughly; a unit of which more would be kept has none."""
_OF_GROUP = 200
_OF_PAIR = 60
_OF_OBJECT = 80
_HOUR = HOUR * 1_000_000
_SECOND = 1_000_000

Asked = tuple[str, tuple[str, ...]]
"""What a call acted on, and the keys or secrets whose content it gives."""


class Profiler:
    """Sums one unit while its chunks are written."""

    def __init__(self) -> None:
        self._parts: dict[Place, Part] = {}
        self._requests = Texts()
        self._resources = Texts()
        self._asked: dict[tuple[str, str, int], Asked | None] = {}
        self._held = 0

    @property
    def _weight(self) -> int:
        return self._held + self._requests.weight + self._resources.weight

    def take(self, chunk: int, some: Sorted) -> None:
        """Take in the rows of a chunk that lie in one partition."""
        if self._weight > MOST:
            self.__init__()  # type: ignore[misc]  # what was taken in is of no use
            self._held = MOST + 1
            return
        part = self._parts.setdefault(some.place, Part())
        micros = some.table.column("eventTime").cast(pa.int64()).to_numpy()
        self._hours(part, micros, some.table.column("number").to_numpy())
        begin = np.flatnonzero(np.diff(some.deeds, prepend=-1))
        kinds = [some.kinds[number] for number in some.deeds[begin].tolist()]
        counts = np.diff(begin, append=len(micros))
        known = []
        for kind, first, count in zip(kinds, begin.tolist(), counts.tolist(), strict=True):
            if kind[2] is None:
                part.slow.append((chunk, first, count))
                continue
            deed = part.deeds.setdefault(kind, Deed())
            deed.rows.append((chunk, first, count))
            known.append((kind, deed))
            if opens(*call_of(kind)):
                deed.records += self._records(chunk, some.table.slice(first, count), some.raws(first, count))
        lines = int(counts[: len(known)].sum())  # rows of the slow way come last
        self._lines(known, some.table.slice(0, lines), np.repeat(np.arange(len(known)), counts[: len(known)]))

    def summed(self, paths: Sequence[str]) -> Profile | None:
        """What was taken in, of originals with these paths; None where it became too much."""
        if self._weight > MOST:
            return None
        return Draft(paths, self._requests.texts, self._resources.texts).drawn_up(self._parts)

    def _hours(self, part: Part, micros: Numbers, numbers: Numbers) -> None:
        hours = micros // _HOUR
        for hour in np.unique(hours).tolist():
            of_hour = hours == hour
            when = micros[of_hour]
            part.hours.setdefault(hour * HOUR, []).append((int(when.min()), int(when.max()), numbers[of_hour]))
        self._held += numbers.nbytes

    def _records(self, chunk: int, rows: pa.Table, raws: list[bytes]) -> Iterator[Record]:
        columns = (rows.column(name).to_pylist() for name in ("seq", "file"))
        self._held += sum(map(len, raws))
        return map(Record, repeat(chunk), *columns, raws)

    def _lines(self, known: Sequence[tuple[Kind, Deed]], rows: pa.Table, deed_of: Numbers) -> None:
        """Sum rows of the fast way; each is of one of the known deeds."""
        if not known:
            return
        request_of = self._requests.numbers(rows.column("requestParameters"))
        resources_of = self._resources.numbers(rows.column("resources"))
        wide, wider = len(self._requests), len(self._resources)
        pairs, thing_of = np.unique((deed_of * wide + request_of) * wider + resources_of, return_inverse=True)
        signed = rows.column("signedUrl").to_numpy()
        stores: dict[str, int] = {"": 0}
        self._held += len(pairs) * _OF_PAIR
        on: list[int] = []
        keys: list[tuple[str, ...]] = []
        for code in pairs.tolist():
            front, resources = divmod(code, wider)
            at, request = divmod(front, wide)
            kind, deed = known[at]
            deed.things.add(thing(request, resources))
            asked = self._asks(*call_of(kind), request)
            if asked is None:
                deed.groups = None
                asked = "", ()
            on.append(stores.setdefault(asked[0], len(stores)))
            keys.append(asked[1])
        for at in np.unique(deed_of[signed]).tolist():
            kind, deed = known[at]
            if call_of(kind)[0] not in ACTED_ON:  # whether this tells its events apart depends on the rules
                deed.groups = None
        split = Split(deed_of, np.array(on, np.int64)[thing_of], signed, thing_of, keys)
        self._sum([deed for _, deed in known], rows, split, list(stores))

    def _sum(self, deeds: Sequence[Deed], rows: pa.Table, split: Split, stores: Sequence[str]) -> None:
        ids = rows.column("eventID")
        some = Some(
            rows.column("eventTime").cast(pa.int64()).to_numpy() // _SECOND,
            rows.column("file").to_numpy().astype(np.int64),
            rows.column("bytesTransferredOut").to_numpy(),
            lambda places: ids.take(pa.array(places)).to_pylist(),
        )
        for at, group in grouped(some, split):
            groups = deeds[split.deed_of[at]].groups
            if groups is None:
                continue
            self._held += len(group.objects) * _OF_OBJECT
            mark = group.first - group.first % HOUR, stores[split.store_of[at]], bool(split.signed[at])
            if mark in groups:
                groups[mark].add(group)
            else:
                groups[mark] = Sum(group)
                self._held += _OF_GROUP

    def _asks(self, source: str, name: str, request: int) -> Asked | None:
        """What a call of this kind acted on and gave; None where only the whole event can tell."""
        reading = reads(source, name)
        if not (reading or source in ACTED_ON):
            return "", ()
        key = (source, name, request)
        if key not in self._asked:
            self._asked[key] = _asked(source, name, self._requests.texts[request], reading=reading)
        return self._asked[key]


def _asked(source: str, name: str, request: bytes, *, reading: bool) -> Asked | None:
    try:
        value = msgspec.json.decode(request)
    except (msgspec.DecodeError, RecursionError):
        return None
    on = acted_on(source, value)
    if not reading:
        return on, ()
    key = text(table(value).get("key")) if on else None
    keys = (key,) if key else secrets_read(source, name, value)
    if not keys and reads_secrets(source, name):
        return on, ()  # it gives nothing that has a name
    return (on, keys) if keys else None
