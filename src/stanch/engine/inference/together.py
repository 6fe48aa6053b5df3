"""What is kept of calls for days comes in ten thousand small streams: put together, they are a few."""

from collections.abc import Sequence

import pyarrow as pa

from stanch.engine.inference.summed import Summed
from stanch.engine.inference.sums import summed


def put_together(calls: Summed) -> None:
    """The same calls as one stream of each kind; cells of one key, hour and model are one."""
    calls.cells = _one(calls.cells, again=True)
    calls.named = _one(calls.named)
    calls.loose = _one(calls.loose)
    calls.marks = _one(calls.marks)


def _one(streams: Sequence[bytes], *, again: bool = False) -> list[bytes]:
    if len(streams) < 2:
        return list(streams)
    table = pa.concat_tables(pa.ipc.open_stream(stream).read_all() for stream in streams).combine_chunks()
    if again:
        table = summed(table)
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, table.schema) as writer:
        writer.write_table(table)
    sent: bytes = sink.getvalue().to_pybytes()
    return [sent]
