"""A flow log lies in S3 as text or as Parquet: both become sums; what cannot be read costs only itself."""

import hashlib
import shutil
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

import duckdb

from stanch.contracts.source import LogFile
from stanch.domain.event import Skipped
from stanch.engine.flows import queries
from stanch.engine.flows.form import Form, FormError
from stanch.engine.flows.spool import Batch, Spool
from stanch.engine.flows.sums import Sums

PARQUET = b"PAR1"
_PIECE = 1 << 20
_PARQUET_ROWS = 8_000_000
_PARQUET_FILES = 512


@dataclass(slots=True)
class Read:
    """What was read so far, and what was not. `rows` counts all of them, whatever they say, but for the `unasked`.

    `unasked` are rows of a time that nobody asked for, `nodata` windows in which nothing flowed, `skipdata` those that
    AWS could not capture, `broken` lines and rows that could not be reckoned with, `refused` attempts from outside that
    the security group or ACL refused. `digests` maps each text file to its SHA-256 and its bytes as stored.
    """

    files: int = 0
    rows: int = 0
    unasked: int = 0
    nodata: int = 0
    skipdata: int = 0
    broken: int = 0
    refused: int = 0
    first: datetime | None = None
    last: datetime | None = None
    skipped: list[Skipped] = field(default_factory=list)
    digests: dict[str, tuple[str, int]] = field(default_factory=dict)


@dataclass(slots=True)
class Group:
    """Parquet files that wait to be summed: number, file, and where the query engine opens it."""

    files: list[tuple[int, LogFile, Path]] = field(default_factory=list)
    rows: int = 0


class Reader:
    """Feeds the sums with files; `folder` is for this search alone."""

    def __init__(self, sums: Sums, folder: Path, limit: int, on_batch: Callable[[Read], None]) -> None:
        self.read = Read()
        self._sums = sums
        self._folder = folder
        self._limit = limit
        self._on_batch = on_batch
        self._begun: set[int] = set()

    def take(self, files: Sequence[LogFile]) -> None:
        """Sum all files; nothing that fails stops the rest."""
        text: list[tuple[int, LogFile]] = []
        parquet: list[tuple[int, LogFile]] = []
        copies = self._copies(files)
        for number, file in enumerate(files):
            if number not in copies:
                (parquet if self._is_parquet(file) else text).append((number, file))
        self._take_text(text, files)
        self._take_parquet(parquet)
        failed = {skip.path for skip in self.read.skipped if skip.fault}
        self.read.files = sum(file.path not in failed for number, file in enumerate(files) if number not in copies)

    def _copies(self, files: Sequence[LogFile]) -> set[int]:
        """Files that another one before them is a copy of: rows have no ids, so a whole file alone shows it."""
        sizes = Counter(file.size for file in files)
        copies: set[int] = set()
        first: dict[bytes, int] = {}
        for number, file in enumerate(files):
            if file.size and sizes[file.size] > 1 and (digest := _digest(file)):
                original = first.setdefault(digest, number)
                if original != number:
                    copies.add(number)
                    why = f"the same as {files[original].path}, which counts"
                    self.read.skipped.append(Skipped(file.path, why, fault=False))
        return copies

    def _is_parquet(self, file: LogFile) -> bool:
        try:
            with file.open() as stored:
                return stored.read(len(PARQUET)) == PARQUET
        except OSError:
            return False  # opened again as text, and then told

    def _take_text(self, numbered: Sequence[tuple[int, LogFile]], files: Sequence[LogFile]) -> None:
        """While one batch is summed the next is inflated."""
        spool = Spool(self._folder, self._limit)
        batches = spool.batches(numbered)
        with ThreadPoolExecutor(1) as ahead:
            coming = ahead.submit(next, batches, None)
            while batch := coming.result():
                coming = ahead.submit(next, batches, None)
                for number, broken in self._summed(batch, files):
                    self._tell_broken(files[number].path, broken)
                spool.release(batch)
                self._told(batch.numbers)
        self.read.skipped += spool.inflated.skipped
        self.read.digests |= spool.inflated.digests

    def _summed(self, batch: Batch, files: Sequence[LogFile]) -> Iterator[tuple[int, int]]:
        """Each file's number and broken lines. What fails as a batch is tried again file by file."""
        with suppress(duckdb.Error):
            yield from zip(batch.numbers, self._sums.add_text(batch), strict=True)
            return
        for slot, number, lines in zip(batch.slots, batch.numbers, batch.lines, strict=True):
            try:
                (broken,) = self._sums.add_text(Batch(batch.form, [slot], [number], [lines]), strict=False)
            except duckdb.Error as error:
                self._skip(files[number].path, f"cannot be read as a flow log: {_first_line(error)}")
            else:
                yield number, broken

    def _take_parquet(self, files: Sequence[tuple[int, LogFile]]) -> None:
        """Files of the same columns are summed together, a few million rows at a time."""
        waiting: dict[Form, Group] = {}
        for number, file in files:
            try:
                path = self._local(number, file)
                form, rows = self._sums.schema(path)
            except (OSError, duckdb.Error, FormError) as error:
                self._skip(file.path, f"cannot be read as a flow log: {_first_line(error)}")
                continue
            group = waiting.setdefault(form, Group())
            group.files.append((number, file, path))
            group.rows += rows
            if group.rows > _PARQUET_ROWS or len(group.files) >= _PARQUET_FILES:
                self._sum_parquet(form, waiting.pop(form).files)
        for form, group in waiting.items():
            self._sum_parquet(form, group.files)

    def _sum_parquet(self, form: Form, group: list[tuple[int, LogFile, Path]]) -> None:
        try:
            self._sums.add_parquet(form, [path for _, _, path in group], [number for number, _, _ in group])
        except duckdb.Error as error:
            if len(group) > 1:
                for one in group:
                    self._sum_parquet(form, [one])
                return
            self._skip(group[0][1].path, f"cannot be read as a flow log: {_first_line(error)}")
        for _, _, path in group:
            if path.parent == self._folder:
                path.unlink(missing_ok=True)
        self._told([number for number, _, _ in group])

    def _local(self, number: int, file: LogFile) -> Path:
        """Where the query engine can open the file: in place, or a copy of what has no place of its own."""
        where = getattr(file, "where", None)
        if isinstance(where, Path):
            return where
        copy = self._folder / f"{number}.parquet"
        with file.open() as stored, copy.open("wb") as out:
            shutil.copyfileobj(stored, out, 1 << 20)
        return copy

    def _told(self, numbers: Sequence[int]) -> None:
        """Say how far the reading is; a large file counts with its first part."""
        self._begun.update(numbers)
        self.read.files, self.read.rows = len(self._begun), self._sums.one(queries.ROWS)
        self._on_batch(self.read)

    def _tell_broken(self, path: str, lines: int) -> None:
        if lines:
            self.read.broken += lines
            none = "line that is no record" if lines == 1 else "lines that are no record"
            self._skip(path, f"{lines} {none} of its format", part=True)

    def _skip(self, path: str, why: str, *, part: bool = False) -> None:
        self.read.skipped.append(Skipped(path, why, part=part))


def _digest(file: LogFile) -> bytes | None:
    digest = hashlib.sha256()
    try:
        with file.open() as stored:
            while piece := stored.read(_PIECE):
                digest.update(piece)
    except OSError:
        return None  # opened again to be read, and then told
    return digest.digest()


def _first_line(error: Exception) -> str:
    return str(error).strip().partition("\n")[0][:200]
