"""Reading logs: each file is opened once, recognised by what it holds, and either read or listed with the reason."""

import io
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from stanch.contracts.source import LogFile, Source
from stanch.domain.event import Event, Skipped
from stanch.engine.inflate import GIB, Inflating

_HEAD = 1 << 14


@dataclass(slots=True)
class Tally:
    """What has been read so far; `files_read` counts whole files.

    `digests` maps each file that was opened to its SHA-256 and its bytes, both as stored.
    """

    files_read: int = 0
    events: int = 0
    duplicates: int = 0
    bytes: int = 0
    first: datetime | None = None
    last: datetime | None = None
    skipped: list[Skipped] = field(default_factory=list)
    digests: dict[str, tuple[str, int]] = field(default_factory=dict)

    def saw(self, when: datetime) -> None:
        """Count one event and stretch the span."""
        self.events += 1
        if self.first is None or when < self.first:
            self.first = when
        if self.last is None or when > self.last:
            self.last = when


def read(
    files: Iterable[LogFile],
    sources: Sequence[Source],
    tally: Tally,
    *,
    limit: int = 2 * GIB,
    on_file: Callable[[Tally], None] = lambda _: None,
) -> Iterator[Event]:
    """Yield each event of the files once (by id), filling `tally`; nothing that fails stops the rest."""
    seen: set[str] = set()
    for file in files:
        for item in _one(file, sources, tally, limit):
            if isinstance(item, Skipped):
                tally.skipped.append(item)
            elif item.id in seen:
                tally.duplicates += 1
            else:
                seen.add(item.id)
                tally.saw(item.time)
                yield item
        on_file(tally)


def _one(file: LogFile, sources: Sequence[Source], tally: Tally, limit: int) -> Iterator[Event | Skipped]:
    try:
        stored = file.open()
    except OSError as error:
        yield Skipped(file.path, f"cannot be opened: {error.strerror or error}")
        return
    with Inflating(stored, limit) as inflating:
        stream = io.BufferedReader(inflating, _HEAD)
        yield from _recognised(file.path, stream, inflating, sources, tally)
        if inflating.fault:
            yield Skipped(file.path, inflating.fault)
        tally.digests[file.path] = (inflating.sha256(), inflating.stored)
        tally.bytes += inflating.stored


def _recognised(
    path: str, stream: "io.BufferedReader[Inflating]", inflating: Inflating, sources: Sequence[Source], tally: Tally
) -> Iterator[Event | Skipped]:
    head = stream.peek(_HEAD)
    source = next((source for source in sources if source.recognises(path, head)), None)
    if source is None:
        if not inflating.fault:
            yield Skipped(path, _unknown(head))
        return
    whole = True
    for item in source.read(path, stream):
        if isinstance(item, Skipped):
            whole = False
            # Where the stream itself ended early, broken JSON at its end is the same fault told twice.
            if inflating.fault:
                continue
        yield item
    tally.files_read += whole and not inflating.fault


def _unknown(head: bytes) -> str:
    if not head:
        return "empty"
    if head.startswith((b"\xff\xfe", b"\xfe\xff")) or b"\0" in head[:64]:
        return "not UTF-8 text"
    return "of no log that stanch knows"


def head(file: LogFile, count: int = _HEAD) -> bytes:
    """The first inflated bytes of a file, as many as can be read; empty when it cannot be opened."""
    try:
        with Inflating(file.open(), count * 4) as inflating:
            return io.BufferedReader(inflating, count).read(count)
    except OSError:
        return b""
