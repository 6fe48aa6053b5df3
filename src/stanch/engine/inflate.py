"""A gzip file of a kilobyte can hold a gigabyte: inflating is bounded, and a file that ends early says so."""

import hashlib
import io
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


class Inflating(io.RawIOBase):
    """The plain bytes of a file that is gzip or already plain, up to where it is whole.

    A broken or truncated member, `limit` inflated bytes, or a failing disk end the stream; `fault` then says why, so
    that what came before is still read. `stored` counts the bytes taken from the file as it lies.
    """

    def __init__(self, file: BinaryIO, limit: int = 2 * GIB) -> None:
        self.fault: str | None = None
        self.stored = 0
        self._file = file
        self._limit = limit
        self._given = 0
        self._hash = hashlib.sha256()
        self._ready = memoryview(b"")
        self._feed = self._take()
        self._plain = not self._feed.startswith(_GZIP)
        self._member = isal_zlib.decompressobj(_AUTO_HEADER)

    def readable(self) -> bool:
        """Always: this is what makes it a stream for io.BufferedReader."""
        return True

    def readinto(self, buffer: Buffer, /) -> int:
        """Fill `buffer` with plain bytes; 0 at the end or at a fault."""
        if not self._ready and not self.fault:
            piece = self._stored_piece() if self._plain else self._inflated_piece()
            self._given += len(piece)
            if self._given > self._limit:
                self._fail(f"expands beyond the bound of {self._limit} bytes; raise it with --max-inflated")
                piece = b""
            elif self._given > max(SUSPECT, LARGEST_RATIO * self.stored):
                self._fail(f"a gzip bomb: {self.stored} bytes expand more than {LARGEST_RATIO}-fold")
                piece = b""
            self._ready = memoryview(piece)
        target = memoryview(buffer).cast("B")
        count = min(len(target), len(self._ready))
        target[:count] = self._ready[:count]
        self._ready = self._ready[count:]
        return count

    def sha256(self) -> str:
        """The digest of the file as stored; reads what is left of it first."""
        while self._take():
            pass
        return self._hash.hexdigest()

    def close(self) -> None:
        """Close the stored file with the stream."""
        self._file.close()
        super().close()

    def _fail(self, why: str) -> None:
        """The first fault is the cause; what follows from it is not told."""
        self.fault = self.fault or why

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
            self._feed = self._feed or self._take()
            if not self._feed:
                self._fail("truncated gzip: the file ends inside a member")
                return b""
            try:
                piece: bytes = self._member.decompress(self._feed, _CHUNK)
            except isal_zlib.error as error:  # type: ignore[misc]  # its stub forgets that it is an exception
                self._fail(f"broken gzip: {error}")
                return b""
            self._feed = self._member.unconsumed_tail
            if piece:
                return piece
        return b""

    def _next_member(self) -> bool:
        """Begin the next gzip member; zero bytes after one are padding, as gzip itself holds."""
        rest = self._member.unused_data.lstrip(b"\0")
        while not rest and (chunk := self._take()):
            rest = chunk.lstrip(b"\0")
        if len(rest) < len(_GZIP):
            rest += self._take()
        if not rest:
            return False
        if not rest.startswith(_GZIP):
            self._fail("bytes that are not gzip follow the gzip data")
            return False
        self._member = isal_zlib.decompressobj(_AUTO_HEADER)
        self._feed = rest
        return True
