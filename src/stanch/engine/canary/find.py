"""A canary in a text names the place that the text came from, were it copied, reset, or changed by a word or two.

One pass of Hyperscan looks for pairs of neighbouring words and for codes; a sentence is told where it stands there in
its order but for two words at most; another one of the same form has some nine other words.

Blind to: translations, paraphrases, what is encoded or spelled out, and pieces of less than a whole sentence.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

from stanch.engine.canary.plain import plain, words
from stanch.engine.inspect.engine import Automaton

MOST_CHANGED = 2
"""Words of a sentence that may be missing, added or other."""
MOST_TRIED = 50
"""Places of one pair of words in one text that are looked at: a text with more is made to be."""

_PAIRS = 4
_LEAST_LETTERS = 9
_BETWEEN = "[^a-z0-9]{1,16}"
_CODE = re.compile(r"[0-9A-HJKMNP-TV-Z]{4}-[0-9A-HJKMNP-TV-Z]{4}")
_MISREAD = {"0": "[0o]", "1": "[1il]"}


class Hit(NamedTuple):
    """A canary that a text holds; `fuzzy` where it was changed on its way."""

    place: str
    kind: str
    fuzzy: bool


@dataclass(frozen=True, slots=True)
class Known:
    """What to look for of one canary: its sentences' words, its codes, and the id of a key."""

    place: str
    kind: str
    sentences: tuple[str, ...] = ()
    codes: tuple[str, ...] = ()
    literals: tuple[str, ...] = ()


class _Seek(NamedTuple):
    """What one expression stands for: the number of a canary, and its sentence, its code or its key's id."""

    canary: int
    exact: str
    words: tuple[str, ...]


@dataclass(frozen=True)
class Finder:
    """Knows canaries in texts. Threads may share it, and it travels to other processes; it holds no secret."""

    known: tuple[Known, ...]

    def __call__(self, text: str) -> Iterator[Hit]:
        """Each canary that the text holds, once."""
        seeks, automaton = self._compiled
        told = plain(text)
        data = told.encode("ascii", "replace")  # a letter for a letter: what has no ASCII is no part of a word
        found: dict[int, bool] = {}
        for number, end in automaton.ends(data, MOST_TRIED):
            for seek in seeks[number]:
                if found.get(seek.canary) is not False and self._reads(seek, told, end):
                    found[seek.canary] = seek.exact not in text
        for canary, fuzzy in found.items():
            yield Hit(self.known[canary].place, self.known[canary].kind, fuzzy)

    def __getstate__(self) -> tuple[Known, ...]:
        return self.known

    def __setstate__(self, known: tuple[Known, ...]) -> None:
        object.__setattr__(self, "known", known)

    @cached_property
    def _compiled(self) -> tuple[Sequence[Sequence[_Seek]], Automaton]:
        seeks: dict[str, list[_Seek]] = {}
        for expression, seek in self._expressions():
            seeks.setdefault(expression, []).append(seek)
        return list(seeks.values()), Automaton.of([(expression, True) for expression in seeks])

    def _expressions(self) -> Iterator[tuple[str, _Seek]]:
        for number, canary in enumerate(self.known):
            for sentence in canary.sentences:
                said = tuple(words(plain(sentence)))
                for one, other in _pairs(said):
                    yield f"{one}{_BETWEEN}{other}", _Seek(number, sentence, said)
            for code in canary.codes:
                yield _of_code(code), _Seek(number, code, ())
            for literal in canary.literals:
                yield re.escape(literal.lower()), _Seek(number, literal, ())

    @staticmethod
    def _reads(seek: _Seek, told: str, end: int) -> bool:
        """Whether the sentence stands around this place; a code or an id must stand alone."""
        if not seek.words:
            joined = seek.exact[-5:-4] == "-" and told[end - 5 : end - 4].isalnum()
            begin = end - len(seek.exact) + joined
            return not (told[max(begin - 1, 0) : begin].isalnum() or told[end : end + 1].isalnum())
        reach = 2 * len(seek.exact) + 64
        return changed(seek.words, words(told[max(end - reach, 0) : end + reach])) <= MOST_CHANGED


def changed(sentence: Sequence[str], text: Sequence[str]) -> int:
    """How many words must be left out, put in or exchanged for the sentence to stand somewhere in the text."""
    row = [0] * (len(text) + 1)
    for number, word in enumerate(sentence, start=1):
        left, above = number, row[0]
        row[0] = number
        for at, other in enumerate(text, start=1):
            left = min(above + (word != other), row[at] + 1, left + 1)
            above, row[at] = row[at], left
    return min(row)


def _pairs(said: Sequence[str]) -> Iterable[tuple[str, str]]:
    """Neighbours that share no word, the longest first: so many that two changed words leave one as it was."""
    ranked = sorted(range(len(said) - 1), key=lambda at: -len(said[at] + said[at + 1]))
    taken: list[int] = []
    for at in ranked:
        long_enough = len(said[at] + said[at + 1]) >= _LEAST_LETTERS
        if len(taken) < _PAIRS and long_enough and all(abs(at - other) > 1 for other in taken):
            taken.append(at)
    return [(said[at], said[at + 1]) for at in taken]


def _of_code(code: str) -> str:
    """A code whatever stands between its halves, with letters that are misread for figures."""
    if not _CODE.fullmatch(code):
        raise ValueError(f"{code!r} is no code")
    halves = ("".join(_MISREAD.get(letter, letter) for letter in half) for half in code.lower().split("-"))
    return "[^a-z0-9]?".join(halves)
