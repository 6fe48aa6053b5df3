"""OpenTelemetry ships spans and log records in one envelope: resource, scope, record, each with attributes.

Reads: OTLP in JSON, with ids in hexadecimal as the protocol says or in base64 as plain protobuf libraries write them.
"""

import base64
import binascii
from collections.abc import Callable, Container, Iterator, Mapping
from typing import NamedTuple

import msgspec

from stanch.catalog.sources._json import MOST_VALUES, crowded, decoded
from stanch.catalog.sources._shape import Shape
from stanch.catalog.sources._told import Scalar, number
from stanch.catalog.sources._unreadable import Faults, Unreadable

Attributes = Mapping[str, object]
"""Names and plain values: str, int, float, bool, list, dict."""
BILLION = 1_000_000_000
CROWDED = f"a request of more than {MOST_VALUES:,} values; send smaller batches"
_DEEPEST = 32
_TRACE_BYTES, _SPAN_BYTES = 16, 8
_ERROR = 2
_SCALARS = ("stringValue", "intValue", "doubleValue", "boolValue")


class Told(NamedTuple):
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
    body: object = None

    def __repr__(self) -> str:
        """Without attributes and body, where words may be."""
        return f"Told({self.name} {self.trace} {self.span})"


class _Value(msgspec.Struct, rename="camel"):
    string_value: Scalar = None
    int_value: Scalar = None
    double_value: Scalar = None
    bool_value: Scalar = None
    array_value: msgspec.Raw = msgspec.Raw()
    kvlist_value: msgspec.Raw = msgspec.Raw()


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


class _Span(msgspec.Struct, rename="camel"):
    trace_id: Scalar = None
    span_id: Scalar = None
    name: Scalar = None
    start_time_unix_nano: Scalar = None
    end_time_unix_nano: Scalar = None
    attributes: list[_Pair] = []
    events: list[_Event] = []
    status: _Status | None = None


class _Record(msgspec.Struct, rename="camel"):
    trace_id: Scalar = None
    span_id: Scalar = None
    event_name: Scalar = None
    time_unix_nano: Scalar = None
    observed_time_unix_nano: Scalar = None
    attributes: list[_Pair] = []
    body: _Value | None = None


class _ScopeSpans(msgspec.Struct):
    spans: list[msgspec.Raw] = []


class _ScopeLogs(msgspec.Struct, rename="camel"):
    log_records: list[msgspec.Raw] = []


class _ResourceSpans(msgspec.Struct, rename="camel"):
    resource: _Resource | None = None
    scope_spans: list[_ScopeSpans] = []
    instrumentation_library_spans: list[_ScopeSpans] = []


class _ResourceLogs(msgspec.Struct, rename="camel"):
    resource: _Resource | None = None
    scope_logs: list[_ScopeLogs] = []


class _Document(msgspec.Struct, rename="camel"):
    resource_spans: list[_ResourceSpans] | None = None
    resource_logs: list[_ResourceLogs] | None = None


_DOCUMENT = Shape(_Document)
_SPAN = Shape(_Span)
_RECORD = Shape(_Record)


def told_in(text: bytes | msgspec.Raw, faults: Faults, wanted: Container[str], at: int = 0) -> Iterator[Told]:
    """The spans and log records of one document, with the `wanted` attributes; raises Unreadable where it is none."""
    if crowded(bytes(text)):  # its envelopes alone, of two bytes each, would take gigabytes
        raise Unreadable(CROWDED)
    document = _DOCUMENT.read(text, faults, at)
    if document.resource_spans is None and document.resource_logs is None:
        raise Unreadable("a record that is no document of OTLP")
    for spans in document.resource_spans or ():
        resource = _attributes(spans.resource.attributes if spans.resource else [], wanted)
        for scope in (*spans.scope_spans, *spans.instrumentation_library_spans):
            for raw in scope.spans:
                yield from _each(raw, resource, wanted, faults, at, _of_span)
    for logs in document.resource_logs or ():
        resource = _attributes(logs.resource.attributes if logs.resource else [], wanted)
        for of_scope in logs.scope_logs:
            for raw in of_scope.log_records:
                yield from _each(raw, resource, wanted, faults, at, _of_record)


def _each(
    raw: msgspec.Raw,
    resource: Attributes,
    wanted: Container[str],
    faults: Faults,
    at: int,
    read: Callable[[msgspec.Raw, Attributes, Container[str], Faults, int], Told],
) -> Iterator[Told]:
    try:
        yield read(raw, resource, wanted, faults, at)
    except Unreadable as fault:
        faults.note(fault, at)


def _of_span(raw: msgspec.Raw, resource: Attributes, wanted: Container[str], faults: Faults, at: int) -> Told:
    span = _SPAN.read(raw, faults, at)
    code = span.status.code if span.status else None
    return Told(
        is_span=True,
        name=span.name if isinstance(span.name, str) else "",
        start=seconds(span.start_time_unix_nano),
        end=seconds(span.end_time_unix_nano),
        trace=hexadecimal(span.trace_id, _TRACE_BYTES),
        span=hexadecimal(span.span_id, _SPAN_BYTES),
        attributes=_attributes(span.attributes, wanted),
        resource=resource,
        failed=code in (_ERROR, "STATUS_CODE_ERROR"),
        events=tuple((str(event.name), _attributes(event.attributes, wanted)) for event in span.events),
    )


def _of_record(raw: msgspec.Raw, resource: Attributes, wanted: Container[str], faults: Faults, at: int) -> Told:
    record = _RECORD.read(raw, faults, at)
    attributes = _attributes(record.attributes, wanted)
    when = seconds(record.time_unix_nano) or seconds(record.observed_time_unix_nano)
    return Told(
        is_span=False,
        name=record.event_name if isinstance(record.event_name, str) else str(attributes.get("event.name", "")),
        start=when,
        end=0.0,
        trace=hexadecimal(record.trace_id, _TRACE_BYTES),
        span=hexadecimal(record.span_id, _SPAN_BYTES),
        attributes=attributes,
        resource=resource,
        body=_plain(record.body) if record.body else None,
    )


def seconds(nanoseconds: Scalar) -> float:
    """A time in nanoseconds since 1970, which JSON writes as a string; 0 for none."""
    return max(number(nanoseconds), 0) / BILLION


def hexadecimal(given: Scalar, size: int) -> str:
    """An id of `size` bytes, "" for none."""
    if not isinstance(given, str) or not given:
        return ""
    if len(given) == 2 * size:
        return given.lower()
    try:
        data = base64.b64decode(given, validate=True)
    except (binascii.Error, ValueError):
        return ""
    return data.hex() if len(data) == size else ""


def _attributes(pairs: list[_Pair], wanted: Container[str]) -> dict[str, object]:
    return {pair.key: _plain(pair.value) for pair in pairs if pair.value is not None and pair.key in wanted}


def _plain(value: _Value) -> object:
    for told in (value.string_value, value.int_value, value.double_value, value.bool_value):
        if told is not None:
            return told
    closed = bytes(value.array_value) or bytes(value.kvlist_value)
    if not closed or crowded(closed):
        return None
    return _opened(decoded(closed), 0)


def _opened(value: object, depth: int) -> object:
    """A value of OTLP that holds others, as a list or dict: each wraps its own in the name of its type."""
    if not isinstance(value, dict) or depth > _DEEPEST:
        return None
    for kind in _SCALARS:
        if kind in value:
            return value[kind]
    inside = value.get("arrayValue", value.get("kvlistValue", value))
    held = inside.get("values") if isinstance(inside, dict) else None
    if not isinstance(held, list):
        return None
    if all(isinstance(one, dict) and "key" in one for one in held):
        return {str(one["key"]): _opened(one.get("value"), depth + 1) for one in held}
    return [_opened(one, depth + 1) for one in held]
