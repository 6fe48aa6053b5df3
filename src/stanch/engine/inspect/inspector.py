"""A model gives away what it was shown or trained on, one answer at a time: each answer can be looked into.

One pass of Hyperscan over the text finds where something could begin; checks at those places decide. Precision comes
first: a leak that nobody believes is not looked at twice.

Blind to: text in pictures, what is encoded, encrypted or spelled out, and a value far from the word that names it.
"""

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from typing import Any, NamedTuple, Protocol

from stanch.engine.inspect.engine import Automaton
from stanch.engine.inspect.leak import CANARY, SECRET, Found, Leak, digest, masked
from stanch.engine.inspect.pattern import Pattern
from stanch.engine.inspect.rules import Rule, Span, rules

MOST_LOOKED_AT = 5000
"""Places of one kind in one text that are looked at: a text with more is a dump, or hostile."""
_LEAST_SALT = 16
_STRONG = 0.9


class CanaryHit(Protocol):
    """A canary that a text holds: where it was planted."""

    @property
    def place(self) -> str:
        """Where it was planted."""

    @property
    def kind(self) -> str:
        """What it is."""

    @property
    def fuzzy(self) -> bool:
        """Whether it was changed on its way."""


Canaries = Callable[[str], Iterable[CanaryHit]]


class Echoes(Protocol):
    """What knows other texts by their fingerprints."""

    def found(self, text: str, salt: bytes) -> Iterable[Leak]:
        """The passages of those texts that this one repeats, offsets in characters."""


class _Match(NamedTuple):
    pattern: Pattern
    validated: bool
    span: Span

    @property
    def rank(self) -> tuple[bool, float, int]:
        return self.validated, self.pattern.confidence, self.span.end - self.span.start


class Inspector:
    """Looks for what an answer must not hold. Compiled once; threads may share it, and it travels to processes."""

    def __init__(
        self,
        patterns: Iterable[Pattern],
        *,
        salt: bytes,
        canaries: Canaries | None = None,
        echoes: Sequence[Echoes] = (),
        automaton: bytes | None = None,
    ) -> None:
        """`salt` keys the hashes of what is found: random, at least 16 bytes, and never written beside them.

        `automaton` is what `compiled` gave for the very same patterns; raises ValueError where it cannot be used.
        """
        if len(salt) < _LEAST_SALT:
            raise ValueError(f"a salt of {len(salt)} bytes can be guessed; give at least {_LEAST_SALT}")
        self._patterns = tuple(patterns)
        self._salt = salt
        self._canaries = canaries
        self._echoes = tuple(echoes)
        self._rules: dict[int, tuple[Rule, ...]] = {}
        expressions = self._gathered()
        self._automaton = Automaton.from_bytes(automaton) if automaton else Automaton.of(expressions)

    def _gathered(self) -> list[tuple[str, bool]]:
        """The distinct expressions; the rules of each are kept under its number."""
        sharing: dict[tuple[str, bool], list[Rule]] = {}
        for pattern in self._patterns:
            for rule in rules(pattern):
                sharing.setdefault(rule.expression, []).append(rule)
        self._rules = {number: tuple(each) for number, each in enumerate(sharing.values())}
        return list(sharing)

    def __getstate__(self) -> dict[str, Any]:
        return {
            "patterns": self._patterns,
            "salt": self._salt,
            "canaries": self._canaries,
            "echoes": self._echoes,
            "automaton": self.compiled(),
        }

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__init__(**state)  # type: ignore[misc]

    def compiled(self) -> bytes:
        """The patterns as they are searched for, to be kept: compiling takes far longer than scanning."""
        return self._automaton.to_bytes()

    def inspect(self, text: str | bytes) -> Found:
        """Everything that this text gives away."""
        data = text.encode("utf-8", "surrogatepass") if isinstance(text, str) else text
        matches, cut = self._matches(data)
        leaks = [self._told(match, data) for match in _without_overlaps(matches)]
        if isinstance(text, str) and len(data) != len(text):
            leaks = list(_in_characters(leaks, data))
        if self._canaries or self._echoes:
            read = text if isinstance(text, str) else text.decode("utf-8", "surrogateescape")
            more = [*self._planted(read), *(leak for each in self._echoes for leak in each.found(read, self._salt))]
            leaks += more if isinstance(text, str) else _in_bytes(more, read)
            leaks.sort(key=lambda leak: leak.offset)
        return Found(tuple(leaks), cut)

    __call__ = inspect

    def _matches(self, data: bytes) -> tuple[list[_Match], tuple[str, ...]]:
        matches: dict[tuple[str, Span], _Match] = {}
        looked: Counter[str] = Counter()
        for number, end in self._automaton.ends(data, MOST_LOOKED_AT + 1):
            for rule in self._rules[number]:
                pattern = rule.pattern
                looked[pattern.kind] += 1
                if looked[pattern.kind] > MOST_LOOKED_AT:
                    continue
                for span in rule.read(data, end):
                    matches[pattern.kind, span] = _Match(pattern, bool(pattern.check), span)
        return list(matches.values()), tuple(sorted(kind for kind, many in looked.items() if many > MOST_LOOKED_AT))

    def _told(self, match: _Match, data: bytes) -> Leak:
        value = data[match.span.start : match.span.end]
        pattern = match.pattern
        return Leak(
            kind=pattern.kind,
            category=pattern.category,
            masked=masked(value) if pattern.category == SECRET else "",
            digest=digest(value if pattern.category == SECRET else _plainly(value), self._salt),
            offset=match.span.start,
            length=len(value),
            confidence=0.99 if match.validated and pattern.confidence >= _STRONG else pattern.confidence,
            validated=match.validated,
        )

    def _planted(self, text: str) -> Iterator[Leak]:
        if self._canaries is None:
            return
        for hit in self._canaries(text):
            about = digest(hit.place.encode("utf-8", "surrogatepass"), self._salt)
            yield Leak(hit.kind, CANARY, "", about, 0, 0, 0.95 if hit.fuzzy else 1.0, not hit.fuzzy, hit.place)


def _without_overlaps(matches: Iterable[_Match]) -> list[_Match]:
    """Of two that overlap the better: verified before believed, then the surer, then the longer."""
    kept: list[_Match] = []
    for match in sorted(matches, key=lambda match: match.span):
        while kept and kept[-1].span.end > match.span.start and kept[-1].rank < match.rank:
            kept.pop()
        if not kept or kept[-1].span.end <= match.span.start:
            kept.append(match)
    return kept


def _plainly(value: bytes) -> bytes:
    """A number or address as everybody would write it: the same person's is the same, whatever groups it has."""
    return re.sub(rb"[\s()/.-]|\xc2\xa0|\xe2\x80\xaf", b"", value).upper()


def _in_characters(leaks: Iterable[Leak], data: bytes) -> Iterator[Leak]:
    """The same with offsets in characters; leaks come in order, so each byte is counted once."""
    at = characters = 0
    for leak in leaks:
        characters += _characters(data, at, leak.offset)
        at = leak.offset
        yield replace(leak, offset=characters, length=_characters(data, at, at + leak.length))


def _characters(data: bytes, start: int, end: int) -> int:
    return len(data[start:end].decode("utf-8", "surrogatepass"))


def _in_bytes(leaks: Iterable[Leak], text: str) -> Iterator[Leak]:
    at = size = 0
    for leak in sorted(leaks, key=lambda leak: leak.offset):
        size += len(text[at : leak.offset].encode("utf-8", "surrogateescape"))
        at = leak.offset
        length = len(text[at : at + leak.length].encode("utf-8", "surrogateescape"))
        yield replace(leak, offset=size, length=length)
