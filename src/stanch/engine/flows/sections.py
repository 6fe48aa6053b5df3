"""Flow logs written one after the other into one file: each begins with a header, which may name other columns."""

import io

from stanch.engine.flows.form import Form, FormError, LacksError

_LONGEST_HEADER = 1 << 16
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

    def turn(self) -> Form | None:
        """Go on with the next section; None where there is none."""
        if self.next is not None:
            self.form, self.next = self.next, None
            return self.form
        return None

    def read(self, size: int) -> bytes:
        """Some bytes, at most so many; none at the end of the section."""
        if self.next is not None or self.fault:
            return b""
        if self._ready:
            piece, self._ready = self._ready, b""
        else:
            piece = self._stream.read(max(size - _LONGEST_HEADER, 1))
            if piece and not piece.endswith(b"\n"):
                piece += self._stream.readline(_LONGEST_HEADER)
        if _SIGN not in piece:
            return piece
        return b"".join(self._without_headers(piece)) or self.read(size)

    def _without_headers(self, piece: bytes) -> list[bytes]:
        kept, start, at = [], 0, piece.find(_SIGN)
        while at >= 0:
            begin = piece.rfind(b"\n", 0, at) + 1
            close = piece.find(b"\n", at)
            end = len(piece) if close < 0 else close + 1
            try:
                form = Form.of_line(piece[begin:end])
            except LacksError as error:
                self.fault = f"{error}, from a further header on; what follows is not read"
            except FormError:
                form = None  # a broken line, which is told with the others
            if self.fault or (form is not None and form.headed):
                kept.append(piece[start:begin])
                start = end
                if self.fault:
                    return kept
                if form is not None and form.fields != self.form.fields:
                    self.next, self._ready = form, piece[end:]
                    return kept
            at = piece.find(_SIGN, end)
        kept.append(piece[start:])
        return kept
