"""Of two hundred records in a batch one or two are opened: to cut the batch between all costs half of parsing it.

What a line holds raw is not a copy, it lies in the batch: where a record's identity lies tells where the record begins.
"""

import re
from collections.abc import Callable, Sequence

import msgspec

from stanch.engine.scan.line import Line

FEW = 24
"""Records of a batch that are cut out one by one, after which to part all of them costs no more."""
_RAWS = msgspec.json.Decoder(list[msgspec.Raw])
_BEGIN = re.compile(rb'\{"eventVersion":"[0-9.]{1,9}","userIdentity":')
"""As CloudTrail begins a record: nothing lies between its brace and its identity that could be taken for a record."""

Address = Callable[[bytes | msgspec.Raw], int]
"""Says where in memory something lies."""


class Records:
    """The records of a batch as text, by their places in the list."""

    def __init__(self, text: bytes, lines: Sequence[Line], address: Address | None = None) -> None:
        """`lines` are what `text`, this very object, was projected to."""
        self._text = text
        self._lines = lines
        self._address = address
        self._origin = address(text) if address else 0
        self._parsed: list[msgspec.Raw] = []
        self._few = FEW

    def __getitem__(self, place: int) -> bytes:
        """One record."""
        if not self._parsed:
            if self._address and self._few:
                self._few -= 1
                if (record := self._cut(place, self._address)) is not None:
                    return record
            self._parsed = _RAWS.decode(self._text)
        return bytes(self._parsed[place])

    def _cut(self, place: int, address: Address) -> bytes | None:
        """From where this record begins to where the next does; None where they do not begin as CloudTrail's do."""
        begin = self._begin(place, address)
        last = place + 1 == len(self._lines)
        end = len(self._text) if last else self._begin(place + 1, address)
        if begin is None or end is None or self._text[end - 1 : end] not in (b",", b"]"):
            return None
        return self._text[begin : end - 1]

    def _begin(self, place: int, address: Address) -> int | None:
        at = address(self._lines[place].userIdentity) - self._origin
        if not 0 <= at <= len(self._text):  # it lies elsewhere: the record has none
            return None
        begin = self._text.rfind(b"{", 0, at)
        return begin if _BEGIN.fullmatch(self._text, begin, at) else None
