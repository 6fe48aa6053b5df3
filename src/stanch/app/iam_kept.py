"""The same policies stand in many cases: what was read of a text is kept, up to a number of bytes of such texts."""

from collections import OrderedDict
from collections.abc import Callable
from typing import Generic, TypeVar

Read = TypeVar("Read")


class Kept(Generic[Read]):
    """What `read` makes of a text, worked out once; the longest unused are let go, and errors are not kept.

    budget: bytes of text. A policy made ready takes about ten times its text.
    """

    def __init__(self, read: Callable[[bytes, str], Read], budget: int) -> None:
        self._read, self._budget = read, budget
        self._known: OrderedDict[tuple[bytes, str], Read] = OrderedDict()
        self._bytes = 0

    def __call__(self, text: bytes, key: str) -> Read:
        """Read a text; what is made of it may depend on the key."""
        place = text, key
        known = self._known.get(place)
        if known is not None:
            self._known.move_to_end(place)
            return known
        found = self._known[place] = self._read(text, key)
        self._bytes += len(text)
        while self._bytes > self._budget:
            (dropped, _), _ = self._known.popitem(last=False)
            self._bytes -= len(dropped)
        return found
