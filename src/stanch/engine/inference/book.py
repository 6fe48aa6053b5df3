"""A month of a hundred thousand keys has more cells than memory: they lie in a file until one key is asked for.

DuckDB sums and joins, with bounded memory and a folder to spill into.
"""

import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import duckdb
import pyarrow as pa

from stanch.engine.inference import queries
from stanch.engine.inference.aside import Aside
from stanch.engine.inference.rows import FRONTS
from stanch.engine.inference.summed import Summed

MEMORY = "256MB"
_CHUNK = 10_000
# A request's id may be long, and nothing but itself is asked of it: its hash does as well.
_FRONTS = ", ".join(FRONTS)
_HASHED = ", ".join(
    ("hash(request) AS id", *(f"CASE WHEN {kind} != '' THEN hash({kind}) END AS {kind}" for kind in FRONTS))
)
_INTO = {
    "cells": "INSERT INTO cells BY NAME SELECT * FROM sent",
    "loose": f"INSERT INTO loose BY NAME SELECT {_HASHED}, * EXCLUDE ({_FRONTS}) FROM sent",  # noqa: S608
    "named": f"INSERT INTO named BY NAME SELECT {_HASHED}, * EXCLUDE (request, {_FRONTS}) FROM sent",  # noqa: S608
    "marks": "INSERT INTO marks BY NAME SELECT * FROM sent",
}


@dataclass(frozen=True, slots=True)
class Settled:
    """What a book came to: how many calls between which times, and the lines that joined one, by hour and log.

    `asked` are the calls that a gateway knew a key for, by the hour.
    """

    calls: int
    began: datetime
    ended: datetime
    joined: dict[tuple[int, str], int]
    asked: dict[int, int]


class Book:
    """All calls of a search: first it takes, then it is settled, then it tells. A context manager."""

    def __init__(self, memory: str = MEMORY) -> None:
        """`memory` is what the database may hold, in its own words; the rest lies in a temporary folder."""
        self._joins = False
        self._logs: set[str] = set()
        self._folder = tempfile.TemporaryDirectory(prefix="stanch-calls-", ignore_cleanup_errors=True)
        folder = Path(self._folder.name)
        self._named = Aside(folder)
        self._database = duckdb.connect(
            str(folder / "calls.duckdb"),
            config={
                "autoinstall_known_extensions": False,
                "autoload_known_extensions": False,
                "memory_limit": memory,
                "temp_directory": str(folder / "spill"),
                "threads": 2,
            },
        )
        for statement in ("SET enable_progress_bar = false", *queries.TABLES):
            self._database.execute(statement)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._database.close()
        self._named.close()
        self._folder.cleanup()

    def take(self, summed: Summed) -> None:
        """Take in what some files came to."""
        for kind in ("cells", "loose", "marks"):
            for sent in getattr(summed, kind):
                self._put(kind, _opened(sent))
        for sent in summed.named:
            self._named.put(sent)
            self._logs.update(_opened(sent)["log"].unique().to_pylist())
        self._joins = self._joins or bool(summed.loose) or len(self._logs) > 1
        if self._joins:
            for sent in self._named.taken():
                self._put("named", _opened(sent))

    def _put(self, kind: str, sent: pa.Table) -> None:
        self._database.register("sent", sent)
        self._ask(_INTO[kind])
        self._database.unregister("sent")

    def settle(self) -> Settled | None:
        """Give each line that names no key to the call that it is about, and sum all; None where there was no call."""
        self._ask(queries.IN_FRONT)
        (several,) = self.one(queries.SEVERAL)
        for statement in (*(queries.ONCE if several else ()), *queries.SETTLE):
            self._ask(statement)
        if (self.one(queries.MOST)[0] or 0) > queries.KEPT_CELLS:
            for statement in queries.CAP:
                self._ask(statement)
        self._ask(queries.DAYS)
        count, first, last = self.one(queries.SPAN)
        if first is None:
            return None
        joined = {(int(start), log): int(lines) for start, log, lines in self._ask(queries.JOINED).fetchall()}
        asked = {int(start): int(calls) for start, calls in self._ask(queries.ASKED).fetchall()}
        began, ended = (datetime.fromtimestamp(when, UTC) for when in (first, last))
        return Settled(int(count), began, ended, joined, asked)

    def rows(self, query: str) -> Iterator[tuple[Any, ...]]:
        """The rows of a query, which do not all lie in memory."""
        asking = self._database.cursor()
        for batch in asking.sql(query).to_arrow_reader(_CHUNK):
            yield from zip(*map(_values, batch.columns), strict=True)
        asking.close()

    def one(self, query: str) -> tuple[Any, ...]:
        """The only row of a query that sums."""
        row = self._ask(query).fetchone()
        assert row is not None  # noqa: S101 - a query that sums has one
        return row

    def _ask(self, query: str) -> duckdb.DuckDBPyConnection:
        """Run one query; KeyboardInterrupt where DuckDB says it in words of its own."""
        try:
            return self._database.execute(query)
        except RuntimeError as error:
            if "interrupted" in str(error).lower():
                raise KeyboardInterrupt from error
            raise


def _opened(stream: bytes) -> pa.Table:
    return pa.ipc.open_stream(stream).read_all()


def _values(column: pa.Array) -> list[Any]:
    """A column's values; numbers come ten times sooner by way of numpy."""
    if pa.types.is_string(column.type):
        told: list[Any] = column.to_pylist()
        return told
    values: list[Any] = column.to_numpy(zero_copy_only=False).tolist()
    return values
