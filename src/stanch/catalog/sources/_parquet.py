"""A Parquet file is read from its end: a stream is laid down in a nameless file, then read a few rows at a time."""

import shutil
import tempfile
from collections.abc import Iterator, Sequence
from datetime import date, datetime, time
from decimal import Decimal
from typing import IO, TYPE_CHECKING, Any, BinaryIO

from stanch.catalog.sources._unreadable import Unreadable

if TYPE_CHECKING:
    from pyarrow.parquet import ParquetFile

MAGIC = b"PAR1"
ROWS = 512
"""Rows decoded at once."""
LARGEST_GROUP = 1 << 31
LARGEST_BATCH = 1 << 28
"""Bytes: of a row group uncompressed, as the file declares it, and of decoded rows. Beyond, the file is refused."""
MOST_COLUMNS = 4000
"""Leaf columns; Security Lake's widest table has a few hundred."""
_IN_MEMORY = 1 << 24


def spooled(stream: BinaryIO) -> IO[bytes]:
    """The stream's bytes in memory, or on disk where they are many; closing it forgets them."""
    kept = tempfile.SpooledTemporaryFile(max_size=_IN_MEMORY)  # noqa: SIM115 - the caller closes it
    shutil.copyfileobj(stream, kept)
    kept.seek(0)
    return kept


def opened(kept: IO[bytes]) -> "ParquetFile":
    """The file's footer, checked; raises Unreadable."""
    try:
        import pyarrow as pa
        import pyarrow.parquet as pq
    except ImportError:
        raise Unreadable("Parquet is read with pyarrow, which is not installed") from None
    try:
        file = pq.ParquetFile(kept, pre_buffer=False)
        meta = file.metadata
        groups = [meta.row_group(index) for index in range(meta.num_row_groups)]
        large = any(group.total_byte_size > LARGEST_GROUP for group in groups)
    except (pa.ArrowException, OSError, ValueError, MemoryError, OverflowError) as error:
        raise Unreadable(f"broken Parquet: {_first_line(error)}") from None
    if large:
        raise Unreadable(f"Parquet with a row group of more than {LARGEST_GROUP} bytes")
    if meta.num_columns > MOST_COLUMNS:
        raise Unreadable(f"Parquet with more than {MOST_COLUMNS} columns")
    return file


def rows(file: "ParquetFile", groups: Sequence[int], columns: Sequence[str]) -> Iterator[dict[str, Any]]:
    """The rows of these row groups, as JSON would hold them; raises Unreadable where they cannot be decoded."""
    import pyarrow as pa

    present = [name for name in columns if name in file.schema_arrow.names]
    try:
        for batch in file.iter_batches(ROWS, row_groups=list(groups), columns=present, use_threads=False):
            if batch.nbytes > LARGEST_BATCH:
                raise Unreadable(f"Parquet with {ROWS} rows of more than {LARGEST_BATCH} bytes")
            for row in batch.to_pylist():
                yield {name: plain(value) for name, value in row.items() if value is not None}
    except (pa.ArrowException, OSError, ValueError, TypeError, KeyError, OverflowError, MemoryError) as error:
        raise Unreadable(f"broken Parquet: {_first_line(error)}") from None


def plain(value: Any) -> Any:
    """A decoded value as JSON would hold it: maps as objects, times as text, absent members left out."""
    if isinstance(value, dict):
        return {name: plain(item) for name, item in value.items() if item is not None}
    if isinstance(value, list):
        if value and all(isinstance(item, tuple) and len(item) == 2 for item in value):
            return {str(name): plain(item) for name, item in value if item is not None}
        return [plain(item) for item in value]
    if isinstance(value, datetime | date | time):
        return value.isoformat()
    if isinstance(value, bytes):
        return value.decode("utf-8", "backslashreplace")
    return float(value) if isinstance(value, Decimal) else value


def _first_line(error: BaseException) -> str:
    """What the decoder says, bounded: its messages may quote the file."""
    return (str(error) or type(error).__name__).splitlines()[0][:200]
