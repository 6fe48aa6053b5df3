"""In an IAM policy `*` is any run of characters, also none, and `?` is exactly one; nothing else is special.

A pattern of m characters is run against a value of n as a bit-parallel automaton: n steps, each on one integer of m
bits. No pattern, however hostile, makes it backtrack; ten thousand characters against ten thousand take milliseconds.
"""

import re
from collections.abc import Iterable
from enum import Enum
from functools import lru_cache


class Wild(Enum):
    """The two special characters, told apart from the literal `*` and `?` that a substituted variable may bring in."""

    ANY = "*"
    ONE = "?"


Token = str | Wild
"""A run of literal characters, or one wildcard."""

_WILD = re.compile("([*?])")
_WORTH_KEEPING = 256  # characters; a longer pattern is rare or hostile, and its masks would fill the cache


def tokens(pattern: str) -> tuple[Token, ...]:
    """Split a pattern as written in a policy into literal runs and wildcards."""
    return tuple(Wild(part) if part in ("*", "?") else part for part in _WILD.split(pattern) if part)


def match_wildcard(pattern: str, value: str, *, case_sensitive: bool = True) -> bool:
    """Tell whether the whole of `value` fits `pattern`."""
    if not case_sensitive:
        pattern, value = pattern.lower(), value.lower()
    if pattern == "*" or pattern == value:
        return True
    return match_tokens(tokens(pattern), value)


def match_tokens(pattern: tuple[Token, ...], value: str) -> bool:
    """Tell whether the whole of `value` fits a pattern whose literals and wildcards are already told apart."""
    if pattern and isinstance(head := pattern[0], str):
        # Nearly every ARN that does not match differs before the first wildcard.
        if not value.startswith(head):
            return False
        value, pattern = value[len(head) :], pattern[1:]
    if not pattern:
        return not value
    if pattern == (Wild.ANY,):
        return True
    length = sum(len(token) if isinstance(token, str) else token is Wild.ONE for token in pattern)
    if length > len(value):
        return False
    masks = _kept_masks(pattern) if length <= _WORTH_KEEPING else _masks(pattern)
    return _run(masks, value)


class _Masks:
    """A pattern as bit sets over its positions: each character's, those of `?`, those where `*` lets one stay."""

    __slots__ = ("accepting", "anything", "literals", "stays")

    def __init__(self, literals: dict[str, int], anything: int, stays: int, accepting: int) -> None:
        self.literals, self.anything, self.stays, self.accepting = literals, anything, stays, accepting


def _run(masks: _Masks, value: str) -> bool:
    states = 1
    for character in value:
        matched = states & (masks.literals.get(character, 0) | masks.anything)
        states = matched << 1 | states & masks.stays
        if not states:
            return False
    return bool(states & masks.accepting)


def _masks(pattern: tuple[Token, ...]) -> _Masks:
    literals: dict[str, list[int]] = {}
    anything: list[int] = []
    stays: list[int] = []
    position = 0
    for token in pattern:
        if token is Wild.ANY:
            stays.append(position)
        elif token is Wild.ONE:
            anything.append(position)
            position += 1
        elif isinstance(token, str):
            for character in token:
                literals.setdefault(character, []).append(position)
                position += 1
    return _Masks({c: _bits(at) for c, at in literals.items()}, _bits(anything), _bits(stays), 1 << position)


_kept_masks = lru_cache(maxsize=1024)(_masks)


def _bits(positions: Iterable[int]) -> int:
    bits = 0
    for position in positions:
        bits |= 1 << position
    return bits
