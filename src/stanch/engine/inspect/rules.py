"""Where the automaton saw a head or a word, an ordinary expression reads on: exactly there, and not far."""

import re
from collections.abc import Iterator
from math import log2
from typing import NamedTuple

from stanch.engine.inspect.checks import Check
from stanch.engine.inspect.heads import width
from stanch.engine.inspect.leak import PERSONAL, SECRET
from stanch.engine.inspect.pattern import Pattern

CONTEXT = 80
"""Bytes on either side within which a word of the context must stand."""
BACK = 34
"""Bytes before a word within which a value may begin."""
LONGEST = 600
_LEAST_ENTROPY = 0.55
_RANDOM = 16

_MADE_UP = re.compile(
    rb"example|placeholder|changeme|change_me|redacted|your[_-]|[_-]here|dummy|x{6}|\*{4}|\.{3}|0{8}|"
    rb"1234567|abcdefg|a1b2c3d4|deadbeef|lorem|insert[_-]|\$\{|<[a-z_ -]+>|"
    # of the manuals of Stripe, JSON Web Token and the Azure storage emulator
    rb"4eC39HqLyjWDarjtT1zdp7dc|SflKxwRJSMeKKF2QT4fw|Eby8vdM02xNOcqFlqUwJ",
    re.IGNORECASE,
)
_ENDED = re.compile(rb"[;\n|]")
"""What parts a number from a word that begins something else."""
_SPACE = re.compile(r"(\[[^\]]*\])| ")
_CREDENTIAL = re.compile(rb"key|token|secret|passw|pwd|auth|cred|bearer|sas|_pat\b", re.IGNORECASE)


class Span(NamedTuple):
    """Where a leak lies, in bytes."""

    start: int
    end: int


class Head:
    """A shape that is known by itself, found by one of its heads."""

    def __init__(self, pattern: Pattern, head: str) -> None:
        self.pattern = pattern
        self.expression = (head, pattern.exact)
        self._width = width(head)
        left, right = pattern.edges
        self._whole = re.compile(f"{head}{pattern.tail}{right}".encode(), 0 if pattern.exact else re.IGNORECASE)
        self._left = re.compile(left.encode())
        self._before = pattern.before
        self._chars = _members(pattern.before.chars) if pattern.before else b""
        self._check = pattern.verify()
        self._context = _any(tuple(_written(word, pattern.category) for word in pattern.context))
        self._random = pattern.category == SECRET

    def read(self, data: bytes, end: int) -> Iterator[Span]:
        """The match of which this is the head, if it is one."""
        start = end - self._width
        match = self._whole.match(data, start)
        if match is None:
            return
        if self._before:
            reach = data[max(0, start - self._before.most) : start]
            back = len(reach) - len(reach.rstrip(self._chars))
            if back < self._before.least:
                return
            start -= back - (back > self._before.least and _ends_escape(data, start - back))
        if not self._left.match(data, start):
            return
        span = Span(*match.span("value")) if "value" in match.re.groupindex else Span(start, match.end())
        if self._context and not self._context.search(data, max(0, start - CONTEXT), match.end() + CONTEXT):
            return
        if _holds(data[span.start : span.end], self._check, self._random):
            yield span


class Word:
    """A value that could be anything, found by a word that says what it is."""

    def __init__(self, pattern: Pattern, word: str) -> None:
        self.pattern = pattern
        self.expression = (_written(word, pattern.category), False)
        left, right = pattern.edges
        flags = 0 if pattern.exact else re.IGNORECASE
        self._value = re.compile(f"{left}(?:{pattern.value}){right}".encode(), flags)
        self._check = pattern.verify()
        self._around = pattern.around
        self._random = pattern.category == SECRET
        self._length = 40
        self._gap = pattern.gap

    def read(self, data: bytes, end: int) -> Iterator[Span]:
        """The values that stand near this word."""
        begin = max(0, end - BACK - self._length) if self._around else end
        for match in self._value.finditer(data, begin, end + self._gap + LONGEST):
            if match.start() > end + self._gap:
                return
            if not self._around and not _CREDENTIAL.search(data, max(0, end - self._length), match.start()):
                continue
            if self._around and _ENDED.search(data, match.end(), end):
                continue
            if _holds(match[0], self._check, self._random):
                yield Span(*match.span())
            if not self._around:
                return


Rule = Head | Word


def rules(pattern: Pattern) -> Iterator[Rule]:
    """One for each head or word of a pattern."""
    yield from (Head(pattern, head) for head in pattern.heads)
    yield from (Word(pattern, word) for word in pattern.words)


def _holds(value: bytes, check: Check | None, random: bool) -> bool:
    if random and (_MADE_UP.search(value) or _monotonous(value)):
        return False
    return check is None or check(value)


def _monotonous(value: bytes) -> bool:
    """Whether a value that should be random repeats itself more than chance would."""
    if len(value) < _RANDOM:
        return False
    counts = (value.count(byte) / len(value) for byte in set(value[:LONGEST]))
    return -sum(share * log2(share) for share in counts) < _LEAST_ENTROPY * log2(min(len(value), 64))


def _members(chars: str) -> bytes:
    within = re.compile(f"[{chars}]".encode())
    return bytes(byte for byte in range(256) if within.match(bytes([byte])))


def _written(word: str, category: str) -> str:
    """A word as a person writes it and as a key of JSON or a column has it: `tax id`, `tax_id`, `taxId`."""
    if category == PERSONAL:
        word = _SPACE.sub(lambda found: found[1] or "[ _-]?", word)
    return word.replace(r"\b", r"(?:\b|_|\\[nrt])")


def _ends_escape(data: bytes, start: int) -> bool:
    """Whether what begins here begins with the letter of an escaped line break."""
    return data[start - 1 : start] == b"\\" and data[start : start + 1] in {b"n", b"r", b"t"}


def _any(words: tuple[str, ...]) -> re.Pattern[bytes] | None:
    return re.compile("|".join(words).encode(), re.IGNORECASE) if words else None
