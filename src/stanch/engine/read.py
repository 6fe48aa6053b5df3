"""Reading logs: each file is opened once, recognised by what it holds, and either read or listed with the reason."""

import io
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, MutableMapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import cache
from pathlib import PurePath
from typing import Any

from stanch.contracts.inference import InferenceSource
from stanch.contracts.source import Batch, Batched, LogFile, Source
from stanch.domain.event import Event, Skipped
from stanch.domain.inference import Inference
from stanch.engine.inflate import GIB, Inflating

_HEAD = 1 << 14
_ESTATE = "stanch.toml"

Item = Event | Inference | Skipped | Batch
AnySource = Source | InferenceSource


@dataclass(slots=True)
class Tally:
    """What has been read so far; `files_read` counts files of which nothing is missing but what was rightly left out.

    `digests` maps each file that was opened to its SHA-256 and its bytes, both as stored;
    `logs` counts the files by the log they are of; `left_out` events that nobody asked for; `tables`
    are files whose rows are summed as a whole and not read one by one; `unsaved` counts files that should have been
    kept and were not, by the reason. `owners` are the accounts whose logs the records say that they are, `beyond` files
    of which there is more than the bound let be read.
    """

    files_read: int = 0
    events: int = 0
    duplicates: int = 0
    left_out: int = 0
    bytes: int = 0
    first: datetime | None = None
    last: datetime | None = None
    skipped: list[Skipped] = field(default_factory=list)
    digests: MutableMapping[str, tuple[str, int]] = field(default_factory=dict)
    logs: Counter[str] = field(default_factory=Counter)
    tables: list[LogFile] = field(default_factory=list)
    unsaved: Counter[str] = field(default_factory=Counter)
    owners: set[str] = field(default_factory=set)
    beyond: set[str] = field(default_factory=set)

    def saw(self, when: datetime) -> None:
        """Count one event and stretch the span."""
        self.saw_many(1, when, when)

    def saw_many(self, count: int, first: datetime, last: datetime) -> None:
        """Count events and stretch the span."""
        self.events += count
        if self.first is None or first < self.first:
            self.first = first
        if self.last is None or last > self.last:
            self.last = last

    def told(self) -> tuple[Skipped, ...]:
        """All that was not read, and a line for each reason for which files were not kept: a full disk is told once."""
        kept = (f"{count:,} {'file is' if count == 1 else 'files are'}" for count in self.unsaved.values())
        unsaved = zip(kept, self.unsaved, strict=True)
        return *self.skipped, *(Skipped("the lake", f"{files} not kept in the lake: {why}") for files, why in unsaved)

    def absorb(self, other: "Tally") -> None:
        """Take in what was read of other files."""
        if other.first is not None and other.last is not None:
            self.saw_many(other.events, other.first, other.last)
        self.files_read += other.files_read
        self.duplicates += other.duplicates
        self.left_out += other.left_out
        self.bytes += other.bytes
        self.skipped += other.skipped
        self.logs.update(other.logs)
        self.unsaved.update(other.unsaved)
        self.tables += other.tables
        self.digests.update(other.digests)
        self.owners |= other.owners
        self.beyond |= other.beyond


def read(
    files: Iterable[LogFile],
    sources: Sequence[AnySource],
    tally: Tally,
    *,
    limit: int = 2 * GIB,
    on_file: Callable[[Tally], None] = lambda _: None,
) -> Iterator[Event]:
    """Yield each event of the files once (by id), filling `tally`; nothing that fails stops the rest."""
    seen: set[str] = set()
    for file in files:
        for item in _events(opened_log(file, sources, tally, limit, tables=False)):
            if isinstance(item, Skipped):
                tally.skipped.append(item)
            elif item.id in seen:
                tally.duplicates += 1
            else:
                seen.add(item.id)
                tally.saw(item.time)
                yield item
        on_file(tally)


def _events(items: Iterable[Item]) -> Iterator[Event | Skipped]:
    for item in items:
        if isinstance(item, Event | Skipped):
            yield item
        elif not isinstance(item, Inference):
            yield from item.slowly()


def opened_log(
    file: LogFile, sources: Sequence[AnySource], tally: Tally, limit: int, *, calls: bool = False, tables: bool = True
) -> Iterator[Item]:
    """What one file holds: events, or batches of records where its source can cut it, and what could not be read.

    A log of models' calls is told call by call where `calls` says so; who wants none finds it among the tables. Who
    sums no `tables` either is told what such a file is. Fills the tally but for its events: which of them count is for
    the caller to say.
    """
    path = file.path
    try:
        stored = file.open()
    except OSError as error:
        yield Skipped(path, f"cannot be opened: {error.strerror or error}")
        return
    with Inflating(stored, limit) as inflating:
        stream = io.BufferedReader(inflating, _HEAD)
        head = stream.peek(_HEAD)
        source = next((source for source in sources if source.recognises(path, head)), None)
        if getattr(source, "TABLE", False) or (getattr(source, "INFERENCE", False) and not calls):
            assert source is not None  # noqa: S101 - for the type checker
            tally.logs[source.LOG] += 1
            if tables:
                tally.tables.append(file)
            else:
                yield Skipped(path, aside(source), fault=False)
            return
        some = False
        for item in _recognised(path, stream, inflating, source, tally):
            if isinstance(item, Skipped):
                yield replace(item, part=some)
            else:
                some = True
                yield item
        if inflating.fault:
            yield Skipped(path, inflating.fault, part=some)
        if inflating.beyond:
            tally.beyond.add(path)
        tally.digests[path] = (inflating.sha256(), inflating.stored)
        tally.bytes += inflating.stored


def aside(source: AnySource) -> str:
    """What to tell of a file of this log where events are asked for."""
    kind = "model calls" if getattr(source, "INFERENCE", False) else "network flows"
    return f"a log of {kind} ({source.LOG}), which `stanch hunt` reads"


def _recognised(
    path: str, stream: "io.BufferedReader[Inflating]", inflating: Inflating, source: AnySource | None, tally: Tally
) -> Iterator[Item]:
    head = stream.peek(_HEAD)
    if source is None:
        if PurePath(path).name == _ESTATE:
            yield Skipped(path, "what you declare, no log", fault=False)
        elif not inflating.fault:
            # What systems leave in folders, .DS_Store and the like, is hidden: a log may be, too, but this is none.
            hidden = PurePath(path).name.startswith(".")
            yield Skipped(path, f"{'hidden, and ' * hidden}{_unknown(head)}", fault=not hidden)
        return
    tally.logs[source.LOG] += 1
    whole = True
    for item in _items(path, stream, head, source):
        if isinstance(item, Skipped):
            whole = whole and not item.fault
            # Where the stream itself ended early, broken JSON at its end is the same fault told twice.
            if inflating.cut:
                continue
        yield item
    tally.files_read += whole and not inflating.fault


def _items(path: str, stream: "io.BufferedReader[Inflating]", head: bytes, source: AnySource) -> Iterator[Item]:
    told: Any = source  # a module
    if getattr(source, "INFERENCE", False):
        found: Iterator[Item] = told.calls(path, stream)
    elif (batched := _batched(told)) is not None and batched.splittable(head):
        found = batched.batches(path, stream, head)
    else:
        found = told.read(path, stream)
    return found


@cache
def _batched(source: Source) -> Batched | None:
    """The source, where it cuts files; asking a protocol takes as long as reading a tiny file."""
    return source if isinstance(source, Batched) else None


def _unknown(head: bytes) -> str:
    if not head:
        return "empty"
    if head.startswith((b"\xff\xfe", b"\xfe\xff")) or b"\0" in head[:64]:
        return "not UTF-8 text"
    return "of no log that stanch knows"


def head(file: LogFile, count: int = _HEAD) -> bytes:
    """The first inflated bytes of a file, as many as can be read; empty when it cannot be opened."""
    try:
        with Inflating(file.open()) as inflating:  # which is read no further than asked
            return io.BufferedReader(inflating, count).read(count)
    except OSError:
        return b""
