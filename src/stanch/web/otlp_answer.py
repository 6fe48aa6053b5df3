"""OTLP's answers are two small protobuf messages, or their JSON: what was rejected of a request, or why all of it."""

import json

JSON = "application/json"
_REJECTED = {"traces": "rejectedSpans", "logs": "rejectedLogRecords"}


def response(signal: str, kind: str, rejected: int, why: str) -> bytes:
    """An Export...ServiceResponse; with a partial success where something could not be read."""
    if kind == JSON:
        partial = {"partialSuccess": {_REJECTED[signal]: str(rejected), "errorMessage": why}} if rejected else {}
        return json.dumps(partial).encode()
    if not rejected:
        return b""
    return _field(1, b"\x08" + _varint(rejected) + _field(2, why.encode()))


def status(why: str, kind: str) -> bytes:
    """A google.rpc.Status with these words."""
    return json.dumps({"message": why}).encode() if kind == JSON else _field(2, why.encode())


def _field(number: int, data: bytes) -> bytes:
    return bytes([number << 3 | 2]) + _varint(len(data)) + data


def _varint(value: int) -> bytes:
    found = bytearray()
    while value > 0x7F:
        found.append(value & 0x7F | 0x80)
        value >>= 7
    found.append(value)
    return bytes(found)
