"""A set of callers is one integer, a bit for each: ten thousand of them are united in the time of a function call."""

from collections.abc import Iterable, Iterator
from typing import NamedTuple

_FEW = 32  # members that are found faster one by one than octet by octet
_PLACES = tuple(tuple(at for at in range(8) if octet >> at & 1) for octet in range(256))


class Doubted(NamedTuple):
    """A set known up to its doubts: who surely belongs to it, and who at least may; `sure` lies within `maybe`."""

    sure: int
    maybe: int

    def within(self, other: "Doubted") -> "Doubted":
        """Those who belong to both."""
        return Doubted(self.sure & other.sure, self.maybe & other.maybe)


NONE = Doubted(0, 0)


def either(one: Doubted, other: Doubted) -> Doubted:
    """Those who belong to one of both."""
    return Doubted(one.sure | other.sure, one.maybe | other.maybe)


def bits_of(numbers: Iterable[int]) -> int:
    """The set of these numbers."""
    listed = list(numbers)
    if not listed:
        return 0
    if len(listed) == 1:
        return 1 << listed[0]
    filled = bytearray(max(listed) // 8 + 1)
    for number in listed:
        filled[number >> 3] |= 1 << (number & 7)
    return int.from_bytes(filled, "little")


def numbers_in(bits: int) -> Iterator[int]:
    """The numbers in a set, ascending."""
    if bits.bit_count() <= _FEW:
        while bits:
            low = bits & -bits
            yield low.bit_length() - 1
            bits ^= low
        return
    for at, octet in enumerate(bits.to_bytes((bits.bit_length() + 7) // 8, "little")):
        yield from (at * 8 + place for place in _PLACES[octet])
