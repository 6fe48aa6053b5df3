"""A body comes with a length or in chunks, plain or as gzip; however it comes, it grows to a bound and no more."""

import io
import zlib
from email.message import Message
from http import HTTPStatus
from typing import BinaryIO

LARGEST = 64 << 20
"""Bytes of a body, as it is sent and when it is inflated."""
PIECE = 1 << 16
_SUSPECT = 1 << 20
_LARGEST_RATIO = 200
"""Inflated bytes for each that was sent, beyond `_SUSPECT`: spans reach fifty, and each field costs time."""
_LONGEST_LINE = 1 << 10
_MOST_TRAILERS = 100


class Refused(Exception):
    """Why a request is not taken; where it may come again, after how many seconds."""

    def __init__(self, status: HTTPStatus, why: str, retry: int = 0) -> None:
        super().__init__(why)
        self.status = status
        self.why = why
        self.retry = retry


def length(headers: Message) -> int | None:
    """The length that is declared, None for chunks; raises Refused."""
    lengths = headers.get_all("Content-Length", [])
    chunked = headers.get("Transfer-Encoding")
    if chunked is not None:
        if lengths or chunked.strip().lower() != "chunked":
            raise Refused(HTTPStatus.BAD_REQUEST, "either a length or chunks, and nothing else")
        return None
    if not lengths:
        raise Refused(HTTPStatus.LENGTH_REQUIRED, "a Content-Length is needed")
    if len(set(lengths)) > 1 or not lengths[0].isascii() or not lengths[0].strip().isdigit():
        raise Refused(HTTPStatus.BAD_REQUEST, "a Content-Length is one number")
    digits = lengths[0].strip().lstrip("0") or "0"
    if len(digits) > len(str(LARGEST)) or int(digits) > LARGEST:
        raise _too_large()
    return int(digits)


def copy(sent: io.BufferedReader, into: BinaryIO, size: int | None) -> None:
    """Take so many bytes, or all chunks; raises Refused, and ConnectionResetError where fewer come."""
    if size is None:
        _copy_chunks(sent, into)
    else:
        _copy(sent, into, size)


def inflated(body: BinaryIO, encoding: str) -> bytes:
    """The body as it was before it was compressed; raises Refused."""
    body.seek(0)
    if encoding != "gzip":
        return body.read()
    inflating, found, taken = zlib.decompressobj(zlib.MAX_WBITS | 16), bytearray(), 0
    try:
        while not inflating.eof and (piece := body.read(PIECE)):
            taken += len(piece)
            while piece and not inflating.eof:
                found += inflating.decompress(piece, LARGEST + 1 - len(found))
                if len(found) > LARGEST:
                    raise _too_large()
                if len(found) > max(_SUSPECT, _LARGEST_RATIO * taken):
                    raise Refused(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, f"it expands more than {_LARGEST_RATIO}-fold")
                piece = inflating.unconsumed_tail
    except zlib.error:
        raise Refused(HTTPStatus.BAD_REQUEST, "a body that is no gzip") from None
    if not inflating.eof or inflating.unused_data or body.read(1):
        raise Refused(HTTPStatus.BAD_REQUEST, "a body that is no whole gzip")
    return bytes(found)


def _copy(sent: io.BufferedReader, into: BinaryIO, size: int) -> None:
    while size:
        piece = sent.read1(min(size, PIECE))
        if not piece:
            raise ConnectionResetError
        into.write(piece)
        size -= len(piece)


def _copy_chunks(sent: io.BufferedReader, into: BinaryIO) -> None:
    total = 0
    while size := _chunk_size(sent.readline(_LONGEST_LINE)):
        total += size
        if total > LARGEST:
            raise _too_large()
        _copy(sent, into, size)
        if sent.readline(_LONGEST_LINE) not in (b"\r\n", b"\n"):
            raise Refused(HTTPStatus.BAD_REQUEST, "a chunk that is longer than it says")
    for _ in range(_MOST_TRAILERS):
        if sent.readline(_LONGEST_LINE) in (b"\r\n", b"\n", b""):
            return
    raise Refused(HTTPStatus.BAD_REQUEST, "too many trailers")


def _chunk_size(line: bytes) -> int:
    digits = line.partition(b";")[0].strip()
    if not digits or len(digits) > 8 or digits.strip(b"0123456789abcdefABCDEF"):
        raise Refused(HTTPStatus.BAD_REQUEST, "a chunk without its size")
    return int(digits, 16)


def _too_large() -> Refused:
    return Refused(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, f"more than {LARGEST} bytes; send smaller batches")
