"""OpenTelemetry ships spans and log records in one envelope: resource, scope, record, each with attributes.

Reads: OTLP in JSON, with ids in hexadecimal as the protocol says or in base64 as plain protobuf libraries write them.
"""

import base64
import binascii
from collections.abc import Container, Iterator, Mapping
from dataclasses import dataclass, field

import msgspec

from stanch.catalog.sources._json import decoded
from stanch.catalog.sources._shape import Shape
from stanch.catalog.sources._told import Scalar, number
from stanch.catalog.sources._unreadable import Faults, Unreadable

Attributes = Mapping[str, object]
"""Names and plain values: str, int, float, bool, list, dict."""
BILLION = 1_000_000_000
_DEEPEST = 32


@dataclass(frozen=True, slots=True)
class Told:
    """A span, or a log record (`is_span` False): times in seconds since 1970, 0 where untold; ids in hexadecimal.

    `failed` says that the span ended in an error; `events` are the names and attributes of what happened within.
    """

    is_span: bool
    name: str
    start: float
    end: float
    trace: str
    span: str
    attributes: Attributes
    resource: Attributes
    failed: bool = False
    events: tuple[tuple[str, Attributes], ...] = ()
    body: object = field(default=None, repr=False)


class _Value(msgspec.Struct):
    stringValue: Scalar = None
    intValue: Scalar = None
    doubleValue: Scalar = None
    boolValue: Scalar = None
    arrayValue: msgspec.Raw = msgspec.Raw()
    kvlistValue: msgspec.Raw = msgspec.Raw()


class _Pair(msgspec.Struct):
    key: str = ""
    value: _Value | None = None


class _Resource(msgspec.Struct):
    attributes: list[_Pair] = []


class _Event(msgspec.Struct):
    name: Scalar = None
    attributes: list[_Pair] = []


class _Status(msgspec.Struct):
    code: Scalar = None


class _Span(msgspec.Struct):
    traceId: Scalar = None
    spanId: Scalar = None
    name: Scalar = None
    startTimeUnixNano: Scalar = None
    endTimeUnixNano: Scalar = None
    attributes: list[_Pair] = []
    events: list[_Event] = []
    status: _Status | None = None


class _Record(msgspec.Struct):
    traceId: Scalar = None
    spanId: Scalar = None
    eventName: Scalar = None
    timeUnixNano: Scalar = None
    observedTimeUnixNano: Scalar = None
    attributes: list[_Pair] = []
    body: _Value | None = None


class _ScopeSpans(msgspec.Struct):
    spans: list[msgspec.Raw] = []


class _ScopeLogs(msgspec.Struct):
    logRecords: list[msgspec.Raw] = []


class _ResourceSpans(msgspec.Struct):
    resource: _Resource | None = None
    scopeSpans: list[_ScopeSpans] = []
    instrumentationLibrarySpans: list[_ScopeSpans] = []


class _ResourceLogs(msgspec.Struct):
    resource: _Resource | None = None
    scopeLogs: list[_ScopeLogs] = []


class _Document(msgspec.Struct):
    resourceSpans: list[_ResourceSpans] | None = None
    resourceLogs: list[_ResourceLogs] | None = None


_DOCUMENT = Shape(_Document)
_SPAN = Shape(_Span)
_RECORD = Shape(_Record)


def told_in(text: bytes | msgspec.Raw, faults: Faults, wanted: Container[str], at: int = 0) -> Iterator[Told]:
    """The spans and log records of one document, with the `wanted` attributes; raises Unreadable where it is none."""
    document = _DOCUMENT.read(text, faults, at)
    if document.resourceSpans is None and document.resourceLogs is None:
        raise Unreadable("a record that is no document of OTLP")
    for spans in document.resourceSpans or ():
        resource = _attributes(spans.resource.attributes if spans.resource else [], wanted)
        for scope in (*spans.scopeSpans, *spans.instrumentationLibrarySpans):
            for raw in scope.spans:
                yield from _each(raw, resource, wanted, faults, at, _of_span)
    for logs in document.resourceLogs or ():
        resource = _attributes(logs.resource.attributes if logs.resource else [], wanted)
        for of_scope in logs.scopeLogs:
            for raw in of_scope.logRecords:
                yield from _each(raw, resource, wanted, faults, at, _of_record)
