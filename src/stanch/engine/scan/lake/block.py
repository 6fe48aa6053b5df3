"""A row group is read a few columns at a time: what nobody asks for stays compressed."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from stanch.engine.scan.lake.columns import DEEDS, HOT, THINGS

Numbers = NDArray[np.int64]
_MICROSECONDS = 1_000_000


class Block:
    """The rows of one row group, the first of which is row `begin` of its file.

    `numbers` are those of the event ids, `micros` the times in microseconds since the epoch, `seq` the order in which
    the rows were read, `deeds` the numbers of their deeds, `files` those of their originals, `sizes` the bytes of their
    answers, `signed` whether their URL was.
    """

    def __init__(self, file: pq.ParquetFile, number: int, begin: int = 0) -> None:
        self._file = file
        self._number = number
        self.begin = begin
        hot = self.columns(HOT)
        self.deeds = _numbers(hot, "deed")
        self.numbers = _numbers(hot, "number")
        self.micros = _numbers(hot, "eventTime")
        self.seconds = self.micros // _MICROSECONDS
        self.seq = _numbers(hot, "seq")
        self.files = _numbers(hot, "file")
        self.sizes = _numbers(hot, "bytesTransferredOut")
        self.signed: NDArray[np.bool_] = hot.column("signedUrl").to_numpy()

    def __len__(self) -> int:
        return len(self.numbers)

    def facts(self, rows: Numbers) -> list[dict[str, Any]]:
        """The facts and identities of these rows, by the names of their columns."""
        table = self.columns(DEEDS)
        columns = [_texts(table.column(name).combine_chunks(), rows) for name in DEEDS]
        return [dict(zip(DEEDS, row, strict=True)) for row in zip(*columns, strict=True)]

    def ids(self, rows: Numbers) -> list[str]:
        """The event ids of these rows, all of the fast way."""
        return self.texts("eventID", rows)

    def texts(self, name: str, rows: Sequence[int] | Numbers) -> list[str]:
        """The texts of these rows in one column."""
        values: list[str] = self.columns([name]).column(name).take(pa.array(rows, pa.int64())).to_numpy().tolist()
        return values

    def columns(self, names: list[str]) -> pa.Table:
        """These columns of all rows."""
        return self._file.read_row_group(self._number, names, use_threads=False)


class Things:
    """Requests and resources of some rows of a block: `codes` numbers their combinations, of which `count` could be."""

    def __init__(self, block: Block, rows: Numbers) -> None:
        table = block.columns(THINGS)
        requests, of_request = _distinct(table.column(THINGS[0]).combine_chunks(), rows)
        resources, of_resources = _distinct(table.column(THINGS[1]).combine_chunks(), rows)
        self._requests, self._resources = requests, resources
        self.codes: Numbers = of_request * len(resources) + of_resources
        self.count = len(requests) * len(resources)

    def asked(self, code: int) -> tuple[bytes, bytes]:
        """The request and the resources of a combination, as JSON."""
        request, resources = divmod(code, len(self._resources))
        return self._requests[request], self._resources[resources]


def _distinct(column: Any, rows: Numbers) -> tuple[list[bytes], Numbers]:
    """The distinct texts of these rows as JSON, and which of them each row has."""
    codes = column.indices.fill_null(-1).to_numpy()[rows]
    used, which = np.unique(codes, return_inverse=True)
    texts = column.dictionary.cast(pa.binary()).take(pa.array(used, mask=used < 0)).fill_null(b"null")
    return texts.to_numpy(zero_copy_only=False).tolist(), which.astype(np.int64)


def _texts(column: Any, rows: Numbers) -> list[Any]:
    """The values of these rows, of a column that repeats few of them."""
    return column.take(pa.array(rows)).to_numpy(zero_copy_only=False).tolist()  # type: ignore[no-any-return]


def _numbers(table: pa.Table, name: str) -> Numbers:
    column = table.column(name)
    if pa.types.is_timestamp(column.type):
        column = column.cast(pa.int64())
    values: Numbers = column.to_numpy().astype(np.int64, copy=False)
    return values
