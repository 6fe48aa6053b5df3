"""Flow logs written one after the other into one file: each begins with a header, which may name other columns."""

import io

from stanch.engine.flows.form import Form, FormError, LacksError

_LONGEST_HEADER = 1 << 16
MOST_CHANGES = 500
"""Headers of other columns that are followed in one file, each of which costs a file of its own to be summed."""
_SIGN = b"srcaddr"
"""What every header that can be summed names; rows hold it nowhere."""


class Section:
    """Reads whole lines up to the next header of another form, which is `next` then; headers of this form are left out.

    `fault` says why what follows cannot be summed.
    """

    def __init__(self, stream: io.BufferedIOBase, form: Form) -> None:
        self.form = form
        self.next: Form | None = None
        self.fault = ""
        self._stream = stream
        self._ready = b""
        self._at = 0
        self._changes = 0

    def turn(self) -> Form | None:
        """Go on with the next section; None where there is none."""
        if self.next is not None:
            self.form, self.next = self.next, None
            return self.form
        return None

    def read(self, size: int) -> bytes:
        """Some bytes, at most so many; none at the end of the section."""
        while self.next is None and not self.fault:
            if self._at == len(self._ready):
                self._ready, self._at = self._piece(size), 0
                if not self._ready:
                    break
            if kept := self._without_headers(self._ready):
                return kept
        return b""

    def _piece(self, size: int) -> bytes:
        piece = self._stream.read(max(size - _LONGEST_HEADER, 1))
        if piece and not piece.endswith(b"\n"):
            piece += self._stream.readline(_LONGEST_HEADER)
        return piece

    def _without_headers(self, piece: bytes) -> bytes:
        """What is ready, up to the next header of another form: where that ends, the next section begins."""
        kept, start, at = [], self._at, piece.find(_SIGN, self._at)
        while at >= 0:
            begin = piece.rfind(b"\n", 0, at) + 1
            close = piece.find(b"\n", at)
            end = len(piece) if close < 0 else close + 1
            form = self._header(piece[begin:end])
            if self.fault or form is not None:
                kept.append(piece[start:begin])
                start = end
            if self.fault or self.next is not None:
                self._at = end
                return b"".join(kept)
            at = piece.find(_SIGN, end)
        self._at = len(piece)
        return b"".join([*kept, piece[start:]])

    def _header(self, line: bytes) -> Form | None:
        """The form that a line names, None where it names none; `next` or `fault` are set where it ends the section."""
        try:
            form = Form.of_line(line)
        except LacksError as error:
            self.fault = f"{error}, from a further header on; what follows is not read"
            return None
        except FormError:
            return None  # a broken line, which is told with the others
        if not form.headed:
            return None
        if form.fields != self.form.fields:
            self._changes += 1
            if self._changes > MOST_CHANGES:
                self.fault = f"more than {MOST_CHANGES} headers that name other columns; what follows is not read"
            else:
                self.next = form
        return form
