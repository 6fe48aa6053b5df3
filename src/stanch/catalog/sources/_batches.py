"""A delivered CloudTrail file is one line of JSON, often of many megabytes: it is cut between records while it streams.

A cut lies where one record ends and the next begins, `},{"eventVersion"`. No text inside a record can look like that:
within a JSON string the quote would be escaped, and after a string's closing quote no letter may follow. A list inside
a record can: what was cut in its midst does not decode, and is handed back to be put together again.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO

from stanch.catalog.sources._json import opened
from stanch.catalog.sources._unreadable import Unreadable
from stanch.catalog.sources._walk import ends

BATCH = 1 << 18
"""Bytes in one batch: what a processor's own cache holds beside what is made of it; larger ones take twice as long."""
LARGEST_RECORD = 1 << 23
"""Bytes of one record: AWS writes a quarter of a megabyte at most; what is decoded takes up to 25 times its text."""
PATIENCE = 1 << 20
"""Bytes without a cut, after which records are told apart by their braces."""
_OVERLAP = 1 << 12  # a cut may lie across two chunks, with blanks in it
_BETWEEN = b" \t\r\n,"
# What lies between two records; JSON allows a name twice, and both lists are read.
_BLANKS = re.compile(rb'[ \t\r\n,]*+(?:\]\s*+,\s*+"Records"\s*+:\s*+\[[ \t\r\n,]*+)*+')
_OPENING = re.compile(rb'(?:\xef\xbb\xbf)?\s*\{\s*"Records"\s*:\s*\[\s*(?=\{\s*"([A-Za-z]{1,40})")')
# The fields of a record have humps, as awsRegion; those of an envelope around one have none, as detail.
_BARE = re.compile(rb'(?:\xef\xbb\xbf)?\s*\[\s*(?=\{\s*"([a-z]{1,20}[A-Z][A-Za-z]{1,20})")')
_MARK = rb"(?:\xef\xbb\xbf)?"
_EMPTY = rb"(?:\s*" + _MARK + rb"\[\s*\]){0,64}"  # lists without a record
_ENDING = re.compile(rb"\]" + _EMPTY + rb"\s*\}?\Z")
# Two files written into one. Within a JSON string the quote would be escaped; after its last one no letter follows.
_JOINT = re.compile(
    rb'(?:\]\s*\}\s*' + _MARK + rb'\{\s*"Records"\s*:\s*\[\s*)+'
    rb'|\]' + _EMPTY + rb'\s*' + _MARK + rb'\[\s*(?=\{\s*"[A-Za-z]+"\s*:)'
)  # fmt: skip
TOO_LARGE = f"a record of more than {LARGEST_RECORD >> 20} MB"


@dataclass(slots=True)
class Rest:
    """The end of a batch that does not decode because its record goes on: it is put before what comes next.

    `last` says that nothing comes next; `cut` knows how the records of the file begin.
    """

    text: bytes = b""
    last: bool = False
    cut: "_Cut | None" = None


def delivered(head: bytes) -> bool:
    """Whether these first bytes are of `{"Records": [` with a record in it, as AWS delivers it."""
    return _OPENING.match(head) is not None


def splittable(head: bytes) -> bool:
    """Whether these first bytes are of `{"Records": [`, or of a bare list, with a record in it."""
    return _opening(head) is not None


def batches(path: str, stream: BinaryIO, head: bytes, rest: Rest) -> Iterator[bytes | Unreadable]:
    """Yield JSON lists of whole records. `head` are the stream's first bytes, not yet taken from it."""
    opening = _opening(head)
    if opening is None:
        raise ValueError("ask `splittable` first")
    stream.read(opening.end())
    cut = rest.cut = _Cut(opening[1])
    kept, need = b"", 0
    while chunk := stream.read(BATCH):
        at = None if need else cut.last(chunk, 0)
        if at is None:
            searched = 0 if need else max(0, len(kept) - _OVERLAP)
            kept, chunk = b"", (kept + chunk).lstrip(_BETWEEN)
            at = cut.last(chunk, searched) if len(chunk) >= need else None
            if at is None and _doubled(len(chunk)):
                chunk = _JOINT.sub(b",", chunk)
                at = cut.last(chunk, 0) or _braced(chunk)
            if at is None:
                kept = chunk
                if len(kept) > max(need, LARGEST_RECORD):
                    yield Unreadable(TOO_LARGE)
                    kept, need = _passed_over(stream, cut, kept), 0
                continue
        end, begin = at
        yield b"".join((b"[", kept, memoryview(chunk)[:end], b"]"))
        kept, need = chunk[begin:], 0
        if rest.text:
            # It is not tried again before as much has come: else time would grow as the square of a record's size.
            kept, need, rest.text = rest.text + b"," + kept, 2 * len(rest.text), b""
    kept = _ENDING.sub(b"", kept.rstrip()).strip(_BETWEEN)
    if kept:
        rest.last = True
        yield b"[" + kept + b"]"


def pieces(batch: bytes, rest: Rest) -> Iterator[bytes]:
    """The records of a batch that does not decode as a whole; what goes on after its end becomes the rest."""
    inside = _JOINT.sub(b",", batch[1:-1].strip(_BETWEEN))
    cuts = rest.cut.all(inside) if rest.cut else iter(())
    start, end, begin = 0, -1, 0
    ended = False
    patience = len(inside)
    while start < len(inside):
        if rest.last and not ended and inside.startswith(b"]", start):
            if _ends_well(inside[start:]):
                return
            ended = True  # it is looked at once: what is broken may go on for long
        while end < start:
            end, begin = next(cuts, (len(inside), len(inside)))
        close = next(ends(inside, start), None) if patience > 0 else end
        if close is None and not rest.last and len(inside) - start <= LARGEST_RECORD:
            rest.text = inside[start:]
            return
        if close is None or (close != end and isinstance(opened(inside[start:close]), Unreadable)):
            patience -= (close or len(inside)) - start
            yield inside[start:end]
            start = begin
        else:
            yield inside[start:close]
            start = _after(inside, close)


def _opening(head: bytes) -> re.Match[bytes] | None:
    return _OPENING.match(head) or _BARE.match(head)


def _doubled(size: int) -> bool:
    """Whether a text of this size has just become twice as large as when this was last so, or large at all."""
    return size >= PATIENCE and size - BATCH < 1 << (size.bit_length() - 1)


def _braced(text: bytes) -> tuple[int, int] | None:
    """A cut where the records have no field in common to know their begin by."""
    close = max(ends(text), default=None)
    return None if close is None else (close, _after(text, close))


def _ends_well(tail: bytes) -> bool:
    """Whether this is the end of the records' list and of what else their document says; its last `]}` may be gone."""
    return any(isinstance(opened(b'{"Records":[' + tail + end), dict) for end in (b"", b"]}"))


def _after(text: bytes, close: int) -> int:
    """Where the record after the one that ends there begins."""
    blanks = _BLANKS.match(text, close)
    return blanks.end() if blanks else close


def _passed_over(stream: BinaryIO, cut: "_Cut", kept: bytes) -> bytes:
    """Leave out the record that the stream is in: what there is of the next one, empty at the end."""
    while chunk := stream.read(BATCH):
        kept = kept[-_OVERLAP:] + chunk
        at = next(cut.all(kept), None)
        if at is not None:
            return kept[at[1] :]
    return b""


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
