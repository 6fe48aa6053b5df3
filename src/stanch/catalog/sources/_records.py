r"""Gateways write a record a line, a list of them, one alone, or records without anything between them.

Each record comes closed, as text: the source knows which of its values it wants.
"""

import re
from collections.abc import Callable, Iterator
from functools import partial
from itertools import chain
from typing import BinaryIO, TypeVar

import msgspec

from stanch.catalog.sources import _json
from stanch.catalog.sources._shape import Shape
from stanch.catalog.sources._unreadable import GIVEN_UP, Faults, Unreadable
from stanch.catalog.sources._walk import ends
from stanch.catalog.sources._wrapped import Line, first_lines, is_wrapped, unwrapped
from stanch.domain.event import Skipped
from stanch.domain.inference import Inference

S = TypeVar("S", bound=msgspec.Struct)
Record = bytes | msgspec.Raw | Unreadable

_TOO_LONG = f"a line of more than {_json.LARGEST >> 20} MB"
_PIECE = 1 << 20
_BETWEEN = b" \t\r\n,"
_SEVERAL = re.compile(rb"\}\{")  # it looks for two bytes in half the time that bytes take
_BEFORE = re.compile(rb'(?:"(?:[^"\\]++|\\.)*+"|[^"{\[])*+', re.DOTALL)


def calls_of(
    path: str, stream: BinaryIO, shape: Shape[S], build: Callable[[str, S, Faults], Inference]
) -> Iterator[Inference | Skipped]:
    """What `build` makes of each record, and last what could not be read."""
    faults = Faults()
    for number, record in enumerate(records(stream), start=1):
        try:
            if isinstance(record, Unreadable):
                raise record
            yield build(path, shape.read(record, faults, number), faults)
        except Unreadable as fault:
            faults.note(fault, number)
            if faults.hopeless:
                faults.note(GIVEN_UP)
                break
    yield from faults.told(path)


def records(stream: BinaryIO) -> Iterator[Record]:
    """The records of one file, each an object as text: lines where one of the first two is whole, else a document."""
    first = stream.readline(_json.LARGEST + 1).removeprefix(_json.BOM)
    while first and not first.strip():
        first = stream.readline(_json.LARGEST + 1)
    if is_wrapped(first):
        yield from _unwrapped(_Again(first, stream))
        return
    if _is_whole(first):
        yield from _lines(first, stream)
        return
    second = stream.readline(_json.LARGEST + 1) if len(first) <= _json.LARGEST else b""
    if first.strip() not in (b"[", b"{") and _is_whole(second):
        yield from _document(first)  # a first line that is broken must not make the others one document
        yield from _lines(second, stream)
        return
    begin = first + second
    yield from _document(begin + stream.read(max(_json.LARGEST + 1 - len(begin), 0)))


def opening(head: bytes) -> bytes:
    """A file's first bytes as its first record begins: without what a runtime puts before it."""
    bare = head.removeprefix(_json.BOM).lstrip()
    return next(first_lines(bare), "").encode() if is_wrapped(bare) else bare


class _Again:
    """A stream whose first line was looked at already."""

    def __init__(self, line: bytes, stream: BinaryIO) -> None:
        self._line, self._stream = line, stream

    def readline(self, size: int = -1, /) -> bytes:
        line, self._line = self._line, b""
        return line or self._stream.readline(size)


def _is_whole(line: bytes) -> bool:
    return len(line) <= _json.LARGEST and bool(line.strip()) and max(ends(line), default=0) == len(line.rstrip())


def _lines(first: bytes, stream: BinaryIO) -> Iterator[Record]:
    for line in chain((first,), iter(partial(stream.readline, _json.LARGEST + 1), b"")):
        if len(line) > _json.LARGEST:
            yield Unreadable(_TOO_LONG)
            piece = line
            while piece and not piece.endswith(b"\n"):
                piece = stream.readline(_PIECE)
        elif line[:1] == b"{" and not _SEVERAL.search(line):
            yield line
        elif line.strip():
            yield from _document(line)


def _unwrapped(stream: _Again) -> Iterator[Record]:
    for line in unwrapped(stream):
        if not isinstance(line, Line):
            yield line[1]
        elif line.text[:1] in ("{", "["):
            yield from _document(line.text.encode())
        else:
            yield Unreadable("a line that is no record", fault=False)


def _document(text: bytes) -> Iterator[Record]:
    """The records of one text: an object, a list, or several of them with nothing between."""
    if len(text) > _json.LARGEST:
        yield Unreadable(f"a JSON document of more than {_json.LARGEST >> 20} MB; it is not read")
        return
    text = text.strip()
    whole = _json.opened(text)
    if isinstance(whole, list):
        yield from whole
    elif isinstance(whole, dict):
        yield text
    else:
        yield from _apart(text, whole)


def _apart(text: bytes, whole: Unreadable) -> Iterator[Record]:
    """The records of a text that cannot be opened as a whole, told apart by their braces; else why it cannot."""
    start = 1 if text[:1] == b"[" else 0
    many = 0
    for end in ends(text, start):
        before = _BEFORE.match(text, start)
        opens = before.end() if before else start
        if text[start:opens].strip(_BETWEEN):
            yield Unreadable("a record that is no JSON object")
        held = _json.opened(text[opens:end]) if text[opens : opens + 1] == b"[" else None
        if isinstance(held, list):
            yield from held
        else:
            yield held if isinstance(held, Unreadable) else text[opens:end]
        start, many = end, many + 1
    if not many or text[start:].strip(_BETWEEN + b"]"):
        yield whole
