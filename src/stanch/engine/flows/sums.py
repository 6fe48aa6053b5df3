"""A flow record is one five-tuple in one minute or ten; summed per hour and service, millions become thousands.

DuckDB sums, with bounded memory and a folder to spill into. A column is called by its place in the file, never by what
the file calls it; paths are parameters.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path

import duckdb

from stanch.engine.flows import queries
from stanch.engine.flows.form import NUMBERS, WORDS, Form
from stanch.engine.flows.spool import Batch
from stanch.engine.scan.span import ALWAYS, Span

MEMORY = "400MB"
MOST = 1 << 62
"""Bytes and packets that a sum stops at."""
_BOUNDS = {
    "early": 1136073600,  # 2006, when AWS opened, to 2100: a clock beyond these cannot be reckoned with
    "late": 4102444800,
    "ephemeral": 32768,  # from here on Linux picks the port of whoever calls: two such, and no side is the service
    "most": 1 << 50,  # no flow of a minute is a petabyte: what claims more is counted as that much
    "most_of_all": MOST,
}
_OF_CELLS = {"account": "account-id", "vpc": "vpc-id", "region": "region", "service": "pkt-dst-aws-service"}
"""The words that a cell tells beside its sums, each with the field that logs it."""


class Sums:
    """The sums of all batches so far, in the table `sums` of a database of their own."""

    def __init__(self, folder: Path, span: Span = ALWAYS) -> None:
        """`folder` is for this search alone: its spilling goes there too. Rows that begin outside `span` only count."""
        config: dict[str, str | bool | int | float | list[str]] = {
            "autoinstall_known_extensions": False,
            "autoload_known_extensions": False,
            "enable_external_file_cache": False,
            "memory_limit": MEMORY,
            "preserve_insertion_order": False,
            "temp_directory": str(folder / "spill"),
            "threads": 2,
        }
        self.database = duckdb.connect(config=config)
        self.database.execute("SET enable_progress_bar = false")
        for statement in queries.TABLES:
            self.database.execute(statement)
        self._logged: set[str] = set()
        self._span: dict[str, int] = {}
        if span.bounded:
            since, until = ((None if end is None else int(end.timestamp())) for end in (span.since, span.until))
            self._span = {"since": 0 if since is None else since, "until": _BOUNDS["late"] if until is None else until}

    def add_text(self, batch: Batch, *, strict: bool = True) -> list[int]:
        """Sum a batch of plain text; how many lines of each of its slots could not be read.

        `strict` is faster, and fails where lines of one file end in different ways. Raises duckdb.Error where the
        batch as a whole cannot be read; nothing of it is then summed.
        """
        fields = batch.form.fields
        types = ", ".join(f"'c{place}': '{_type(field)}'" for place, field in enumerate(fields))
        rows = queries.READ_TEXT.format(strict=strict, types=types)
        before = self.one(queries.ROWS)
        try:
            self._sum(rows, {field: f"c{place}" for field, place in _places(fields)}, batch.slots, batch.numbers)
            told = dict(self.ask(queries.REJECTS).fetchall())
        finally:
            self.database.execute("DROP TABLE IF EXISTS reject_errors")
            self.database.execute("DROP TABLE IF EXISTS reject_scans")
        return _broken(batch, told, self.one(queries.ROWS) - before)

    def add_parquet(self, form: Form, paths: Sequence[Path], numbers: Sequence[int]) -> None:
        """Sum Parquet files of one schema; raises duckdb.Error."""
        rows = queries.READ_PARQUET.format(names=", ".join(f"c{place}" for place in range(len(form.fields))))
        places = {field: f"TRY_CAST(c{place} AS {_type(field)})" for field, place in _places(form.fields)}
        self._sum(rows, places, paths, numbers)

    def sum_cells(self) -> None:
        """Sum the sums to cells, once all addresses are placed and the tables of PREPARE are made."""
        largest = {
            f"max_{column}": f"max({column})" if field in self._logged else "NULL::VARCHAR"
            for column, field in _OF_CELLS.items()
        }
        self.ask(queries.SUM_CELLS.format(**largest), {"most_of_all": MOST})

    def schema(self, path: Path) -> tuple[Form, int]:
        """The form and the rows of a Parquet file, from its footer; raises duckdb.Error and FormError."""
        names = self.ask(queries.PARQUET_COLUMNS, {"path": str(path)}).fetchall()
        form = Form.of_columns(str(name) for (name,) in names)
        return form, self.one(queries.PARQUET_ROWS, path=str(path))

    def one(self, query: str, **parameters: object) -> int:
        """The number that a query of one row and column gives, 0 for NULL."""
        row = self.ask(query, parameters).fetchone()
        return int(row[0]) if row and row[0] is not None else 0

    def ask(self, query: str, parameters: Mapping[str, object] | None = None) -> duckdb.DuckDBPyConnection:
        """Run one query; raises duckdb.Error, and KeyboardInterrupt where DuckDB says it in words of its own."""
        try:
            return self.database.execute(query, dict(parameters) if parameters else None)
        except RuntimeError as error:
            if "interrupted" in str(error).lower():
                raise KeyboardInterrupt from error
            raise

    def close(self) -> None:
        """End the database."""
        self.database.close()

    def _sum(self, rows: str, places: Mapping[str, str], paths: Sequence[Path], numbers: Sequence[int]) -> None:
        columns = ", ".join(
            f'{places.get(field, f"NULL::{_type(field)}")} AS "{field.replace("-", "_")}"'
            for field in (*NUMBERS, *WORDS)
        )
        any_of = {
            f"any_{name}": f"any_value({name})" if field in places else "NULL"
            for field in ("instance-id", "account-id", "vpc-id", "region", "pkt-dst-aws-service")
            for name in [field.replace("-", "_")]
        }
        near = queries.NEAR if "pkt-srcaddr" in places else "NULL::VARCHAR"
        far = queries.FAR if "pkt-dstaddr" in places else "NULL::VARCHAR"
        apart = "near, far," if {"pkt-srcaddr", "pkt-dstaddr"} & places.keys() else ""
        self._logged |= places.keys()
        unasked = queries.UNASKED if self._span else ""
        text = queries.SUM.format(
            columns=columns, rows=rows, near=near, far=far, apart=apart, unasked=unasked, **any_of
        )
        self.ask(text, {"paths": [str(path) for path in paths], "numbers": list(numbers), **_BOUNDS, **self._span})


def _type(field: str) -> str:
    return NUMBERS.get(field, "VARCHAR")


def _places(fields: Sequence[str]) -> list[tuple[str, int]]:
    """Each field with its column; of a field that is logged twice the last in this list is the first in the file."""
    return [(field, place) for place, field in reversed(list(enumerate(fields)))]


def _broken(batch: Batch, told: Mapping[str, int], rows: int) -> list[int]:
    """Lines that became no row, by slot: as the reader told them, and on top what it passed over silently."""
    broken = [told.get(str(slot), 0) for slot in batch.slots]
    silent = sum(batch.lines) - rows - sum(broken)
    if silent > 0:
        silent -= sum(_blank(slot) for slot in batch.slots)
    if silent > 0:
        broken[max(range(len(broken)), key=lambda at: (broken[at], batch.lines[at]))] += silent
    return broken


def _blank(slot: Path) -> int:
    """Lines that say nothing, and so are not broken."""
    with slot.open("rb") as lines:
        return sum(not line.strip() for line in lines)
