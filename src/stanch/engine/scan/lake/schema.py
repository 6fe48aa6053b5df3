"""The columns of a row, with their types: see `columns` for what they hold."""

import pyarrow as pa

from stanch.engine.scan.lake.columns import BOOLS, FACTS, IDENTITY, RAW, THINGS

SCHEMA = pa.schema(
    [
        pa.field("eventTime", pa.timestamp("us", tz="UTC")),
        pa.field("eventID", pa.string()),
        pa.field("number", pa.int64()),  # of the id, by which an event is counted once
        pa.field("seq", pa.int32()),
        pa.field("deed", pa.int32()),
        pa.field("file", pa.int32()),
        pa.field("log", pa.string()),
        *(pa.field(name, pa.bool_() if name in BOOLS else pa.string()) for name in FACTS),
        pa.field(IDENTITY, pa.string()),
        *(pa.field(name, pa.string()) for name in THINGS),
        pa.field("bytesTransferredOut", pa.int64()),
        pa.field("signedUrl", pa.bool_()),
        pa.field(RAW, pa.string()),
    ]
)
