"""To find one number among a million, or where a piece of text lies, is one call to numpy, which takes long to load."""

from array import array

import msgspec
import numpy as np

_AT_ONCE = 1 << 23
"""Bytes that are held at once while one file is read: several batches, and what is made of them."""


def hold_on() -> None:
    """Keep the memory of one batch for the next.

    The C library gives back what was freed once it is more than it ever saw freed in one piece, and then takes it
    anew from the kernel, page by page, for the next batch. This is such a piece.
    """
    bytearray(_AT_ONCE)


def address(what: bytes | msgspec.Raw) -> int:
    """Where in memory it lies."""
    return int(np.frombuffer(what, np.uint8).ctypes.data)


def repeats(numbers: "array[int]") -> bool:
    """Whether any number stands twice."""
    ordered = np.sort(np.frombuffer(numbers, np.int64))
    return bool((ordered[1:] == ordered[:-1]).any())
