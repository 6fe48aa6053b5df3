"""A comparison with a field that is absent, or null, is false, also one with `!=`; that is why root use hides so often.

CloudWatch Logs User Guide, "Filter pattern syntax": what is compared is a text, a number, or whether it is there.
Blind to: how CloudWatch compares true and false with a text; they are taken for the words.
"""

import json
import operator
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Protocol

import re2

_ABSENT = object()
_ORDERED: dict[str, Callable[[float, float], bool]] = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}


class Filter(Protocol):
    """A filter pattern that was read."""

    def matches(self, record: Any) -> bool:
        """Whether a log record, as JSON tells it, is counted; never raises."""


@dataclass(frozen=True, slots=True)
class Everything:
    """The empty pattern."""

    def matches(self, record: Any) -> bool:
        """See `Filter`."""
        return True


@dataclass(frozen=True, slots=True)
class Both:
    """`&&`, of two or more."""

    parts: tuple[Filter, ...]

    def matches(self, record: Any) -> bool:
        """See `Filter`."""
        return all(part.matches(record) for part in self.parts)


@dataclass(frozen=True, slots=True)
class Either:
    """`||`, of two or more."""

    parts: tuple[Filter, ...]

    def matches(self, record: Any) -> bool:
        """See `Filter`."""
        return any(part.matches(record) for part in self.parts)


@dataclass(frozen=True, slots=True)
class Selector:
    """`$.a.b[0].c`: names, positions, and None for `[*]`."""

    steps: tuple[str | int | None, ...]

    def values(self, record: Any) -> list[Any]:
        """What stands there: one value, none, or with `[*]` several."""
        return [one for one in self._walk(record, self.steps) if one is not _ABSENT]

    def _walk(self, value: Any, steps: tuple[str | int | None, ...]) -> Iterator[Any]:
        if not steps:
            yield value
            return
        step, rest = steps[0], steps[1:]
        if step is None:
            for one in value if isinstance(value, list) else ():
                yield from self._walk(one, rest)
        elif isinstance(step, int):
            inside = isinstance(value, list) and step < len(value)
            yield from self._walk(value[step], rest) if inside else (_ABSENT,)
        else:
            yield from self._walk(value[step], rest) if isinstance(value, Mapping) and step in value else (_ABSENT,)


@dataclass(frozen=True, slots=True)
class Presence:
    """`NOT EXISTS`, `IS NULL`, `IS TRUE` and `IS FALSE`."""

    selector: Selector
    asked: str

    def matches(self, record: Any) -> bool:
        """See `Filter`."""
        found = self.selector.values(record)
        if self.asked in ("EXISTS", "NOT EXISTS"):
            return bool(found) is (self.asked == "EXISTS")
        wanted = {"IS NULL": None, "IS TRUE": True, "IS FALSE": False}[self.asked]
        return any(one is wanted for one in found)


@dataclass(frozen=True, slots=True)
class Equality:
    """`=` and `!=` with a text in which `*` is any run of characters, or with a number."""

    selector: Selector
    literal: str
    number: float | None = None
    negated: bool = False

    def matches(self, record: Any) -> bool:
        """See `Filter`."""
        return any((self._is(one) is not self.negated) for one in self.selector.values(record) if comparable(one))

    def _is(self, value: Any) -> bool:
        if self.number is not None and isinstance(value, int | float) and not isinstance(value, bool):
            return value == self.number
        return wild(self.literal, text_of(value))


@dataclass(frozen=True, slots=True)
class Order:
    """`<`, `<=`, `>` and `>=`, of numbers only."""

    selector: Selector
    sign: str
    number: float

    def matches(self, record: Any) -> bool:
        """See `Filter`."""
        compare = _ORDERED[self.sign]
        found = self.selector.values(record)
        return any(compare(one, self.number) for one in found if type(one) in (int, float))


@dataclass(frozen=True)
class Expression:
    """`%...%`, searched anywhere in the text; without a selector, in the whole record."""

    pattern: str
    selector: Selector | None = None
    negated: bool = False

    @cached_property
    def _compiled(self) -> Any:
        return re2.compile(self.pattern)

    def matches(self, record: Any) -> bool:
        """See `Filter`."""
        found = self.selector.values(record) if self.selector else [message(record)]
        return any(
            (self._compiled.search(_encodable(text_of(one))) is not None) is not self.negated
            for one in found
            if comparable(one)
        )


@dataclass(frozen=True, slots=True)
class Terms:
    """Words that must all stand in the message, those of which one must, and those that must not."""

    all_of: tuple[str, ...] = ()
    one_of: tuple[str, ...] = ()
    none_of: tuple[str, ...] = ()

    def matches(self, record: Any) -> bool:
        """See `Filter`."""
        said = message(record)
        return (
            all(term in said for term in self.all_of)
            and (not self.one_of or any(term in said for term in self.one_of))
            and not any(term in said for term in self.none_of)
        )


def comparable(value: Any) -> bool:
    """Whether a value can be compared at all: an object, a list and null cannot."""
    return isinstance(value, str | int | float)


def text_of(value: Any) -> str:
    """A value as a text."""
    return value if isinstance(value, str) else json.dumps(value)


def message(record: Any) -> str:
    """A record as the line that was written; a text is one already."""
    return record if isinstance(record, str) else json.dumps(record, separators=(",", ":"), default=str)


def wild(pattern: str, text: str) -> bool:
    """Whether a text fits a pattern in which `*` is any run of characters; a few searches, whatever the pattern."""
    head, *rest = pattern.split("*")
    if not rest:
        return pattern == text
    if not text.startswith(head) or len(text) < len(head) + len(rest[-1]) or not text.endswith(rest[-1]):
        return False
    return _in_order(rest[:-1], text, len(head), len(text) - len(rest[-1]))


def _in_order(parts: Sequence[str], text: str, start: int, end: int) -> bool:
    for part in parts:
        at = text.find(part, start, end)
        if at < 0:
            return False
        start = at + len(part)
    return True


def _encodable(text: str) -> str:
    """Without lone surrogates, which the search of expressions refuses."""
    return text.encode("utf-8", "replace").decode()
