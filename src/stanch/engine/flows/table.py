"""Bytes that left one of our hosts: a flow log tells them at every interface they crossed, in both directions.

Where the format logs no direction, an interface's own address is the one that stands in most of its records. A refused
packet is told by whoever refused it, and laid to whoever sent it.
"""

import re
import tempfile
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from itertools import groupby
from operator import attrgetter
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from stanch.contracts.behaviour import HOUR, FlowCell, FlowHistory
from stanch.contracts.source import LogFile
from stanch.domain.estate import Estate, Perimeter, Side
from stanch.domain.event import Skipped
from stanch.engine.flows import queries
from stanch.engine.flows.reading import Read, Reader
from stanch.engine.flows.sides import Sides
from stanch.engine.flows.sums import Sums
from stanch.engine.inflate import GIB
from stanch.engine.scan.span import ALWAYS, Span

KEPT_CELLS = 4096
"""Cells of one host in one hour that are weighed one by one; a scan of a network has millions."""
_CHUNK = 20_000
_SIDE = (Side.INSIDE, Side.OUTSIDE, Side.UNKNOWN)
_DELIVERED = re.compile(r"(?:AWSLogs/|aws-account-id=)(?:o-[a-z0-9]+/)?(\d{12})/")
_REGION = re.compile(r"(?:/vpcflowlogs/|aws-region=)([a-z]{2,6}(?:-[a-z]+)+-\d)/")


class FlowTable:
    """The sums of many flow logs; a context manager, for they lie in a folder that goes with it."""

    def __init__(
        self, files: Sequence[LogFile], sums: Sums, read: Read, folder: "tempfile.TemporaryDirectory[str]"
    ) -> None:
        self.read = read
        self._paths = [file.path for file in files]
        # Version 2 logs no region and a custom format may log no account, but S3 delivery writes both into the path.
        self._accounts = [_found(_DELIVERED, path) for path in self._paths]
        self._regions = [_found(_REGION, path) for path in self._paths]
        self._sums = sums
        self._folder = folder

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Remove the sums; no history can be asked for afterwards."""
        self._sums.close()
        self._folder.cleanup()

    def histories(self, estate: Estate) -> Iterator[FlowHistory]:
        """Each host's cells in the order of their time, one host at a time."""
        began, ended = self.read.first, self.read.last
        if began is None or ended is None:
            return
        for host, cells in groupby(self._cells(), key=attrgetter("host")):
            yield FlowHistory(host, tuple(cells), estate, began, ended)

    def _cells(self) -> Iterator[FlowCell]:
        rows = self._sums.ask(queries.CELLS, {"kept": KEPT_CELLS})
        while chunk := rows.fetchmany(_CHUNK):
            yield from map(self._cell, chunk)

    def _cell(self, row: tuple[Any, ...]) -> FlowCell:
        (host, hour, interface, address, to, port, serves, protocol, accepted, side, account, vpc, region, service,
         sent, packets, count, first, last, file0, file1) = row  # fmt: skip
        path0, path1 = self._paths[file0], self._paths[file1]
        return FlowCell(
            hour * HOUR,
            account or self._accounts[file0],
            region or self._regions[file0],
            vpc or "",
            host,
            interface or "",
            address,
            to,
            port,
            protocol or 0,
            service or "",
            _SIDE[side],
            accepted,
            sent,
            packets,
            count,
            first,
            last,
            (path0,) if file0 == file1 else (path0, path1),
            serves,
        )


def aggregate(
    files: Sequence[LogFile],
    perimeter: Perimeter,
    *,
    limit: int = 2 * GIB,
    span: Span = ALWAYS,
    on_batch: Callable[[Read], None] = lambda _: None,
) -> FlowTable:
    """Sum these files per host, destination, port, protocol, hour and outcome.

    `limit` bounds the inflated bytes of one file; rows that begin outside `span` are left out. `on_batch` is told how
    far it is after each part. Peak memory does not grow with the files: what does not fit lies in a temporary folder
    until the table is closed. No content raises; a full disk does (OSError, duckdb.Error).
    """
    folder = tempfile.TemporaryDirectory(prefix="stanch-flows-", ignore_cleanup_errors=True)
    sums = Sums(Path(folder.name), span)
    try:
        reader = Reader(sums, Path(folder.name), limit, on_batch)
        reader.take(files)
        _place_addresses(sums, Sides(perimeter))
        for statement in queries.PREPARE:
            sums.ask(statement)
        sums.sum_cells()
        _tell(sums, reader.read, [file.path for file in files])
    except BaseException:
        sums.close()
        folder.cleanup()
        raise
    return FlowTable(files, sums, reader.read, folder)


def _place_addresses(sums: Sums, sides: Sides) -> None:
    """The side of each distinct address, once; what is no address gets none."""
    asking = sums.database.cursor()
    addresses = asking.execute(queries.ADDRESSES)
    while chunk := [address for (address,) in addresses.fetchmany(_CHUNK)]:
        found = [None if (side := sides.of(address)) is None else _SIDE.index(side) for address in chunk if address]
        sums.ask(queries.PLACE, {"addresses": [address for address in chunk if address], "sides": found})
    asking.close()


def _tell(sums: Sums, read: Read, paths: Sequence[str]) -> None:
    """Count what the rows were, and say what is missing."""
    read.unasked = sums.one(queries.OF_KIND, kind="unasked")
    read.rows = sums.one(queries.ROWS) - read.unasked
    read.nodata = sums.one(queries.OF_KIND, kind="nodata")
    read.skipdata = sums.one(queries.OF_KIND, kind="skipdata")
    read.refused = sums.one(queries.REFUSED_FROM_OUTSIDE)
    if first := sums.one(queries.FIRST):
        read.first = datetime.fromtimestamp(first, UTC)
        read.last = datetime.fromtimestamp(sums.one(queries.LAST), UTC)
    if odd := sums.one(queries.OF_KIND, kind="odd") + sums.one(queries.NO_ADDRESS):
        read.broken += odd
        read.skipped.append(
            Skipped(paths[0], f"{odd} rows, in all files, with a time, size or address that none can be", part=True)
        )
    if read.skipdata:
        where = paths[sums.one(queries.FIRST_SKIPPED)]
        missing = f"SKIPDATA: AWS did not capture {read.skipdata} windows, the first here"
        read.skipped.append(Skipped(where, missing, part=True))
    if over := sums.one(queries.LEFT_OUT, kept=KEPT_CELLS):
        read.skipped.append(
            Skipped(paths[0], f"{over} cells beyond {KEPT_CELLS} of one host in one hour are not weighed", part=True)
        )


def _found(pattern: "re.Pattern[str]", path: str) -> str:
    match = pattern.search(path)
    return match[1] if match else ""
