"""One row is one event, under CloudTrail's own names, so that any SQL engine reads the lake as it reads CloudTrail.

A row of the fast way holds the fields of a line, and has the number of its deed: which of the piece's combinations of
facts and identity it is. A row of the slow way (`deed` -1) holds an event's record and is opened whole when hunted.
Pieces are sorted by deed: whoever needs all calls of one kind finds them side by side.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from operator import attrgetter
from typing import Any

import msgspec
import pyarrow as pa

from stanch.engine.scan.line import Line

SLOW = -1
"""The deed of a row that must be opened whole."""
GROUP = 4096
"""Rows in one row group: what is read at once, and what must be inflated to open one record."""

IDENTITY = "userIdentity"
RAW = "raw"
"""The column of records, the last."""
FACTS = (
    "eventSource", "eventName", "awsRegion", "sourceIPAddress", "userAgent", "errorCode", "errorMessage",
    "recipientAccountId", "vpcEndpointId", "vpcEndpointAccountId", "readOnly", "sessionCredentialFromConsole",
    "eventType", "eventCategory",
)  # fmt: skip
"""The fields of a line that are the same in all events of a deed."""
_BOOLS = {"readOnly"}
_JSON = {"sessionCredentialFromConsole"}  # a text or a boolean, and which of them tells events apart

HOT = ["eventTime", "number", "seq", "deed", "file", "signedUrl", "bytesTransferredOut"]
THINGS = ["requestParameters", "resources"]
DEEDS = [*FACTS, IDENTITY]
DICTIONARIES = ["file", "log", *THINGS, *DEEDS]

SCHEMA = pa.schema(
    [
        pa.field("eventTime", pa.timestamp("us", tz="UTC")),
        pa.field("eventID", pa.string()),
        pa.field("number", pa.int64()),  # of the id, by which an event is counted once
        pa.field("seq", pa.int32()),
        pa.field("deed", pa.int32()),
        pa.field("file", pa.int32()),
        pa.field("log", pa.string()),
        *(pa.field(name, pa.bool_() if name in _BOOLS else pa.string()) for name in FACTS),
        pa.field(IDENTITY, pa.string()),
        *(pa.field(name, pa.string()) for name in THINGS),
        pa.field("bytesTransferredOut", pa.int64()),
        pa.field("signedUrl", pa.bool_()),
        pa.field(RAW, pa.string()),
    ]
)

facts_of: Callable[[Line], tuple[Any, ...]] = attrgetter(*FACTS)


def stored(name: str, values: Sequence[Any]) -> list[Any]:
    """The values of one fact as its column holds them."""
    return [None if value is None else json.dumps(value) for value in values] if name in _JSON else list(values)


def line_of(row: Mapping[str, Any]) -> Line:
    """A line that has the facts and the identity of this row, and nothing else."""
    facts = {name: json.loads(row[name]) if name in _JSON and row[name] is not None else row[name] for name in FACTS}
    return Line(eventTime="", eventID="", userIdentity=msgspec.Raw(row[IDENTITY].encode()), **facts)


def escaped(text: str) -> str:
    """A text as JSON escapes it: what is half of a surrogate pair has no UTF-8."""
    return json.dumps(text)[1:-1]


def unescaped(text: str) -> str:
    """What `escaped` was given."""
    value: str = json.loads(f'"{text}"')
    return value
