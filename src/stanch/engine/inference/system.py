"""An application tells its model what to be in words that no caller should read; an answer that repeats them does.

Reads: the first hundred words of a call's own system prompt, up to where material begins that answers are meant to
quote (documents, examples, schemas, tools), without the sentences in quotation marks that they are meant to say.
Blind to: prompts of less than 25 words; what stands later in a prompt; an answer in other words, another language or
code; prompts that a log does not tell apart from the caller's words.
"""

import re
import unicodedata
from hashlib import blake2b
from math import ceil
from secrets import token_bytes
from typing import NamedTuple

import numpy as np

from stanch.engine.grams import KEY_BYTES, WORD, Hashes, Words, grams, runs
from stanch.engine.inference.text import READ

LEAST, MOST = 25, 100
"""Words of a system prompt: with fewer it says nothing of its own, and more of its beginning are not compared."""
GRAM, IN_A_ROW = 8, 14
"""Words that are looked up together, and that an answer repeats in a row at least, whatever their case and marks."""
REPEATED, SHARE = 20, 0.4
"""Words that an answer repeats in all at least, and their share of those compared: one sentence is a quotation."""
KEPT = 512
"""Prompts whose hashes are held: the same one comes with each call of an application."""
_LOOKED = 4000
_REMEMBERED = 1 << 16
_BLOCK = 7
_WORDS_OF_SIGN = 19  # a run of 14 to 19 words has one whole block in it at least, a longer one more

_TEXTS = (
    r"(?:contexts?|documents?|docs|sources?|passages?|excerpts?|chunks?|snippets?|(?:search[ _])?results?|articles?|"
    r"texts?|transcripts?|knowledge(?:[ _]base)?|faqs?|examples?|kontext|dokumente?n?|quellen?|auszüge|beispiele?n?|"
    r"contexte|exemples?|contexto|ejemplos?)"
)
_MATERIAL = re.compile(
    r"^[ \t]*(?:```|[{\[][ \t]*(?:[\"{\[]|$)"
    rf"|</?(?:{_TEXTS}|tools?|functions?|schema|history)\b"
    rf"|(?:[#*]+[ \t]*)?(?:\w+[ \t]+)?(?:{_TEXTS}|tools|functions|schema|history)\b[^\n:.]{{0,40}}(?::|$)"
    r"|(?:user|human|assistant|ai|question|q|a|input|output)[ \t]*:)"
    rf"|\b(?:following|below|folgende[nmrs]?)\b[^\n.:]{{0,40}}\b{_TEXTS}\b"
    rf"|\b{_TEXTS}\b[^\n.:]{{0,40}}\b(?:following|below|unten)\b",
    re.IGNORECASE | re.MULTILINE,
)
_SAID = re.compile(r'"[^"\n]{8,600}"|“[^”\n]{8,600}”|„[^“”\n]{8,600}[“”]|«[^»\n]{8,600}»')
_NUMBER = re.compile(r"\d+")


class _Prompt(NamedTuple):
    """The hashes of one prompt's runs of words, piece by piece; `name` is "" for a prompt that says little.

    `signs` are the longest of each seven words: whoever repeats 14 in a row says one of them at least. They are looked
    for first, which takes a tenth of the time.
    """

    name: str
    pieces: tuple[Hashes, ...]
    signs: tuple[str, ...]
    needed: int


class SystemPrompts:
    """Knows the system prompts of the latest calls by hashes of their words, and which answers repeat them.

    Some words of each are held in clear, in memory alone; nothing of them leaves here.
    """

    def __init__(self, salt: bytes = b"") -> None:
        """`salt`, of at most 64 bytes, keys the hashes that leave here."""
        self._salt = salt
        self._words = Words(token_bytes(KEY_BYTES), _REMEMBERED)
        self._known: dict[bytes, _Prompt] = {}

    def weigh(self, system: str, prompt: str, answer: str) -> tuple[str, bool]:
        """The hash by which this system prompt is known, "" for one that says little; whether the answer repeats it.

        Words that the caller gave himself are no secret from him. Numbers are masked in the hash: a date is none of it.
        """
        known = self._prompt(system[:_LOOKED])
        if not known.name:
            return "", False
        told = self._repeats(known, answer) and not self._repeats(known, prompt)
        return known.name, told

    def _prompt(self, system: str) -> _Prompt:
        key = blake2b(system.encode("utf-8", "surrogatepass"), key=self._salt, digest_size=16).digest()
        if (known := self._known.pop(key, None)) is None:
            known = self._read(system)
            if len(self._known) >= KEPT:
                del self._known[next(iter(self._known))]  # the one that was not asked for the longest
        self._known[key] = known
        return known

    def _read(self, system: str) -> _Prompt:
        text = _plain(instructions(system))
        pieces = [WORD.findall(piece) for piece in _SAID.split(text)]
        many = sum(map(len, pieces))
        if many < LEAST:
            return _Prompt("", (), (), 0)
        name = blake2b(_NUMBER.sub("#", text).encode("utf-8", "surrogatepass"), key=self._salt, digest_size=8)
        hashed = tuple(grams(self._words.of(" ".join(piece)), GRAM) for piece in pieces)
        signs = (max(piece[at : at + _BLOCK], key=len) for piece in pieces for at in range(0, len(piece), _BLOCK))
        return _Prompt(name.hexdigest(), hashed, tuple(signs), max(REPEATED, ceil(SHARE * many)))

    def _repeats(self, known: _Prompt, text: str) -> bool:
        """Whether a text holds enough of these instructions; each of their words counts once, however often it does."""
        plain = _plain(text[:READ])
        if sum(sign in plain for sign in known.signs) < ceil(known.needed / _WORDS_OF_SIGN):
            return False
        asked = grams(self._words.of(plain), GRAM)
        found = 0
        for piece in known.pieces:
            for run, _ in runs(np.isin(piece, asked), np.arange(len(piece)), GRAM):
                words = run.after - run.first
                found += words if words >= IN_A_ROW else 0
        return found >= known.needed


def _plain(text: str) -> str:
    return unicodedata.normalize("NFKC", text).casefold()


def instructions(system: str) -> str:
    """What a system prompt begins with, before anything that answers are meant to quote."""
    begins = _MATERIAL.search(system)
    text = system[: begins.start()] if begins else system
    for number, word in enumerate(WORD.finditer(text), start=1):
        if number == MOST:
            return text[: word.end()]
    return text
