"""Text is inflated once, by isal, into a few files that are used again and again: the query engine reads plain bytes.

Its own gzip reader takes a truncated file for a whole one and has no bound; ours tells both, and hashes on the way.
"""

import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from stanch.contracts.source import LogFile
from stanch.domain.event import Skipped
from stanch.engine.flows.form import Form, FormError
from stanch.engine.flows.sections import Section
from stanch.engine.inflate import Inflating

BATCH = 96 << 20
"""Plain bytes that are summed at once."""
SLOTS = 2048
_PIECE = 1 << 20
_LONGEST_HEADER = 1 << 16
_BOM = b"\xef\xbb\xbf"


@dataclass(slots=True)
class Batch:
    """Files of one form, plain and without their headers.

    `numbers` are their places in the list of all files, `lines` the lines of each, blank ones too.
    """

    form: Form
    slots: list[Path] = field(default_factory=list)
    numbers: list[int] = field(default_factory=list)
    lines: list[int] = field(default_factory=list)
    bytes: int = 0

    def __bool__(self) -> bool:
        return bool(self.slots)


@dataclass(slots=True)
class Inflated:
    """What was learned of the stored files: SHA-256 and stored bytes by path, and what could not be read."""

    digests: dict[str, tuple[str, int]] = field(default_factory=dict)
    skipped: list[Skipped] = field(default_factory=list)


class Spool:
    """Turns text files into batches; `release` gives a batch's files back to be written over."""

    def __init__(self, folder: Path, limit: int) -> None:
        self.inflated = Inflated()
        self._folder = folder
        self._limit = limit
        self._free: list[Path] = []
        self._made = 0
        self._open: dict[Form, Batch] = {}

    def batches(self, files: Sequence[tuple[int, LogFile]]) -> Iterator[Batch]:
        """Yield batches of about `BATCH` bytes; a file of another form waits in a batch of its own."""
        for number, file in files:
            yield from self._one(number, file)
            if sum(batch.bytes for batch in self._open.values()) > BATCH or self._slots() > SLOTS:
                yield self._open.pop(max(self._open, key=lambda form: self._open[form].bytes))
        while self._open:
            yield self._open.popitem()[1]

    def release(self, batch: Batch) -> None:
        """The batch has been summed."""
        self._free += batch.slots

    def _slots(self) -> int:
        return sum(len(batch.slots) for batch in self._open.values())

    def _one(self, number: int, file: LogFile) -> Iterator[Batch]:
        try:
            stored = file.open()
        except OSError as error:
            self._skip(file.path, f"cannot be opened: {error.strerror or error}")
            return
        with Inflating(stored, self._limit) as inflating:
            stream = io.BufferedReader(inflating, _PIECE)
            first = stream.readline(_LONGEST_HEADER).removeprefix(_BOM)
            try:
                form = Form.of_line(first)
            except FormError as error:
                self._skip(file.path, inflating.fault or (str(error) if first else "empty"))
                return
            section = Section(stream, form)
            yield from self._body(number, b"" if form.headed else first, section)
            if section.fault:
                self._skip(file.path, section.fault, part=True)
            if inflating.fault:
                self._skip(file.path, inflating.fault, part=True)
            self.inflated.digests[file.path] = (inflating.sha256(), inflating.stored)

    def _body(self, number: int, carry: bytes, section: Section) -> Iterator[Batch]:
        """Copy a file's lines into slots of the batch of their form, a new one wherever the batch is full."""
        form = section.form
        while True:
            batch = self._open.setdefault(form, Batch(form))
            slot = self._slot()
            with slot.open("r+b") as out:
                size, lines, carry, more = _copied(section, out, carry, max(BATCH - batch.bytes, _PIECE))
            if size:
                batch.slots.append(slot)
                batch.numbers.append(number)
                batch.lines.append(lines)
                batch.bytes += size
            else:
                self._free.append(slot)
            if more or self._slots() > SLOTS:
                yield self._open.pop(form)
            if not more:
                following = section.turn()
                if following is None:
                    return
                form = following

    def _slot(self) -> Path:
        if self._free:
            return self._free.pop()
        self._made += 1
        slot = self._folder / f"{self._made}.log"
        slot.touch()
        return slot

    def _skip(self, path: str, why: str, *, part: bool = False) -> None:
        self.inflated.skipped.append(Skipped(path, why, part=part))


def _copied(stream: Section, out: "io.BufferedRandom", carry: bytes, room: int) -> tuple[int, int, bytes, bool]:
    """Copy whole lines of about `room` bytes: bytes and lines written, the begun line, whether the file goes on."""
    lines = size = 0
    while size < room:
        piece = stream.read(_PIECE)
        end = piece.rfind(b"\n") + 1
        if piece and not end and len(carry) < _PIECE:
            carry += piece
            continue
        size += out.write(carry) + out.write(memoryview(piece)[:end])
        lines += carry.count(b"\n") + piece.count(b"\n")
        if not end and carry:
            # The last line has no end. A line longer than a piece is none of a flow log: it is cut, and told as broken.
            size += out.write(b"\n")
            lines += not carry.endswith(b"\n")
        carry = piece[end:]
        if not piece:
            out.truncate()
            return size, lines, b"", False
    out.truncate()
    return size, lines, carry, True
