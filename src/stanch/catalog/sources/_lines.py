"""A log line is text that anybody on the internet helped to write: no byte in it may hide it, or the lines after it.

A user agent that is no UTF-8, a NUL, a line of a gigabyte: each is read, or told, and the next line is read.
"""

from collections.abc import Iterator
from typing import Protocol

from stanch.catalog.sources._json import BOM
from stanch.catalog.sources._unreadable import Unreadable

LONGEST = 1 << 17
"""Bytes of one line; what S3 and load balancers write stays far below."""


class Lined(Protocol):
    """Whatever hands over one line after the other."""

    def readline(self, size: int = -1, /) -> bytes:
        """The next line, or as much of it as `size` bytes; empty at the end."""


def lines(stream: Lined, longest: int = LONGEST) -> Iterator[tuple[int, str | Unreadable]]:
    r"""The lines that are not empty, with their numbers from 1, the last one also where no newline ends it.

    A line of more bytes than `longest` is told. Bytes that are no UTF-8 come as `\xff`, a NUL as `\x00`.
    """
    number = 0
    while line := stream.readline(longest):
        number += 1
        if len(line) == longest and not line.endswith(b"\n"):
            while (rest := stream.readline(LONGEST)) and not rest.endswith(b"\n"):
                pass
            yield number, Unreadable(f"a line longer than {longest} bytes")
            continue
        text = line.removeprefix(BOM) if number == 1 else line
        if text := text.rstrip(b"\r\n"):
            yield number, text.decode("utf-8", "backslashreplace").replace("\0", "\\x00")
