"""In an IAM policy `*` is any run of characters, also none, and `?` is exactly one; nothing else is special.

Between two `*` a run of literals fits where it is found first, so a pattern without `?` is a few searches. One with `?`
is run as a bit-parallel automaton: a step for each character of the value, on one integer of a bit for each of the
pattern. No pattern, however hostile, makes either backtrack; ten thousand characters against ten thousand take
milliseconds.
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
"""A run of literal characters, or one wildcard; in a pattern no two runs follow each other."""

_WILD = re.compile("([*?])")
_WORTH_KEEPING = 256  # characters; a longer pattern is rare or hostile, and its masks would fill the cache


def tokens(pattern: str) -> tuple[Token, ...]:
    """Split a pattern as written in a policy into literal runs and wildcards."""
    return tuple(Wild(part) if part in ("*", "?") else part for part in _WILD.split(pattern) if part)


def joined(parts: Iterable[Token]) -> tuple[Token, ...]:
    """Make a pattern of parts, of which some may be empty and some literals neighbours."""
    found: list[Token] = []
    for part in parts:
        if isinstance(part, str) and found and isinstance(last := found[-1], str):
            found[-1] = last + part
        elif part:
            found.append(part)
    return tuple(found)


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
    if Wild.ONE not in pattern:
        return _search([token for token in pattern if isinstance(token, str)], pattern[-1] is Wild.ANY, value)
    masks = _kept_masks(pattern) if length <= _WORTH_KEEPING else _masks(pattern)
    return _run(masks, value)


def _search(runs: list[str], open_ended: bool, value: str) -> bool:
    """Whether the literals, each after any run of characters, follow one another in the value."""
    end = len(value)
    if not open_ended:
        last = runs.pop()
        if not value.endswith(last):
            return False
        end -= len(last)
    start = 0
    for run in runs:
        found = value.find(run, start, end)
        if found < 0:
            return False
        start = found + len(run)
    return start <= end


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


class Patterns:
    """Patterns of which any may fit, sorted once by how they are tried: most are literal, or end in their only `*`."""

    __slots__ = ("_everything", "_literals", "_others", "_prefixes")

    def __init__(self, patterns: Iterable[tuple[Token, ...]]) -> None:
        literals: list[str] = []
        prefixes: list[str] = []
        others: list[tuple[Token, ...]] = []
        self._everything = False
        for pattern in patterns:
            match pattern:
                case ():
                    literals.append("")
                case (Wild.ANY,):
                    self._everything = True
                case (str() as literal,):
                    literals.append(literal)
                case (str() as prefix, Wild.ANY):
                    prefixes.append(prefix)
                case _:
                    others.append(pattern)
        self._literals, self._prefixes, self._others = frozenset(literals), tuple(prefixes), tuple(others)

    def fit(self, value: str) -> bool:
        """Whether one of them fits the whole of `value`."""
        if self._everything or value in self._literals or value.startswith(self._prefixes):
            return True
        for pattern in self._others:  # noqa: SIM110 - a generator costs more than most patterns
            if match_tokens(pattern, value):
                return True
        return False
