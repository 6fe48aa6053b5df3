"""A log's values are compared as logged: text with text, number with number, and never with an error.

What a rule's value meets, by the type that was logged:

- text in the rule: text, case folded (Unicode) unless `cased`; a number or boolean by its JSON text, so `'true'` meets
  both `true` and `"true"`. A text that may stand anywhere (`contains`) also looks at the leaves of a logged object.
- number in the rule: an equal number, or a text that is that number in plain decimal (`"443"`).
- boolean in the rule: that boolean, or the text `true` / `false` in any case.
- null is neither text nor number; only `null` and `exists` ask for it.

A value of any other type does not match.
"""

import operator
import re
from collections.abc import Callable
from datetime import UTC, datetime
from functools import lru_cache
from ipaddress import IPv4Address, IPv6Address, ip_address
from typing import Any, assert_never

from stanch.engine.fields import leaves
from stanch.engine.sigma.regex import searcher
from stanch.engine.sigma.tree import (
    Clocked,
    Compared,
    Network,
    Number,
    OneOf,
    Order,
    Part,
    Regex,
    Text,
    Truth,
    Value,
    Wild,
)

Test = Callable[[Any], bool]

LONGEST_INTEGER = 4096  # bits; beyond, Python refuses to print one, and no service logs one
LONGEST_ADDRESS = 64
TESTS = 1 << 15
"""How many tests are kept compiled: those of some ten thousand rules."""

ORDERS: dict[Order, Callable[[Any, Any], bool]] = {
    Order.EQ: operator.eq,
    Order.NEQ: operator.ne,
    Order.LT: operator.lt,
    Order.LTE: operator.le,
    Order.GT: operator.gt,
    Order.GTE: operator.ge,
}

_DECIMAL = re.compile(r"-?(?:0|[1-9][0-9]{0,17})(?:\.[0-9]{1,18})?")


def text_of(value: Any) -> str | None:
    """A scalar's text as JSON would write it, a string's being itself; None for null, objects, and anything else."""
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(value) if value.bit_length() <= LONGEST_INTEGER else None
    return repr(value) if isinstance(value, float) else None


def number_of(value: Any) -> int | float | None:
    """A number, or the one a text writes in plain decimal (no sign `+`, exponent or leading zero); None otherwise."""
    if isinstance(value, bool):
        return None
    if isinstance(value, int | float):
        return value
    if isinstance(value, str) and _DECIMAL.fullmatch(value):
        return float(value) if "." in value else int(value)
    return None


@lru_cache(maxsize=TESTS)
def test_of(value: Value) -> Test:
    """The test whether one logged value is the one a rule wants; compiled once, however many rules want it."""
    match value:
        case Text():
            return _text_test(value)
        case OneOf(folded):
            return _one_of(folded)
        case Number(number):
            return lambda logged: number_of(logged) == number
        case Truth(truth):
            return _truth(truth)
        case Regex(pattern):
            return _regex(pattern)
        case Network(network):
            return lambda logged: isinstance(logged, str) and (at := _address(logged)) is not None and at in network
        case Compared(order, number):
            return _compared(order, number)
        case Clocked(part, order, number):
            return _clocked(part, order, number)
        case _:
            assert_never(value)


def _text_test(wanted: Text) -> Test:
    matches = _matcher(wanted.parts if wanted.cased else _folded(wanted.parts))

    def cased(logged: Any) -> bool:
        text = text_of(logged)
        return text is not None and matches(text)

    def folding(logged: Any) -> bool:
        text = text_of(logged)
        return text is not None and matches(text.casefold())

    plain = cased if wanted.cased else folding
    return _also_within(plain) if wanted.inside else plain


def _also_within(plain: Test) -> Test:
    """`requestParameters|contains` names an object and means what is in it."""

    def test(logged: Any) -> bool:
        return any(map(plain, leaves(logged))) if isinstance(logged, dict) else plain(logged)

    return test


def _folded(parts: tuple[str | Wild, ...]) -> tuple[str | Wild, ...]:
    return tuple(part.casefold() if isinstance(part, str) else part for part in parts)


def _matcher(parts: tuple[str | Wild, ...]) -> Callable[[str], bool]:
    """The quickest exact matcher of a text with wildcards."""
    match parts:
        case ():
            return lambda text: not text
        case (str(literal),):
            return lambda text: text == literal
        case (Wild.ANY,):
            return lambda text: True
        case (str(head), Wild.ANY):
            return lambda text: text.startswith(head)
        case (Wild.ANY, str(tail)):
            return lambda text: text.endswith(tail)
        case (Wild.ANY, str(middle), Wild.ANY):
            return lambda text: middle in text
        case _:
            return _glob(parts)


def _glob(parts: tuple[str | Wild, ...]) -> Callable[[str], bool]:
    """Match runs between `*` one after the other, leftmost first: exact, and no `*` is ever tried twice."""
    runs: list[str] = [""]
    for part in parts:
        if part is Wild.ANY:
            runs.append("")
        else:
            runs[-1] += "." if part is Wild.ONE else re.escape(str(part))
    if len(runs) == 1:
        whole = re.compile(runs[0], re.DOTALL)
        return lambda text: whole.fullmatch(text) is not None
    head, *middle, tail = (re.compile(run, re.DOTALL) for run in runs)
    # Each run matches texts of one length only, so where the tail must begin is known beforehand.
    tail_length = sum(1 if part is Wild.ONE else len(str(part)) for part in _after_last_star(parts))

    def test(text: str) -> bool:
        found = head.match(text)
        last = len(text) - tail_length
        for run in middle:
            if found is None:
                return False
            found = run.search(text, found.end(), max(last, 0))
        return found is not None and found.end() <= last and tail.match(text, last) is not None

    return test


def _after_last_star(parts: tuple[str | Wild, ...]) -> tuple[str | Wild, ...]:
    return parts[max(at for at, part in enumerate(parts) if part is Wild.ANY) + 1 :]


def _one_of(folded: frozenset[str]) -> Test:
    def test(logged: Any) -> bool:
        text = text_of(logged)
        return text is not None and text.casefold() in folded

    return test


def _truth(truth: bool) -> Test:
    word = "true" if truth else "false"

    def test(logged: Any) -> bool:
        return logged is truth or (isinstance(logged, str) and logged.casefold() == word)

    return test


def _regex(pattern: str) -> Test:
    found = searcher(pattern)

    def test(logged: Any) -> bool:
        text = text_of(logged)
        return text is not None and found(text)

    return test


def _compared(order: Order, wanted: int | float) -> Test:
    holds = ORDERS[order]

    def test(logged: Any) -> bool:
        number = number_of(logged)
        return number is not None and holds(number, wanted)

    return test


def _clocked(part: Part, order: Order, wanted: int | float) -> Test:
    holds = ORDERS[order]

    def test(logged: Any) -> bool:
        number = _part_of(logged, part)
        return number is not None and holds(number, wanted)

    return test


def _part_of(logged: Any, part: Part) -> int | None:
    if not isinstance(logged, str):
        return None
    try:
        time = datetime.fromisoformat(logged)
        time = time.astimezone(UTC) if time.tzinfo else time  # a time without a zone is UTC: AWS logs no other
    except (ValueError, OverflowError):
        return None
    if part is Part.WEEK:
        return time.isocalendar().week
    number: int = getattr(time, part.value)
    return number


@lru_cache(maxsize=65536)
def _parsed_address(text: str) -> IPv4Address | IPv6Address | None:
    try:
        return ip_address(text)
    except ValueError:  # "AWS Internal", "s3.amazonaws.com": a service called
        return None


def _address(text: str) -> IPv4Address | IPv6Address | None:
    return _parsed_address(text) if len(text) <= LONGEST_ADDRESS else None
