"""Logs are read once into the lake: every event as it was logged, and everything about them that could not be read."""

import hashlib
import io
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from itertools import chain
from typing import BinaryIO

import msgspec
import pyarrow.parquet as pq

from stanch.contracts.lake import FORM, Bench, LakeUnit, Original, Piece, Receipt
from stanch.contracts.source import Batch, LogFile
from stanch.domain.event import Event, Skipped
from stanch.domain.inference import Inference
from stanch.engine.inflate import GIB
from stanch.engine.read import AnySource, Tally, opened_log
from stanch.engine.scan.lake.columns import DEEDS, GROUP, THINGS
from stanch.engine.scan.lake.profile import written
from stanch.engine.scan.lake.profiling import Profiler
from stanch.engine.scan.lake.rows import Rows, Sorted
from stanch.engine.scan.line import Clock, project

_RAWS = msgspec.json.Decoder(list[msgspec.Raw])
_HELD = 1 << 26
"""Stored bytes of a file up to which it is held while it is told from what is known and then read."""
_LEVEL = 3


@dataclass(frozen=True, slots=True)
class Offered:
    """A file with the digest of what it holds.

    `held` are its bytes, so that it is fetched once, unless they are many or lie near. `version` tells this content
    from any other without reading it.
    """

    file: LogFile
    sha256: str
    version: str | None
    held: bytes | None

    @property
    def path(self) -> str:
        """Where it lies."""
        return self.file.path

    @property
    def size(self) -> int | None:
        """Bytes as stored."""
        return self.file.size if self.held is None else len(self.held)

    def open(self) -> BinaryIO:
        """Its bytes as stored."""
        return self.file.open() if self.held is None else io.BytesIO(self.held)


def offered(file: LogFile) -> Offered:
    """The file with its digest; raises OSError when it cannot be read."""
    version = getattr(file, "version", None)
    digest, pieces, size = hashlib.sha256(), [], 0
    with file.open() as stored:
        near = isinstance(getattr(stored, "raw", None), io.FileIO)  # a disk gives it again at no cost
        while chunk := stored.read(1 << 20):
            digest.update(chunk)
            size += len(chunk)
            if size <= _HELD and not near:
                pieces.append(chunk)
    return Offered(file, digest.hexdigest(), version, None if near or size > _HELD else b"".join(pieces))


def kept(
    files: Sequence[Offered],
    sources: Sequence[AnySource],
    bench: Callable[[], Bench],
    limit: int = 2 * GIB,
) -> tuple[list[LakeUnit], list[LogFile]]:
    """Make a unit of these files; returns it with those that are no events one by one, and stay where they are.

    A file of which there is more than `limit` gets a unit of its own: another one may take its place. There is no unit
    when nothing was to be kept. Raises OSError, and leaves nothing half, when the lake cannot be written.
    """
    place = bench()
    keeping = _Keeping(sources, place, limit)
    try:
        for file in files:
            keeping.read(file)
        if len(keeping.originals) == 1 or not keeping.tally.beyond:
            keeping.flush()
            receipt = keeping.receipt()
            return [place.finish(receipt, keeping.stored)] if receipt.originals else [], keeping.tally.tables
    finally:
        place.clear()
    whole = [file for file in files if file.path not in keeping.tally.beyond]
    alone = [[file] for file in files if file.path in keeping.tally.beyond]
    made = [kept(some, sources, bench, limit) for some in (whole, *alone) if some]
    return [unit for units, _ in made for unit in units], [table for _, tables in made for table in tables]


@dataclass(slots=True)
class _Keeping:
    """One unit on its way into the lake."""

    sources: Sequence[AnySource]
    bench: Bench
    limit: int
    tally: Tally = field(default_factory=Tally)
    rows: Rows = field(default_factory=Rows)
    originals: list[Original] = field(default_factory=list)
    pieces: list[Piece] = field(default_factory=list)
    profiler: Profiler = field(default_factory=Profiler)
    stored: bytes = b""
    chunks: int = 0
    clock: Clock = field(default_factory=Clock)

    def read(self, file: Offered) -> None:
        """Take in one file, writing a chunk whenever one is full."""
        tables, logs = len(self.tally.tables), self.tally.logs.copy()
        log = ""
        for item in opened_log(file, self.sources, self.tally, self.limit):
            log = log or "".join(self.tally.logs - logs)
            if isinstance(item, Skipped):
                self.tally.skipped.append(item)
            elif isinstance(item, Event):
                self._event(file.path, item)
            elif not isinstance(item, Inference):  # calls are never told to who did not ask for them
                self._batch(file.path, log, item)
            if self.rows.full:
                self.flush()
        if len(self.tally.tables) > tables:  # its rows are summed from where it lies
            self.tally.tables[tables:] = [file.file]
            self.tally.logs = logs
            return
        sha256, size = self.tally.digests.get(file.path, (file.sha256, file.size or 0))
        # What changed while it was read twice is known by what was kept of it.
        version = file.version if sha256 == file.sha256 else None
        bound = self.limit if file.path in self.tally.beyond else None
        self.originals.append(Original(file.path, sha256, size, version, bound))

    def flush(self) -> None:
        """Write what waits as one chunk."""
        for some in self.rows.chunk():
            self.bench.lay(len(self.pieces), _filling(some))
            self.pieces.append(Piece(self.chunks, *some.place, rows=some.table.num_rows))
            self.profiler.take(self.chunks, some)
        self.chunks += 1

    def receipt(self) -> Receipt:
        """What came of all files; the profile is `stored` from now on."""
        tally = self.tally
        profile = self.profiler.summed([original.path for original in self.originals])
        self.stored = b"" if profile is None else written(profile)
        return Receipt(
            FORM,
            self.originals,
            self.pieces,
            tally.files_read,
            tally.bytes,
            dict(tally.logs),
            tally.skipped,
            hashlib.sha256(self.stored).hexdigest() if self.stored else "",
        )

    def _batch(self, path: str, log: str, batch: Batch) -> None:
        lines = project(batch.text, self.clock) if _is_utf8(batch.text) else None
        if lines is not None:
            self.rows.lines(len(self.originals), log, lines, _RAWS.decode(batch.text))
            return
        for event in batch.slowly():
            self._event(path, event)

    def _event(self, path: str, event: Event) -> None:
        try:
            self.rows.event(len(self.originals), event)
        except (RecursionError, ValueError) as error:
            why = "nested too deeply" if isinstance(error, RecursionError) else str(error)[:200]
            self.tally.skipped.append(Skipped(path, f"a record that cannot be kept in a lake: {why}"))


def _filling(some: Sorted) -> Callable[[BinaryIO], None]:
    def fill(file: BinaryIO) -> None:
        blocks = some.blocks(GROUP)
        first = next(blocks)
        with pq.ParquetWriter(
            file,
            first.schema,
            compression="zstd",
            compression_level=_LEVEL,
            use_dictionary=[*DEEDS, *THINGS, "log", "file"],
            dictionary_pagesize_limit=1 << 24,
            store_schema=False,
        ) as writer:
            for block in chain((first,), blocks):
                writer.write_table(block, row_group_size=GROUP)

    return fill


def _is_utf8(text: bytes) -> bool:
    if text.isascii():
        return True
    try:
        text.decode()
    except UnicodeDecodeError:
        return False
    return True
