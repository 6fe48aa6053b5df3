"""A delivered CloudTrail file is one line of JSON, often of many megabytes: it is cut between records while it streams.

A cut lies where one record ends and the next begins, `},{"eventVersion"`. No text inside a record can look like that:
within a JSON string the quote would be escaped, and after a string's closing quote no letter may follow.
"""

import re
from collections.abc import Iterator
from typing import BinaryIO

from stanch.domain.event import Skipped

BATCH = 1 << 18
"""Bytes in one batch: what a processor's own cache holds beside what is made of it; larger ones take twice as long."""
LARGEST_RECORD = 1 << 26
"""Bytes without a cut before reading gives up: no record is a thousandth of this."""
_OVERLAP = 1 << 12  # a cut may lie across two chunks, with blanks in it
_OPENING = re.compile(rb'(?:\xef\xbb\xbf)?\s*\{\s*"Records"\s*:\s*\[\s*(?=\{\s*"([A-Za-z]{1,40})")')
_LINE = re.compile(rb'(?:\xef\xbb\xbf)?\{"([A-Za-z]{1,40})"')
_ENDING = re.compile(rb"\s*\]\s*\}\s*$")


def splittable(head: bytes) -> bool:
    """Whether these first bytes are of `{"Records": [` with a record in it."""
    return _OPENING.match(head) is not None


def batches(path: str, stream: BinaryIO, head: bytes) -> Iterator[bytes | Skipped]:
    """Yield JSON lists of whole records. `head` are the stream's first bytes, not yet taken from it."""
    opening = _OPENING.match(head)
    if opening is None:
        raise ValueError("ask `splittable` first")
    stream.read(opening.end())
    cut = _Cut(opening[1])
    kept = b""
    while chunk := stream.read(BATCH):
        at = cut.last(chunk, 0)
        if at is not None:
            end, begin = at
            yield b"".join((b"[", kept, memoryview(chunk)[:end], b"]"))
            kept = chunk[begin:]
            continue
        searched = max(0, len(kept) - _OVERLAP)
        kept += chunk
        at = cut.last(kept, searched)
        if at is not None:
            end, begin = at
            yield b"".join((b"[", memoryview(kept)[:end], b"]"))
            kept = kept[begin:]
        elif len(kept) > LARGEST_RECORD:
            yield Skipped(path, f"holds a record of more than {LARGEST_RECORD >> 20} MB; what follows is not read")
            return
    if kept.strip():
        yield b"[" + _ENDING.sub(b"", kept) + b"]"


def pieces(batch: bytes) -> list[bytes]:
    """The records of a batch that does not decode as a whole, cut apart without reading them."""
    inside = batch[1:-1].strip()
    first = _LINE.match(inside.replace(b" ", b"", 8))
    if first is None:
        return [inside]
    cut = _Cut(first[1])
    found, start = [], 0
    for end, begin in cut.all(inside):
        found.append(inside[start:end])
        start = begin
    return [*found, inside[start:]]


class _Cut:
    """Where a record ends and another begins, known by the name of the first field."""

    def __init__(self, first_field: bytes) -> None:
        self._plain = b'},{"' + first_field + b'"'
        self._spaced = re.compile(rb'\}(\s*,\s*)\{\s*"' + re.escape(first_field) + rb'"')

    def last(self, text: bytes, since: int) -> tuple[int, int] | None:
        """The last cut from `since` on: the end of one record and the beginning of the next."""
        at = text.rfind(self._plain, since)
        if at >= 0:
            return at + 1, at + 2
        return next(reversed(list(self.all(text, since))), None)

    def all(self, text: bytes, since: int = 0) -> Iterator[tuple[int, int]]:
        """All cuts from `since` on, in their order."""
        return (match.span(1) for match in self._spaced.finditer(text, since))
