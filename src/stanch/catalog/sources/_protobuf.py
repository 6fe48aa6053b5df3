"""Protocol Buffers are a few kinds of numbered fields: enough of them is read here to open what OTLP exporters send.

Reads: ExportTraceServiceRequest and ExportLogsServiceRequest, by the field numbers of opentelemetry-proto 1.x.
"""

import struct
from collections.abc import Container, Iterator

from stanch.catalog.sources._otlp import BILLION, Attributes, Told
from stanch.catalog.sources._unreadable import Unreadable

_VARINT, _FIXED64, _BYTES, _FIXED32 = 0, 1, 2, 5
_DEEPEST = 32
_LONGEST_VARINT = 10
_BROKEN = "a body that is no whole protobuf message"

Field = tuple[int, int | memoryview]
"""A field's number, and its value: an integer, or the bytes of a text, a message or a fixed number."""


def fields(message: memoryview) -> Iterator[Field]:
    """The fields of one message; raises Unreadable."""
    at, end = 0, len(message)
    while at < end:
        tag, at = _varint(message, at)
        number, kind = tag >> 3, tag & 7
        if kind == _VARINT:
            value, at = _varint(message, at)
            yield number, value
            continue
        if kind == _BYTES:
            size, at = _varint(message, at)
        elif kind in (_FIXED64, _FIXED32):
            size = 8 if kind == _FIXED64 else 4
        else:
            raise Unreadable(_BROKEN)
        if at + size > end:
            raise Unreadable(_BROKEN)
        yield number, message[at : at + size]
        at += size
