"""Protocol Buffers are a few kinds of numbered fields: enough of them is read here to open what OTLP exporters send.

Reads: ExportTraceServiceRequest and ExportLogsServiceRequest, by the field numbers of opentelemetry-proto 1.x.
"""

import struct
from collections.abc import Container, Iterable, Iterator

from stanch.catalog.sources._otlp import BILLION, Attributes, Told
from stanch.catalog.sources._unreadable import Unreadable

_VARINT, _FIXED64, _BYTES, _FIXED32 = 0, 1, 2, 5
_DEEPEST = 32
_LONGEST_VARINT = 10
_MOST = (1 << 64) - 1
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


def told_in(body: bytes, wanted: Container[str], *, logs: bool) -> Iterator[Told]:
    """The spans, or the log records, of one request's body, with the `wanted` attributes; raises Unreadable."""
    for number, of_resource in _messages(memoryview(body)):
        if number != 1:
            continue
        inside = list(_messages(of_resource))
        resource = _attributes((pair for one, made in inside if one == 1 for pair in _numbered(made, 1)), wanted)
        for one, scope in inside:
            if one == 2:
                for record in _numbered(scope, 2):
                    yield _record(record, resource, wanted) if logs else _span(record, resource, wanted)


def _span(message: memoryview, resource: Attributes, wanted: Container[str]) -> Told:
    ids, times, name, pairs, events, failed = {1: "", 2: ""}, {7: 0.0, 8: 0.0}, "", [], [], False
    for number, value in fields(message):
        if isinstance(value, int):
            continue
        if number in ids:
            ids[number] = value.hex()
        elif number in times:
            times[number] = _time(value)
        elif number == 5:
            name = _text(value)
        elif number == 9:
            pairs.append(value)
        elif number == 11:
            events.append(_event(value, wanted))
        elif number == 15:
            failed = (3, 2) in fields(value)
    return Told(
        True, name, times[7], times[8], ids[1], ids[2], _attributes(pairs, wanted), resource, failed, tuple(events)
    )


def _event(message: memoryview, wanted: Container[str]) -> tuple[str, Attributes]:
    names = [_text(value) for value in _numbered(message, 2)]
    return (names or [""])[-1], _attributes(_numbered(message, 3), wanted)


def _record(message: memoryview, resource: Attributes, wanted: Container[str]) -> Told:
    texts: dict[int, memoryview] = {}
    pairs = []
    for number, value in fields(message):
        if isinstance(value, int):
            continue
        if number == 6:
            pairs.append(value)
        else:
            texts[number] = value
    attributes = _attributes(pairs, wanted)
    nothing = memoryview(b"")
    return Told(
        is_span=False,
        name=_text(texts.get(12, nothing)) or str(attributes.get("event.name", "")),
        start=_time(texts.get(1, nothing)) or _time(texts.get(11, nothing)),
        end=0.0,
        trace=texts.get(9, nothing).hex(),
        span=texts.get(10, nothing).hex(),
        attributes=attributes,
        resource=resource,
        body=_value(texts[5], 0) if 5 in texts else None,
    )


def _attributes(pairs: Iterable[memoryview], wanted: Container[str]) -> dict[str, object]:
    found: dict[str, object] = {}
    for pair in pairs:
        inside = dict(_messages(pair))
        key = _text(inside.get(1, memoryview(b"")))
        if key in wanted and 2 in inside:
            found[key] = _value(inside[2], 0)
    return found


def _value(message: memoryview, depth: int) -> object:
    """An AnyValue as a plain one; bytes and what is nested too deeply as None."""
    for number, value in fields(message):
        if isinstance(value, int):
            return bool(value) if number == 2 else value - (1 << 64) * (value >> 63)
        if number == 1:
            return _text(value)
        if number == 4 and len(value) == 8:
            return struct.unpack("<d", value)[0]
        if number == 5 and depth < _DEEPEST:
            return [_value(one, depth + 1) for one in _numbered(value, 1)]
        if number == 6 and depth < _DEEPEST:
            return _table(value, depth)
    return None


def _table(message: memoryview, depth: int) -> dict[str, object]:
    nothing = memoryview(b"")
    pairs = (dict(_messages(pair)) for pair in _numbered(message, 1))
    return {_text(pair.get(1, nothing)): _value(pair.get(2, nothing), depth + 1) for pair in pairs}


def _messages(message: memoryview) -> Iterator[tuple[int, memoryview]]:
    return ((number, value) for number, value in fields(message) if not isinstance(value, int))


def _numbered(message: memoryview, wanted: int) -> Iterator[memoryview]:
    return (value for number, value in _messages(message) if number == wanted)


def _varint(message: memoryview, at: int) -> tuple[int, int]:
    value = 0
    for place in range(min(_LONGEST_VARINT, len(message) - at)):
        byte = message[at + place]
        value |= (byte & 0x7F) << (7 * place)
        if byte < 0x80:
            return value & _MOST, at + place + 1
    raise Unreadable(_BROKEN)


def _time(value: memoryview) -> float:
    return int.from_bytes(value, "little") / BILLION if len(value) == 8 else 0.0


def _text(value: memoryview) -> str:
    return bytes(value).decode("utf-8", "replace")
