"""What an actor did is summed by the hour while logs stream by: a year of calls fits where their records would not.

A cell is one identity's uses of one call, from one address, in one hour. Cells of different files are added up in any
order.
"""

import zlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain
from sys import intern
from typing import Any, NamedTuple

from stanch.contracts.behaviour import HOUR, Cell
from stanch.domain.estate import Side
from stanch.domain.event import Actor
from stanch.engine.enrich import View
from stanch.engine.scan.asked import acted_on, denied, secrets_read, store_of
from stanch.engine.scan.names import NOTHING, Names, Packed, packed, union, unpacked
from stanch.engine.sigma import packed as plain
from stanch.engine.untrusted import at, text

KEPT_EVENTS = 5
"""Ids kept in one cell: enough to find the hour in the log again."""
KEPT_FILES = 20
LONGEST_AGENT = 200
PRESIGNED = "QueryString"
_SIDES = {side.value: side for side in Side}


class Who(NamedTuple):
    """Everything of a caller that does not change from call to call."""

    arn: str
    session: str | None
    account: str | None
    access_key: str | None
    address: str | None
    principal: str
    is_aws: bool
    network: str
    side: str
    place: str

    @classmethod
    def of(cls, view: View) -> "Who":
        """The caller of an event."""
        caller = view.caller
        return cls(
            caller.arn,
            caller.session,
            caller.account,
            caller.access_key,
            caller.address,
            caller.principal,
            caller.is_aws,
            view.network_side.value,
            view.account_side.value,
            caller.network or "",
        )


class Key(NamedTuple):
    """What makes a cell one: everything that is the same in all its events."""

    start: int
    who: Who
    source: str
    name: str
    failed: bool
    denied: bool
    on: str
    region: str
    agent: str
    presigned: bool
    console: bool

    @classmethod
    def of(cls, view: View) -> "Key":
        """The cell that an event belongs to."""
        when = int(view.event.time.timestamp())
        agent = text(view.record.get("userAgent")) or ""
        method = at(view.record, "additionalEventData", "AuthenticationMethod")
        on = acted_on(view.event_source, view.record.get("requestParameters"))
        return cls(
            when - when % HOUR,
            Who.of(view),
            view.event_source,
            view.event_name,
            view.failed,
            denied(view.record.get("errorCode")),
            store_of(view.read[0], on) if view.read else on,
            view.region,
            agent[:LONGEST_AGENT],
            method == PRESIGNED,
            view.record.get("sessionCredentialFromConsole") == "true",
        )


@dataclass(slots=True)
class Sums:
    """What is added up in one cell.

    `first` and `last` are seconds since the epoch, `objects` the keys read of `on`, or the secrets.
    """

    count: int
    bytes: int
    first: int
    last: int
    objects: set[str]
    events: list[str]
    files: list[str]

    def add(self, other: "Sums") -> None:
        """Take in the sums of other events of the same cell."""
        self.count += other.count
        self.bytes += other.bytes
        self.first = min(self.first, other.first)
        self.last = max(self.last, other.last)
        self.objects |= other.objects
        self.events = sorted({*self.events, *other.events})[:KEPT_EVENTS]
        self.files = sorted({*self.files, *other.files})[:KEPT_FILES]


Row = tuple[int, int, int, int, Packed, Packed, tuple[str, ...]]
"""Sums as they travel: count, bytes, first, last, objects, events, files."""
Plain = tuple[Any, ...]
"""What `Key` names, as plain tuples: the key of a row."""
Wire = dict[Plain, Row]
"""Rows by their keys."""


class Cells:
    """The cells of some files: the sums of single events, and rows of many."""

    def __init__(self) -> None:
        self._sums: dict[Key, Sums] = {}
        self._rows: Wire = {}
        self._away: list[bytes] = []

    def __len__(self) -> int:
        """Cells at hand; what was put away is not among them."""
        return len(self._sums) + len(self._rows)

    @property
    def sums(self) -> dict[Key, Sums]:
        """The sums of each cell."""
        away, rows = [*self._away_wires()], self._rows
        self._away, self._rows = [], {}
        for wire in (*away, rows):
            for key, row in wire.items():
                self.add(key_of(key), _sums(row))
        return self._sums

    def add(self, key: Key, sums: Sums) -> None:
        """Take in the sums of an event, or of some events, of one cell."""
        known = self._sums.setdefault(key, sums)
        if known is not sums:
            known.add(sums)

    def enter(self, key: Plain, row: Row) -> None:
        """Take in what many events of one cell come to; equal texts had better be one, as they travel once then."""
        known = self._rows.setdefault(key, row)
        if known is not row:
            self._rows[key] = folded((known, row))

    def absorb(self, other: "Cells") -> None:
        """Take in the cells of other files."""
        for wire in other.wires():
            for key, row in wire.items():
                self.enter(key, row)

    def put_away(self) -> None:
        """Make what is at hand small: nobody looks at it before all is added up."""
        self._away.append(zlib.compress(plain.packed(self._wire()), 1))
        self._sums, self._rows = {}, {}

    def wires(self) -> Iterator[Wire]:
        """All cells as they travel, in one or several tables; a cell may be in each."""
        yield from self._away_wires()
        yield self._wire()

    def _away_wires(self) -> Iterator[Wire]:
        return (plain.unpacked(zlib.decompress(data)) for data in self._away)

    def _wire(self) -> Wire:
        """What is at hand as it travels: plain tuples and joined texts, of which equal ones are one, cost least."""
        sums_of, self._sums = self._sums, {}
        callers: dict[Who, Plain] = {}
        for key, sums in sums_of.items():
            start, who, source, name, failed, denied_, on, region, agent, presigned, console = key
            caller = callers.get(who) or callers.setdefault(who, tuple(who))
            told = (start, caller, intern(source), intern(name), failed, denied_, intern(on), intern(region),
                     intern(agent), presigned, console)  # fmt: skip
            summed = row_of(sums.count, sums.bytes, sums.first, sums.last, sums.objects, sums.events, sums.files)
            self.enter(told, summed)
        return self._rows

    def __getstate__(self) -> tuple[list[bytes], Wire]:
        return self._away, self._wire()

    def __setstate__(self, state: tuple[list[bytes], Wire]) -> None:
        """Arrive as what travelled; whoever passes it on need not take it apart."""
        self._sums = {}
        self._away, self._rows = state


def key_of(told: Plain) -> Key:
    """A key as it is named."""
    start, who, *rest = told
    return Key(start, Who._make(who), *rest)


def row_of(
    count: int, size: int, first: int, last: int, objects: Iterable[str], events: Sequence[str], files: Iterable[str]
) -> Row:
    """Sums as they travel; `objects` are distinct, in whatever order."""
    return count, size, first, last, packed(sorted(objects)), packed(events), tuple(files)


def _sums(row: Row) -> Sums:
    count, size, first, last, objects, events, files = row
    return Sums(count, size, first, last, set(unpacked(objects)), list(unpacked(events)), list(files))


def folded(rows: Sequence[Row]) -> Row:
    """The rows of one cell, from several parts, as one: in whatever order they came, and by whatever steps."""
    if len(rows) == 1:
        return rows[0]
    count, size, first, last, objects, events, files = _added(rows)
    return count, size, first, last, union(objects) if any(objects) else NOTHING, union(events, KEPT_EVENTS), files


def _added(
    rows: Sequence[Row],
) -> tuple[int, int, int, int, tuple[Packed, ...], tuple[Packed, ...], tuple[str, ...]]:
    """All of the rows of one cell but the names, which are made one by whoever asks."""
    if len(rows) == 1:
        ((count, size, first, last, read, ids, files),) = rows
        return count, size, first, last, (read,), (ids,), files
    counts, sizes, firsts, lasts, objects, events, several = zip(*rows, strict=True)
    some = tuple(sorted(set(chain.from_iterable(several)))[:KEPT_FILES])
    return sum(counts), sum(sizes), min(firsts), max(lasts), objects, events, some


def cell(
    key: Plain,
    rows: Sequence[Row],
    actor: Actor | None = None,
    objects: Names | None = None,
    events: Names | None = None,
) -> Cell:
    """One cell as behaviours see it; of what is at hand already, its caller and what it names, nothing is made."""
    start, who, source, name, failed, denied_, on, region, agent, presigned, console = key
    arn, session, account, access_key, address, principal, is_aws, network, side, place = who
    count, size, first, last, read, ids, files = _added(rows)
    return Cell(
        start=start,
        actor=actor or Actor(arn, session, account=account, access_key=access_key, address=address),
        principal=principal,
        is_aws=is_aws,
        source=source,
        name=name,
        failed=failed,
        on=on,
        region=region,
        agent=agent,
        presigned=presigned,
        network=_SIDES[network],
        count=count,
        bytes=size,
        first=first,
        last=last,
        objects=Names(*read) if objects is None else objects,
        events=Names(*ids, most=KEPT_EVENTS) if events is None else events,
        files=files,
        denied=denied_,
        account=_SIDES[side],
        place=place,
        console=console,
    )


def sums_of(view: View) -> Sums:
    """The sums of a single event."""
    when = int(view.event.time.timestamp())
    sums = Sums(1, 0, when, when, set(), [view.event.id], [view.event.file])
    if view.read:
        name, sums.bytes = view.read
        on = acted_on(view.event_source, view.record.get("requestParameters"))
        sums.objects.add(name.removeprefix(store_of(name, on) + "/"))
    elif not view.failed:
        sums.objects.update(secrets_read(view.event_source, view.event_name, view.record.get("requestParameters")))
    return sums
