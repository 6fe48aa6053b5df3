"""What a rule looks for is mostly nowhere in an event: where it is no part of the JSON, nothing need be opened.

Exact in one direction: a text that a value must hold stands in the JSON as it is, unless that escapes characters. Text
in a rule also meets a number or a boolean by its text, and of a number JSON has several spellings: what could be one is
no needle.
"""

from collections.abc import Iterable, Sequence

from stanch.engine.sigma.tree import OneOf, Text, Value

Needles = frozenset[str] | None
"""Case-folded texts of which any event that matches holds one; None where nothing of the kind is known."""

_OF_NUMBERS = frozenset("0123456789+-.einfatrusl")
"""The characters that numbers and booleans are written with."""


def needles_of(value: Value) -> Needles:
    """The needles of a value that a rule asks of one field."""
    match value:
        case OneOf(folded):
            found = folded
        case Text(parts):
            found = frozenset(sorted((part.casefold() for part in parts if isinstance(part, str)), key=len)[-1:])
        case _:
            return None
    return None if not found or any(map(_OF_NUMBERS.issuperset, found)) else found


def of_all(several: Iterable[Needles]) -> Needles:
    """The needles where all of several conditions must hold: the fewest."""
    return min((some for some in several if some is not None), key=len, default=None)


def of_any(several: Sequence[Needles]) -> Needles:
    """The needles where one of several conditions must hold."""
    some = [each for each in several if each is not None]
    return frozenset().union(*some) if some and len(some) == len(several) else None


def absent(needles: frozenset[str], json: bytes) -> bool:
    """Whether none of them is in a piece of JSON; never of one that escapes characters, or is no text."""
    if b"\\" in json:
        return False
    try:
        text = json.decode().casefold()
    except UnicodeDecodeError:
        return False
    return not any(map(text.__contains__, needles))
