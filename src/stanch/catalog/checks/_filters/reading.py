"""A filter pattern is JSON's in braces, a line's fields in brackets, and words that must occur otherwise.

CloudWatch Logs User Guide, "Filter pattern syntax for metric filters, subscription filters, filter log events".
"""

import re
from functools import lru_cache

import re2

from stanch.catalog.checks._filters.matching import (
    Both,
    Either,
    Equality,
    Everything,
    Expression,
    Filter,
    Order,
    Presence,
    Selector,
    Terms,
)

LONGEST = 1024
"""Characters of a pattern: AWS takes no more."""
_DEEPEST = 50
_WORD = re.compile(
    r"""\s*(?:(?P<mark>&&|\|\||\(|\))|(?P<sign>!=|<=|>=|=|<|>)|(?P<field>\$(?:\.?\[[^\]]*\]|\.[\w:-]+)+)"""
    r"""|"(?P<quoted>(?:[^"\\]|\\.)*)"|%(?P<regex>[^%]*)%|(?P<bare>[^\s()&|=<>!"%]+))"""
)
_STEP = re.compile(
    r"""\.?\[(?:(?P<number>\d{1,9})|(?P<any>\*)|'(?P<single>[^']*)'|"(?P<double>[^"]*)")\]|\.(?P<name>[\w:-]+)"""
)
_NUMBER = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d{1,3})?")
_TERM = re.compile(r"""(?P<how>[?-]?)(?:"(?P<quoted>(?:[^"\\]|\\.)*)"|%(?P<regex>[^%]*)%|(?P<bare>\S+))""")
Token = tuple[str, str]


class FilterError(ValueError):
    """The text is no pattern that counts a record of JSON; the message says why."""


@lru_cache(maxsize=4096)
def parse(pattern: str) -> Filter:
    """Read a filter pattern; raises FilterError."""
    text = pattern.strip()
    if len(pattern) > LONGEST:
        raise FilterError(f"it has {len(pattern)} characters, and AWS takes {LONGEST}")
    if not text:
        return Everything()
    if text.startswith("["):
        raise FilterError("it is for lines with fields between spaces, and a record of CloudTrail is JSON")
    if not text.startswith("{"):
        return _terms(text)
    if not text.endswith("}"):
        raise FilterError("its closing brace is missing")
    inside = text[1:-1].strip()
    return _Reader(_tokens(inside)).whole() if inside else Everything()


def _terms(text: str) -> Filter:
    sorted_: dict[str, list[str]] = {"": [], "?": [], "-": []}
    parts: list[Filter] = []
    for found in _TERM.finditer(text):
        if found["regex"] is not None:
            parts.append(_expression(found["regex"], None, negated=found["how"] == "-"))
        else:
            term = found["bare"] if found["quoted"] is None else _unescaped(found["quoted"])
            sorted_[found["how"]].append(term)
    terms = Terms(tuple(sorted_[""]), tuple(sorted_["?"]), tuple(sorted_["-"]))
    return Both((terms, *parts)) if parts else terms


def _tokens(text: str) -> list[Token]:
    found, at = [], 0
    while at < len(text):
        word = _WORD.match(text, at)
        if word is None:
            if not text[at:].strip():
                break
            raise FilterError(f"nobody can read {text[at : at + 20]!r} in it")
        kind = str(word.lastgroup)
        found.append((kind, word[kind]))
        at = word.end()
    return found


class _Reader:
    """Reads `||` of `&&` of comparisons, as AWS binds them."""

    def __init__(self, tokens: list[Token]) -> None:
        self._tokens, self._at, self._depth = tokens, 0, 0

    def whole(self) -> Filter:
        found = self._either()
        if self._at < len(self._tokens):
            raise FilterError(f"{self._tokens[self._at][1]!r} is too much in it")
        return found

    def _either(self) -> Filter:
        parts = [self._both()]
        while self._takes("||"):
            parts.append(self._both())
        return parts[0] if len(parts) == 1 else Either(tuple(parts))

    def _both(self) -> Filter:
        parts = [self._one()]
        while self._takes("&&"):
            parts.append(self._one())
        return parts[0] if len(parts) == 1 else Both(tuple(parts))

    def _one(self) -> Filter:
        if not self._takes("("):
            return self._comparison()
        self._depth += 1
        if self._depth > _DEEPEST:
            raise FilterError("its parentheses are nested too deep")
        found = self._either()
        if not self._takes(")"):
            raise FilterError("a closing parenthesis is missing")
        self._depth -= 1
        return found

    def _comparison(self) -> Filter:
        field = selector(self._next("field", "a field that begins with $"))
        kind, word = self._peek()
        if kind == "bare":
            return Presence(field, self._asked())
        sign = self._next("sign", "a comparison")
        kind, word = self._peek()
        self._at += 1
        if kind == "regex" and sign in ("=", "!="):
            return _expression(word, field, negated=sign == "!=")
        if kind not in ("bare", "quoted"):
            raise FilterError(f"{sign} is followed by no value")
        number = float(word) if kind == "bare" and _NUMBER.fullmatch(word) else None
        if sign in ("=", "!="):
            return Equality(field, _unescaped(word) if kind == "quoted" else word, number, sign == "!=")
        if number is None:
            raise FilterError(f"{sign} compares numbers, and {word!r} is none")
        return Order(field, sign, number)

    def _asked(self) -> str:
        """`IS NULL`, `NOT EXISTS` and their like, in capitals."""
        words: list[str] = []
        while self._peek()[0] == "bare" and len(words) < 2:
            words.append(self._peek()[1].upper())
            self._at += 1
            if words == ["EXISTS"]:
                break
        asked = " ".join(words)
        if asked not in ("EXISTS", "NOT EXISTS", "IS NULL", "IS TRUE", "IS FALSE"):
            raise FilterError(f"{asked!r} asks nothing")
        return asked

    def _peek(self) -> Token:
        return self._tokens[self._at] if self._at < len(self._tokens) else ("end", "")

    def _takes(self, mark: str) -> bool:
        taken = self._peek() == ("mark", mark)
        self._at += taken
        return taken

    def _next(self, kind: str, what: str) -> str:
        found, word = self._peek()
        if found != kind:
            raise FilterError(f"{what} is missing" + (f" before {word!r}" if word else " at its end"))
        self._at += 1
        return word


def selector(text: str) -> Selector:
    """The field that `$.a.b[0]` names; raises FilterError."""
    steps: list[str | int | None] = []
    at = 1
    while at < len(text):
        step = _STEP.match(text, at)
        if step is None:
            raise FilterError(f"{text!r} names no field")
        if step["number"] is not None:
            steps.append(int(step["number"]))
        else:
            steps.append(next((step[key] for key in ("name", "single", "double") if step[key] is not None), None))
        at = step.end()
    return Selector(tuple(steps))


def _expression(pattern: str, selector: Selector | None, *, negated: bool) -> Filter:
    if "(" in pattern or ")" in pattern:
        raise FilterError("its expression has parentheses, which AWS does not take")
    try:
        re2.compile(pattern)
    except re2.error as error:
        raise FilterError(f"its expression cannot be read: {error}") from None
    return Expression(pattern, selector, negated)


def _unescaped(text: str) -> str:
    return re.sub(r"\\(.)", r"\1", text)
