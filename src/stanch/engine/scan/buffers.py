"""To find one number among a million, or where a piece of text lies, is one call to numpy, which takes long to load."""

from array import array

import msgspec
import numpy as np


def address(what: bytes | msgspec.Raw) -> int:
    """Where in memory it lies."""
    return int(np.frombuffer(what, np.uint8).ctypes.data)


def repeats(numbers: "array[int]") -> bool:
    """Whether any number stands twice."""
    ordered = np.sort(np.frombuffer(numbers, np.int64))
    return bool((ordered[1:] == ordered[:-1]).any())
