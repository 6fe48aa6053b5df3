"""A CloudTrail record often arrives as text within another service's JSON: what an engineer can get without the bucket.

Carriers are `aws cloudtrail lookup-events` (`CloudTrailEvent`), CloudTrail Lake (`eventJson`), CloudWatch Logs
(`message`, as a subscription, Firehose and `aws logs filter-log-events` write it), and its Insights (`@message`). Also
here are documents written one after the other without a line for each. Whether a file is one of these is asked once, by
its head.
"""

import io
import json
import re
from collections.abc import Iterator
from functools import lru_cache
from typing import BinaryIO

import msgspec

from stanch.catalog.sources._json import BOM, Opened, decoded, lone_surrogates_gone, opened, starts, texts
from stanch.catalog.sources._members import members
from stanch.catalog.sources._outline import is_record
from stanch.catalog.sources._unreadable import Unreadable
from stanch.catalog.sources._walk import ends

_HEAD = 1 << 14
_PAGES = ("Events", "logEvents", "events")
_CARRIERS = ("CloudTrailEvent", "@message", "message")
_ITSELF = ("eventVersion", "eventTime")
# Both a name and its text are taken whole, so that nothing within a text is taken for a name.
_PAIR = re.compile(rb'"([^"\\]{1,40}+)"\s*+:\s*+(?:"((?:[^"\\]++|\\.)*+)"?|(?=(\{)))|"(?:[^"\\]++|\\.)*+"?', re.DOTALL)
_NOTHING = re.compile(rb'(?:\xef\xbb\xbf)?\s*+\{\s*+"[Ee]vents"\s*+:\s*+\[\s*+\]')
_LOOKED_UP = re.compile(rb'(?:\xef\xbb\xbf)?\s*+(?:\{\s*+"Events"\s*+:\s*+)?\[\s*+\{\s*+"EventId"')
_TEXTS = re.compile(rb'(?:\xef\xbb\xbf)?\s*+\[\s*+"(\s*+\{(?:[^"\\]++|\\.)*+)')
_CONTROL = b"CWL CONTROL MESSAGE"
_CONTROLS = "a control message of CloudWatch Logs, no event"
_NO_TEXT = "a carried record that is no text"
_NO_RECORD = "a carried text that is no record"
_NO_MESSAGE = "a row of a query's answer without @message or eventJson"


@lru_cache(maxsize=2)  # it is asked when a file is recognised, and again when it is read
def carried(head: bytes) -> bool:
    """Whether something carries records of CloudTrail as text in this file, by its first bytes."""
    bare = head.removeprefix(BOM).lstrip()
    if bare[:1] not in (b"{", b"["):
        return False
    if texts := _TEXTS.match(head):
        return _is_record(texts[1])
    return bool(_NOTHING.match(head) or _LOOKED_UP.match(head)) or _carries(bare)


def run_together(head: bytes) -> bool:
    """Whether another document follows the first as JSON Lines cannot have it: on its line, or after many lines."""
    bare = head.removeprefix(BOM).lstrip()
    end = next(ends(bare), None) if bare[:1] == b"{" else None
    if end is None:
        return False
    after = bare[end:].lstrip(b" \t\r\n" + BOM)
    return after[:1] == b"{" and (b"\n" in bare[:end] or b"\n" not in bare[end : len(bare) - len(after)])


def records(stream: BinaryIO) -> Iterator[Opened]:
    """The records of a file that is either, each opened as `documents` opens one; what carries none comes as it is."""
    for member in members(stream):
        for text in [member] if isinstance(member, Unreadable) else _inner(member):
            yield text if isinstance(text, Unreadable) else opened(text)


def head_of(stream: BinaryIO) -> bytes:
    """The first bytes of a stream, which stay in it."""
    if isinstance(stream, io.BufferedReader):
        return stream.peek(_HEAD)[:_HEAD]
    head = stream.read(_HEAD)
    stream.seek(-len(head), io.SEEK_CUR)
    return head


def _carries(bare: bytes) -> bool:
    before: tuple[bytes, bytes] = (b"", b"")
    told = control = False
    for pair in _PAIR.finditer(bare):
        name, text = pair[1], pair[2] or b""
        if name in (b"CloudTrailEvent", b"eventJson"):
            return True
        if name in (b"message", b"@message") or (name == b"value" and before == (b"field", b"@message")):
            if pair[3] and name == b"@message":
                text = bare[pair.end() :]
            if _is_record(text):
                return True
            told = told or not text.startswith(_CONTROL)
        control = control or (name == b"messageType" and text == b"CONTROL_MESSAGE")
        before = name or b"", text
    return control and not told


def _is_record(text: bytes) -> bool:
    """Whether the begin of a text within a string is that of a record."""
    return is_record(text.replace(b'\\"', b'"').lstrip())


def _inner(member: bytes, *, page: bool = True) -> Iterator[bytes | Unreadable]:
    """The text of the record that a member carries, or of the member itself; those of a page in a list of pages."""
    document = opened(member) if member[:1] != b'"' else {"message": msgspec.Raw(member)}
    if isinstance(document, list):
        yield _of_row(document)
        return
    if isinstance(document, Unreadable) or not document.keys().isdisjoint(_ITSELF):
        yield member
        return
    listed = next((document[name] for name in _PAGES if page and starts(document.get(name), b"[")), None)
    if listed is not None:
        for item in texts(listed):
            yield from _inner(item, page=False)
        return
    carrier = next((document[name] for name in _CARRIERS if name in document), None)
    if carrier is None:
        yield member
    else:
        yield bytes(carrier) if starts(carrier, b"{") else _unquoted(bytes(carrier))


def _of_row(row: list[msgspec.Raw]) -> bytes | Unreadable:
    for cell in map(opened, map(bytes, row)):
        if not isinstance(cell, dict):
            continue
        if bytes(cell.get("field", b"")) == b'"@message"' and "value" in cell:
            return _unquoted(bytes(cell["value"]))
        if "eventJson" in cell:
            return _unquoted(bytes(cell["eventJson"]))
    return Unreadable(_NO_MESSAGE)


def _unquoted(string: bytes) -> bytes | Unreadable:
    """What a string of JSON says; bytes in it that are no UTF-8 stay what they are."""
    said = decoded(string)
    if isinstance(said, Unreadable):
        try:
            said = json.loads(lone_surrogates_gone(string).decode("utf-8", "surrogateescape"))
        except (ValueError, RecursionError):
            return said
    if not isinstance(said, str):
        return Unreadable(_NO_TEXT)
    if said.startswith(_CONTROL.decode()):
        return Unreadable(_CONTROLS, fault=False)
    if said.lstrip()[:1] not in ("{", "["):
        return Unreadable(_NO_RECORD)
    return said.encode("utf-8", "surrogateescape")
