"""Two texts that share a run of ten words share a source: chance repeats three words, hardly ever eight.

Words are hashed with a key, so that what is kept says nothing to who has no key: the vocabulary of a language is small
enough to try. A run of words is known by the hash of its words' hashes.
"""

import re
import unicodedata
from collections.abc import Iterator
from hashlib import blake2b
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

Hashes = npt.NDArray[np.uint64]

# Languages that write no spaces are taken character by character.
WORD = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]|[^\W_\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]+")
_MULTIPLIER = 0x9E3779B97F4A7C15
_MASK = (1 << 64) - 1
KEY_BYTES = 32


class Run(NamedTuple):
    """Words that follow each other: the number of the first, and of the one after the last."""

    first: int
    after: int


class Words(dict[str, int]):
    """The hash of each word, whatever its case and width; remembers the words of a vocabulary."""

    def __init__(self, key: bytes, remembered: int = 1 << 20) -> None:
        """`remembered` words are held at most, each in clear and in memory alone."""
        super().__init__()
        self._key = key
        self._remembered = remembered

    def __missing__(self, word: str) -> int:
        plain = unicodedata.normalize("NFKC", word).casefold().encode("utf-8", "surrogatepass")
        if len(self) >= self._remembered:
            self.clear()
        known = self[word] = int.from_bytes(blake2b(plain, key=self._key, digest_size=8).digest(), "little")
        return known

    def of(self, text: str) -> Hashes:
        """The words' hashes in the order of the text."""
        return np.fromiter(map(self.__getitem__, WORD.findall(text)), dtype=np.uint64)


def grams(words: Hashes, size: int) -> Hashes:
    """The hash of each `size` words that follow each other."""
    count = len(words) - size + 1
    if count <= 0:
        return np.empty(0, dtype=np.uint64)
    mixed = np.zeros(count, dtype=np.uint64)
    for at in range(size):
        mixed += words[at : at + count] * np.uint64(pow(_MULTIPLIER, at + 1, 1 << 64))
    mixed ^= mixed >> np.uint64(32)
    mixed *= np.uint64(0xD6E8FEB86659FD93)
    mixed ^= mixed >> np.uint64(32)
    return mixed


def runs(known: npt.NDArray[np.bool_], asked: npt.NDArray[Any], size: int) -> Iterator[tuple[Run, int]]:
    """Where all that was asked about is known, each with how many were; `asked` are the numbers of the grams."""
    edges = np.flatnonzero(np.diff(np.concatenate(([0], known.astype(np.int8), [0]))))
    for first, after in zip(edges[::2], edges[1::2], strict=True):
        yield Run(int(asked[first]), int(asked[after - 1]) + size), int(after - first)


def place(text: str, run: Run) -> tuple[int, int]:
    """The offset and length of these words, in characters."""
    start = end = 0
    for number, word in enumerate(WORD.finditer(text)):
        if number == run.first:
            start = word.start()
        if number == run.after - 1:
            end = word.end()
            break
    return start, end - start
