"""What a leak looks like is knowledge, kept as tables in the catalog; here such a table becomes patterns.

A pattern is one of two kinds. A shape is known by itself: `head`, then `tail`, after up to `before.most` characters of
a class. A number or key that could be anything is looked for only near its `words`: `value`, after them or around them.
"""

import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from stanch.engine.inspect.checks import Check, check_named
from stanch.engine.inspect.heads import HeadError, width
from stanch.engine.inspect.leak import PERSONAL, SECRET

_EDGE = "0-9A-Za-z"
_ESCAPED = r"(?<=\\[nrt])|(?<=%[0-9A-Fa-f]{2})|(?<=\\u00[0-9A-Fa-f]{2})|(?<=\x1b\[[0-9]m)|(?<=\x1b\[[0-9]{2}m)"
"""What JSON writes for a line break, a URL for a character, a terminal for a colour: it ends in a letter, and parts."""
_KEYS = {
    "head",
    "tail",
    "before",
    "words",
    "value",
    "check",
    "context",
    "edge",
    "confidence",
    "anycase",
    "around",
    "gap",
    "source",
}


class PatternError(ValueError):
    """A table of patterns that cannot be used; the message names the file and the pattern."""


@dataclass(frozen=True, slots=True)
class Before:
    """How far a match reaches back from its head: over at least so many, at most so many of these characters."""

    chars: str
    least: int
    most: int


@dataclass(frozen=True, slots=True)
class Pattern:
    """One kind of leak; all expressions are of bytes, in ASCII.

    `heads` are expressions of one width each and `tail` what follows, `value` is what is looked for near `words`.
    `check` names what verifies a match. Where `context` is given, one of its words must stand near. `edge` are the
    characters that may neither precede nor follow. `source` says where its form is told. `around` also looks before
    the words and asks for no assignment; `gap` is how many bytes after them a value may begin.
    """

    kind: str
    category: str
    heads: tuple[str, ...] = ()
    tail: str = ""
    before: Before | None = None
    words: tuple[str, ...] = ()
    value: str = ""
    check: str = ""
    context: tuple[str, ...] = ()
    edge: str = _EDGE
    source: str = ""
    confidence: float = 0.9
    exact: bool = True
    around: bool = False
    gap: int = 44

    @property
    def edges(self) -> tuple[str, str]:
        """What may stand neither before nor after a match, as expressions that take up no room.

        Of digits no part is a number of its own: neither `1.2.3` nor `2024-01-02` holds one.
        """
        left, right = (f"(?:(?<![{self.edge}])|{_ESCAPED})", f"(?![{self.edge}])") if self.edge else ("", "")
        if self.category == PERSONAL:
            return left + r"(?<!_)(?<![0-9A-Za-z]-)(?<![0-9][.,/:])", right + r"(?!_)(?![-.,/:]?[0-9])(?!-[A-Za-z])"
        return left, right

    def verify(self) -> Check | None:
        """What verifies a match; None where nothing can."""
        return check_named(self.check) if self.check else None


def read_patterns(text: str, name: str) -> Iterator[Pattern]:
    """The patterns of one table; raises PatternError naming it."""
    try:
        table = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise PatternError(f"{name}: {error}") from error
    category = table.pop("category", None)
    if category not in {SECRET, PERSONAL}:
        raise PatternError(f"{name}: category is {SECRET} or {PERSONAL}")
    edge = table.pop("edge", _EDGE)
    for kind, said in table.items():
        try:
            yield _pattern(kind, category, {"edge": edge, **said})
        except (HeadError, re.error, KeyError, TypeError, ValueError) as error:
            raise PatternError(f"{name}: {kind}: {error}") from error


def _pattern(kind: str, category: str, said: Mapping[str, Any]) -> Pattern:
    if unknown := set(said) - _KEYS:
        raise ValueError(f"unknown: {', '.join(sorted(unknown))}")
    if ("head" in said) == ("words" in said):
        raise ValueError("either a head, or words with a value")
    heads = _several(said.get("head", ()))
    words = _several(said.get("words", ()))
    before = Before(**said["before"]) if "before" in said else None
    for head in heads:
        width(head)
    made = Pattern(
        kind=kind,
        category=category,
        heads=heads,
        tail=said.get("tail", ""),
        before=before,
        words=words,
        value=said["value"] if words else "",
        check=said.get("check", ""),
        context=_several(said.get("context", ())),
        edge=said["edge"],
        source=said["source"],
        confidence=float(said.get("confidence", 0.75 if words else 0.9)),
        exact=not said.get("anycase", False),
        gap=int(said.get("gap", 44)),
        around=bool(said.get("around", category == PERSONAL)),
    )
    made.verify()
    for each in (*heads, made.tail, *words, made.value, *made.context, f"[{made.edge or _EDGE}]"):
        re.compile(each.encode())
    return made


def _several(said: str | list[str] | tuple[str, ...]) -> tuple[str, ...]:
    return (said,) if isinstance(said, str) else tuple(said)
