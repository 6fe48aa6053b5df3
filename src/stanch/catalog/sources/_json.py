"""JSON logs come as one document or as JSON Lines, and one bad record must not cost the others.

Documents are opened with their parts still closed: a file of a hundred thousand records is never decoded at once.
"""

import json
import math
import re
from collections.abc import Iterator
from typing import BinaryIO

import msgspec

from stanch.catalog.sources._unreadable import Unreadable

BOM = b"\xef\xbb\xbf"
LARGEST = 1 << 26
"""Bytes of one document, or of one of many lines: it is held whole, unlike a delivered CloudTrail file."""
MOST_VALUES = 3_000_000
"""Values in one document: each takes some eighty bytes once opened, however short its text."""
Opened = dict[str, msgspec.Raw] | list[msgspec.Raw] | Unreadable

_LIST = msgspec.json.Decoder(list[msgspec.Raw])
_OBJECT = msgspec.json.Decoder(dict[str, msgspec.Raw])
_TOO_LARGE = f"a JSON document of more than {LARGEST >> 20} MB; what follows is not read"
_TOO_LONG = f"a line of more than {LARGEST >> 20} MB"
_TOO_MANY = f"a JSON document of more than {MOST_VALUES:,} values; it is not opened"
_DIGITS = 300
_PIECE = 1 << 20  # of a line that is passed over
_HIGH, _LOW = rb"\\u[dD][89abAB][0-9a-fA-F]{2}", rb"\\u[dD][c-fC-F][0-9a-fA-F]{2}"
_LONE_SURROGATE = re.compile(_HIGH + rb"(?!" + _LOW + rb")|(?<!" + _HIGH + rb")" + _LOW)


def documents(stream: BinaryIO) -> Iterator[Opened]:
    """Each document of a file. A first line that is whole JSON makes it JSON Lines; anything else is one document."""
    line = stream.readline(LARGEST + 1).removeprefix(BOM)
    first = opened(line)
    if isinstance(first, Unreadable):
        text = line + stream.read(LARGEST + 1 - len(line))
        yield opened(text) if len(text) <= LARGEST else Unreadable(_TOO_LARGE)
        return
    yield first
    for rest in lines(stream):
        yield rest if isinstance(rest, Unreadable) else opened(rest)


def lines(stream: BinaryIO) -> Iterator[bytes | Unreadable]:
    """Each line of a file that is not blank; one that is too long is told, and those after it are read."""
    while line := stream.readline(LARGEST + 1):
        if len(line) > LARGEST:
            yield Unreadable(_TOO_LONG)
            while line and not line.endswith(b"\n"):
                line = stream.readline(_PIECE)
        elif line.strip():
            yield line


def opened(text: bytes) -> Opened:
    """One JSON document with its parts still closed: an object comes as {key: Raw}, a list as [Raw]."""
    if crowded(text):
        return Unreadable(_TOO_MANY)
    decoder = _LIST if text.lstrip()[:1] == b"[" else _OBJECT
    try:
        return decoder.decode(text)
    except RecursionError:
        return Unreadable("JSON nested too deeply")
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        try:
            # JSON allows half of a surrogate pair, msgspec does not; one planted in a record must not hide the file.
            return decoder.decode(lone_surrogates_gone(text))
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            return Unreadable(f"broken JSON: {_why_not_json(text, error)}")


def lone_surrogates_gone(text: bytes) -> bytes:
    """JSON without halves of surrogate pairs, which no text that can be stored has."""
    return _LONE_SURROGATE.sub(rb"\\ufffd", text)


def crowded(text: bytes) -> bool:
    """Whether a document may hold more values than memory should."""
    return len(text) > MOST_VALUES and sum(map(text.count, (b",", b"[", b"{"))) > MOST_VALUES


def decoded(text: bytes) -> object:
    """One value, or Unreadable. What msgspec refuses and JSON allows (an enormous number) Python's reader takes."""
    try:
        return msgspec.json.decode(text)
    except RecursionError:
        return Unreadable("JSON nested too deeply")
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        try:
            return json.loads(lone_surrogates_gone(text).decode("utf-8"), parse_int=_number)
        except (ValueError, RecursionError):
            return Unreadable(f"broken JSON: {_why_not_json(text, error)}")


def whole(document: dict[str, msgspec.Raw]) -> object:
    """An object whose parts were opened one by one; the first that cannot be read is why it is none."""
    parts = {key: decoded(bytes(value)) for key, value in document.items()}
    return next((part for part in parts.values() if isinstance(part, Unreadable)), parts)


def items(value: msgspec.Raw | None) -> Iterator[object]:
    """The items of a closed list, decoded one by one; anything else has none."""
    return map(decoded, texts(value))


def texts(value: msgspec.Raw | None) -> Iterator[bytes]:
    """The items of a closed list, still closed; anything else has none."""
    return map(bytes, _LIST.decode(value)) if value is not None and starts(value, b"[") else iter(())


def starts(value: msgspec.Raw | None, sign: bytes) -> bool:
    """Whether a closed value is there and begins so: b"{" an object, b"[" a list."""
    return value is not None and bytes(value).startswith(sign)


def _number(digits: str) -> int | float:
    return int(digits) if len(digits) < _DIGITS else math.inf


def _why_not_json(text: bytes, error: Exception) -> str:
    try:
        text.decode("utf-8")
    except UnicodeDecodeError as bad:
        return f"not UTF-8 text (byte {bad.start})"
    return str(error)
