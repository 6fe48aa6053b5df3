"""Text from a log is written by the attacker too; a phrase keeps it apart from stanch's own words until it is escaped.

A phrase is a tuple of words: plain text, a `Value` taken from a log or from AWS, a `Blank` that a person must fill.
"""

import re
import unicodedata
from dataclasses import dataclass

from markupsafe import Markup, escape

_LONGEST_VALUE, _LONGEST_PROSE = 300, 4000
_INVISIBLE = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})
_MARKED = re.compile(r"([\\`*_{}\[\]<>#|~!&$^])")
_LINKED = re.compile(r"://|www\.|@|mailto:|xmpp:", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Value:
    """A name, ARN, key, address or path as it was found: hostile, and shown verbatim."""

    text: str


@dataclass(frozen=True, slots=True)
class Blank:
    """Something that only a person can say; `number` counts from 1 through the report."""

    number: int
    what: str


Word = str | Value | Blank
Phrase = tuple[Word, ...]


class Marked(str):
    """Markdown that is already escaped."""

    __slots__ = ()


def visible(text: str, longest: int = _LONGEST_VALUE) -> str:
    """The text with control, invisible and direction-changing characters spelled out, cut when it is very long.

    The report's own mark for a blank cannot be forged: a blank is only what stanch marked.
    """
    shown = "".join(_spelled(c) if unicodedata.category(c) in _INVISIBLE else c for c in text[:longest])
    if len(text) > longest:
        shown += f"\u2026 ({len(text)} characters)"
    return re.sub(r"\[\[(?=\s*TO BE FILLED)", "[ [", shown, flags=re.IGNORECASE)


def _spelled(character: str) -> str:
    code = ord(character)
    return {"\n": "\\n", "\t": "\\t", "\r": "\\r"}.get(character, f"\\u{code:04x}" if code > 0xFF else f"\\x{code:02x}")


def html(phrase: Phrase) -> Markup:
    """The phrase for an HTML page."""
    return Markup("").join(_html(word) for word in phrase)


def _html(word: Word) -> Markup:
    match word:
        case Value(text):
            return Markup("<code>{}</code>").format(visible(text) or "(empty)")
        case Blank(number, what):
            return Markup('<mark class="blank" id="blank-{}">TO BE FILLED: {}</mark>').format(number, what)
        case _:
            return escape(plain(word))


def markdown(phrase: Phrase, *, cell: bool = False) -> Marked:
    """The phrase for Markdown; in a table's cell a bar is escaped inside code as well."""
    return Marked(_unlisted("".join(_markdown(word, cell) for word in phrase).strip() or "(empty)"))


def _markdown(word: Word, cell: bool) -> str:
    match word:
        case Value(text):
            return _code(visible(text) or "(empty)", cell)
        case Blank(_, what):
            return f"**[[ TO BE FILLED: {_text(what, cell)} ]]**"
        case _:
            return _text(plain(word), cell)


def _unlisted(line: str) -> str:
    """`-`, `+`, `=` and `1.` at the start of a line would begin a list or a heading."""
    return re.sub(r"^(?=[-+=])|^\d+(?=[.)])", r"\g<0>\\", line)


def _text(text: str, cell: bool) -> str:
    """Prose: marks escaped, and whatever a renderer would turn into a link put in code."""
    return "".join(
        _code(word, cell) if _LINKED.search(word) else _MARKED.sub(r"\\\1", word) for word in re.split(r"(\s+)", text)
    )


def _code(text: str, cell: bool) -> str:
    """A code span: nothing in it is interpreted; its fence is longer than any run of backticks inside."""
    fence = "`" * (max((len(run) for run in re.findall("`+", text)), default=0) + 1)
    pad = " " if "`" in text else ""
    return f"{fence}{pad}{text.replace('|', chr(92) + '|') if cell else text}{pad}{fence}"


def plain(text: str) -> str:
    """Prose may run over several lines in its source; in the report it is one."""
    return visible(re.sub(r"[ \t\r\n]+", " ", text), _LONGEST_PROSE)
