"""Whoever holds a system prompt or a source file can ask whether an answer repeats it: word by word, in runs of eight.

Nothing of those texts is kept but hashes of a key of this run.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np

from stanch.engine.grams import Words, grams, place, runs
from stanch.engine.inspect.leak import CODE, PROMPT, Leak, digest

GRAM = 8


@dataclass(frozen=True, slots=True)
class Sort:
    """What sort of texts: a leak repeats at least `words` words in a row, or the whole of a shorter text."""

    category: str
    words: int


PROMPTS = Sort(PROMPT, 14)
SOURCES = Sort(CODE, 30)
"""Of code more is wanted: licences, imports and idioms are everybody's."""


class OwnTexts:
    """Texts of ours by name."""

    def __init__(self, texts: Mapping[str, str], sort: Sort, key: bytes) -> None:
        """`key` is 16 to 64 random bytes; the same text under two names goes by the first."""
        self._sort = sort
        self._words = Words(key)
        self._names = tuple(texts)
        made = [grams(self._words.of(text), GRAM) for text in texts.values()]
        owners = [np.full(len(each), number) for number, each in enumerate(made)]
        every = np.concatenate(made) if made else np.empty(0, dtype=np.uint64)
        self._hashes, first = np.unique(every, return_index=True)
        self._owners = (np.concatenate(owners) if owners else np.empty(0, dtype=np.int64))[first]
        self._least = tuple(min(sort.words, len(each) + GRAM - 1) for each in made)

    def found(self, text: str, salt: bytes) -> Iterator[Leak]:
        """The passages that this text repeats."""
        asked = grams(self._words.of(text), GRAM)
        if not len(asked) or not len(self._hashes):
            return
        at = np.minimum(np.searchsorted(self._hashes, asked), len(self._hashes) - 1)
        known = self._hashes[at] == asked
        for run, _ in runs(known, np.arange(len(asked)), GRAM):
            owner = int(self._owners[at[run.first]])
            words = run.after - run.first
            if words >= self._least[owner]:
                start, length = place(text, run)
                marked = digest(text[start : start + length].encode("utf-8", "surrogatepass"), salt)
                name = self._names[owner]
                yield Leak(f"repeated-{words}-words", self._sort.category, "", marked, start, length, 0.95, False, name)
