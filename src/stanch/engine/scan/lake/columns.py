"""One row is one event, under CloudTrail's own names, so that any SQL engine reads the lake as it reads CloudTrail.

A row of the fast way holds the fields of a line, and has the number of its deed: which of the piece's combinations of
facts and identity it is. A row of the slow way (`deed` -1) holds an event's record and is opened whole when hunted.
Pieces are sorted by deed: whoever needs all calls of one kind finds them side by side.
"""

import json
from collections.abc import Callable, Sequence
from operator import attrgetter
from typing import Any

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
BOOLS = {"readOnly"}
AS_JSON = {"sessionCredentialFromConsole"}  # a text or a boolean, and which of them tells events apart

HOT = ["eventTime", "number", "seq", "deed", "file", "signedUrl", "bytesTransferredOut"]
THINGS = ["requestParameters", "resources"]
DEEDS = [*FACTS, IDENTITY]
DICTIONARIES = ["file", "log", *THINGS, *DEEDS]

facts_of: Callable[[Line], tuple[Any, ...]] = attrgetter(*FACTS)


def stored(name: str, values: Sequence[Any]) -> list[Any]:
    """The values of one fact as its column holds them."""
    return [None if value is None else json.dumps(value) for value in values] if name in AS_JSON else list(values)


def escaped(text: str) -> str:
    """A text as JSON escapes it: what is half of a surrogate pair has no UTF-8."""
    return json.dumps(text)[1:-1]


def unescaped(text: str) -> str:
    """What `escaped` was given."""
    value: str = json.loads(f'"{text}"')
    return value
