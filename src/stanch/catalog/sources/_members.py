"""Pages of an API and what Firehose writes are JSON of any length: their members come one by one while they stream.

A member is an item of a list that a document holds under a known name, an item of a bare list, or a whole document.
Documents may follow each other without anything between them; one that ends early costs nothing but its end.
"""

import re
from collections.abc import Iterator
from typing import BinaryIO

from stanch.catalog.sources._batches import LARGEST_RECORD, TOO_LARGE
from stanch.catalog.sources._json import BOM
from stanch.catalog.sources._unreadable import Unreadable

_CHUNK = 1 << 18
_NEAR = 64  # bytes around a brace that tell whether it begins a document
_LISTS = frozenset({b'"Events"', b'"QueryResultRows"', b'"Records"', b'"events"', b'"logEvents"', b'"results"'})
_BETWEEN = b" \t\r\n," + BOM
# JSON has no newline within a string: where a file was cut in one, the quotes of the next line are right again.
_SIGN = re.compile(rb'"(?:[^"\\\n]++|\\[^\n])*+("?)|[\[\]{}]')
_PAGE = re.compile(rb'\{\s*"(?:Events|NextToken|events|nextToken|messageType)"\s*:')
_LINE = re.compile(rb'\{\s*"(?:Events|EventId|eventVersion|messageType|version)"\s*:')
_MOST_SIGNS, _FEWEST_BYTES = 3_000_000, 4
_TOO_DENSE = "JSON of more brackets than any log has; what follows is not read"
_CUT = "broken JSON: a document ends early"
_STRAY = "a record that is no JSON object"
_QUOTE, _BRACE, _BRACKET, _NEWLINE = b'"{[\n'


def members(stream: BinaryIO) -> Iterator[bytes | Unreadable]:
    """Each member as text, an object, a list or a string; and what is none, or cannot be told apart."""
    return iter(_Members(stream))


class _Members:
    """`_text` is what is held of the stream; of it all before `_at` was looked at.

    `_depth` counts what is open there, `_level` what is open around a member. `_begin` is where the open member begins,
    None where there is none or it is left out; `_since` where the last one ended.
    """

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream
        self._text = self._name = b""
        self._at = self._since = self._depth = self._level = self._signs = self._taken = 0
        self._begin: int | None = None
        self._stray = False

    def __iter__(self) -> Iterator[bytes | Unreadable]:
        ended = False
        while not ended:
            # What is held is doubled: a string of megabytes is begun anew a few times only.
            more = self._stream.read(max(_CHUNK, len(self._text)))
            ended = not more
            self._text += more
            self._taken += len(more)
            yield from self._found(ended)
            if self._signs > _MOST_SIGNS + self._taken // _FEWEST_BYTES:
                yield Unreadable(_TOO_DENSE)
                return
            yield from self._forgotten()
        if self._depth:
            yield Unreadable(_CUT)
        elif self._strays(len(self._text)):
            yield Unreadable(_STRAY)

    def _found(self, ended: bool) -> Iterator[bytes | Unreadable]:
        text = self._text
        for sign in _SIGN.finditer(text, self._at):
            start, end = sign.span()
            what = text[start]
            if not ended and (
                (what == _QUOTE and not sign[1] and end >= len(text) - 1)
                or (what == _BRACE and start + _NEAR > len(text))
            ):
                self._at = start
                return
            self._signs += 1
            if self._depth > max(self._level, 1) and text[start - 1] != _NEWLINE and self._passed(what):
                continue
            if what == _QUOTE:
                yield from self._string(start, end)
            elif what in (_BRACE, _BRACKET):
                yield from self._opens(what, start, end)
            else:
                yield from self._closes(start, end)
        self._at = len(text)

    def _passed(self, what: int) -> bool:
        """Whether this sign, which stands within a member, is none of its ends."""
        if what in (_BRACE, _BRACKET):
            self._depth += 1
        elif what != _QUOTE:
            if self._depth - 1 == self._level:
                return False
            self._depth -= 1
        return True

    def _string(self, start: int, end: int) -> Iterator[bytes | Unreadable]:
        if self._depth == self._level:
            if self._strays(start):
                yield Unreadable(_STRAY)
            yield self._text[start:end]
            self._since = end
        elif self._depth == 1:
            self._name = self._text[start:end]

    def _opens(self, what: int, start: int, end: int) -> Iterator[Unreadable]:
        if what == _BRACE and self._anew(start):
            yield Unreadable(_CUT)
            self._depth = self._level = 0
            self._since = start
        if self._depth == self._level:
            if self._strays(start):
                yield Unreadable(_STRAY)
            if self._level or what == _BRACE:
                self._begin = start
            else:
                self._level, self._since = 1, end
        elif what == _BRACKET and self._depth == 1 and self._name in _LISTS:  # of an object: a list's level is 1
            self._level, self._begin, self._since = 2, None, end
        self._depth += 1

    def _closes(self, start: int, end: int) -> Iterator[bytes | Unreadable]:
        self._depth -= 1
        if self._depth < self._level:
            if self._strays(start):
                yield Unreadable(_STRAY)
            self._level = 0
        if self._depth < 0:
            yield Unreadable(_STRAY)
            self._depth = 0
        if self._depth == self._level:
            if self._begin is not None:
                yield self._text[self._begin : end]
            self._begin, self._since = None, end

    def _anew(self, start: int) -> bool:
        """Whether a document begins here though another is still open: at a line's begin, where no value can stand."""
        if not self._depth or self._depth == self._level == 1 or self._text[start - 1 : start] != b"\n":
            return False
        before = self._text[max(0, start - _NEAR) : start].rstrip()[-1:]
        known = _PAGE if self._level else _LINE
        return before not in (b"[", b",", b":") or known.match(self._text, start) is not None

    def _strays(self, end: int) -> bool:
        """Whether anything but blanks and commas stands between the last member and this place."""
        found = self._stray or bool(self._text[self._since : end].strip(_BETWEEN))
        self._stray = False
        return found

    def _forgotten(self) -> Iterator[Unreadable]:
        """Hold no more than the open member, and of that no more than a record can be."""
        if self._begin is not None and len(self._text) - self._begin > LARGEST_RECORD:
            yield Unreadable(TOO_LARGE)
            self._begin = None
        if (
            self._begin is None
            and len(self._text) - self._at > LARGEST_RECORD
            and (string := _SIGN.match(self._text, self._at))
        ):
            self._text = self._text[: self._at] + b'"' + self._text[string.end() :]
        if self._depth == self._level:
            self._stray = self._strays(self._at)
            self._since = self._at
        kept = max(0, self._at - _NEAR) if self._begin is None else self._begin
        self._text = self._text[kept:]
        self._at -= kept
        self._since = max(0, self._since - kept)
        if self._begin is not None:
            self._begin = 0
