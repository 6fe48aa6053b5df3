"""Of two hundred records in a batch one or two are opened: to cut the batch between all costs half of parsing it."""

from collections.abc import Sequence

import msgspec

from stanch.engine.scan.line import Line


class _Named(msgspec.Struct, gc=False):
    eventID: str  # noqa: N815 - CloudTrail's own name


_RAWS = msgspec.json.Decoder(list[msgspec.Raw])
_NAMED = msgspec.json.Decoder(_Named)


class Records:
    """The records of a batch as text, by their places in the list."""

    def __init__(self, text: bytes, lines: Sequence[Line]) -> None:
        self._text = text
        self._lines = lines
        self._between = b"},{" + text[2 : text.find(b":", 0, 64)] + b":"
        self._cut: list[bytes] = []
        self._parsed: list[msgspec.Raw] = []

    def __getitem__(self, place: int) -> bytes:
        """One record."""
        if not self._parsed:
            self._cut = self._cut or self._text[2:-2].split(self._between)
            if (record := self._whole(place)) is not None:
                return record
            self._parsed = _RAWS.decode(self._text)
        return bytes(self._parsed[place])

    def _whole(self, place: int) -> bytes | None:
        """The piece at this place, where there are as many as records and this is whole JSON with that record's id.

        What a caller writes into a record may look like the end of one and the begin of another; it is then in pieces.
        """
        if len(self._cut) != len(self._lines):
            return None
        begin = self._between[2:] if place else b"{"
        record = b"".join((begin, self._cut[place], b"}"))
        try:
            return record if _NAMED.decode(record).eventID == self._lines[place].eventID else None
        except (msgspec.DecodeError, RecursionError):
            return None
