"""A gzip file of a kilobyte can hold a gigabyte: inflating is bounded, and a file that ends early says so."""

import hashlib
import io
from contextlib import suppress
from typing import BinaryIO

from isal import isal_zlib
from typing_extensions import Buffer

GIB = 1 << 30
_CHUNK = 1 << 18
LARGEST_RATIO = 200
"""Inflated bytes for each stored one: logs reach fifty, and deflate cannot make more than a thousand."""
SUSPECT = 1 << 28
"""Inflated bytes from which on the ratio is looked at."""
_GZIP = b"\x1f\x8b"
_AUTO_HEADER = 16 + 15  # zlib's window bits that mean: a gzip member
_TRAILER = 8  # a member's checksum and length
_WRONG = "broken gzip: the checksum at its end is wrong; all of it was read, and some of it may be damaged"
_STEP = 1 << 12
_MOST_SAVED = 1 << 24


class Inflating(io.RawIOBase):
    """The plain bytes of a file that is gzip or already plain, up to where it is whole.

    A broken or truncated member, `limit` inflated bytes, or a failing disk end the stream; `fault` then says why, so
    that what came before is still read. `cut` is False where only the checksum at the very end is wrong: nothing of the
    file is missing. `beyond` says that it was the limit: with a higher one there is more. `stored` counts the bytes
    taken from the file as it lies.
    """

    def __init__(self, file: BinaryIO, limit: int = 2 * GIB) -> None:
        self.fault: str | None = None
        self.cut = self.beyond = False
        self.stored = 0
        self._file = file
        self._limit = limit
        self._given = 0
        self._hash = hashlib.sha256()
        self._ready = memoryview(b"")
        self._feed = self._take()
        self._plain = not self._feed.startswith(_GZIP)
        self._held = b""
        self._full = self._ending = False
        if not self._plain:
            self._feed = self._but_the_trailer(self._feed)
        self._begin(self._feed)

    def readable(self) -> bool:
        """Always: this is what makes it a stream for io.BufferedReader."""
        return True

    def readinto(self, buffer: Buffer, /) -> int:
        """Fill `buffer` with plain bytes, less only at the end or at a fault: what a log is, its first bytes tell.

        A member, or what a network has ready, may be a few bytes long.
        """
        target = memoryview(buffer).cast("B")
        filled = 0
        while filled < len(target) and (self._ready or self._refilled()):
            count = min(len(target) - filled, len(self._ready))
            target[filled : filled + count] = self._ready[:count]
            self._ready = self._ready[count:]
            filled += count
        return filled

    def sha256(self) -> str:
        """The digest of the file as stored; reads what is left of it first."""
        while self._take():
            pass
        return self._hash.hexdigest()

    def close(self) -> None:
        """Close the stored file with the stream."""
        self._file.close()
        super().close()

    def _refilled(self) -> bool:
        """Have the next plain bytes ready, if there are any."""
        if self.fault:
            return False
        piece = self._stored_piece() if self._plain else self._inflated_piece()
        self._given += len(piece)
        if self._given > self._limit:
            self.beyond = True
            self._fail(f"expands beyond the bound of {self._limit} bytes; hunt it with a larger --max-inflated")
            piece = b""
        elif self._given > max(SUSPECT, LARGEST_RATIO * self.stored):
            self._fail(f"a gzip bomb: {self.stored} bytes expand more than {LARGEST_RATIO}-fold")
            piece = b""
        self._ready = memoryview(piece)
        return bool(piece)

    def _fail(self, why: str, *, cut: bool = True) -> None:
        """The first fault is the cause; what follows from it is not told."""
        if self.fault is None:
            self.fault, self.cut = why, cut

    def _take(self) -> bytes:
        try:
            chunk = self._file.read(_CHUNK) or b""  # None of a file that would have to be waited for
        except OSError as error:
            self._fail(f"cannot be read: {error.strerror or error}")
            return b""
        self._hash.update(chunk)
        self.stored += len(chunk)
        return chunk

    def _stored_piece(self) -> bytes:
        piece, self._feed = self._feed, b""
        return piece or self._take()

    def _inflated_piece(self) -> bytes:
        """The next plain bytes of the gzip members, empty at the true end or at a fault."""
        while not self.fault:
            if self._member.eof and not self._next_member():
                return b""
            if not self._feed and not self._full and not self._fed():
                self._fail("truncated gzip: the file ends inside a member")
                return b""
            try:
                piece: bytes = self._member.decompress(self._feed, _CHUNK)
            except isal_zlib.error as error:  # type: ignore[misc]  # its stub forgets that it is an exception
                # What it had made in this call is gone with the error, unless it can be made again.
                if self._ending and len(self._feed) == _TRAILER:
                    self._fail(_WRONG, cut=False)
                self._fail(f"broken gzip: {error}")
                return _before_its_fault(self._begun)[self._of_member :]
            self._feed = self._member.unconsumed_tail
            self._full = len(piece) == _CHUNK  # there may be more without any more being fed
            self._of_member += len(piece)
            if piece:
                return piece
        return b""

    def _fed(self) -> bool:
        """Have more stored bytes to inflate; a trailer alone, after all else was inflated: it may refuse all."""
        self._begun = b""
        while chunk := self._take():
            self._feed = self._but_the_trailer(self._held + chunk)
            if self._feed:
                return True
        self._feed, self._held, self._ending = self._held, b"", True
        return bool(self._feed)

    def _but_the_trailer(self, stored: bytes) -> bytes:
        self._held = stored[-_TRAILER:]
        return stored[:-_TRAILER]

    def _begin(self, stored: bytes) -> None:
        self._member = isal_zlib.decompressobj(_AUTO_HEADER)
        self._feed = self._begun = stored
        self._of_member = 0

    def _next_member(self) -> bool:
        """Begin the next gzip member; zero bytes after one are padding, as gzip itself holds."""
        rest = self._member.unused_data.lstrip(b"\0")
        while not rest and self._fed():
            rest = self._feed.lstrip(b"\0")
        if len(rest) < len(_GZIP) and self._fed():
            rest += self._feed
        if not rest:
            return False
        if not rest.startswith(_GZIP):
            self._fail("bytes that are not gzip follow the gzip data")
            return False
        self._begin(rest)
        return True


def _before_its_fault(stored: bytes) -> bytes:
    """What a broken member gives up to its fault; empty where that is more than should be made of so little."""
    good, plain = 0, b""
    for step in (_STEP, 1):
        member = isal_zlib.decompressobj(_AUTO_HEADER)
        pieces = [member.decompress(stored[:good])]
        saved = len(pieces[0])
        with suppress(isal_zlib.error):  # type: ignore[arg-type]  # as above
            while good < len(stored):
                pieces.append(member.decompress(stored[good : good + step]))
                good += step
                saved += len(pieces[-1])
                if saved > _MOST_SAVED:
                    return b""
        plain = b"".join(pieces)
    return plain
