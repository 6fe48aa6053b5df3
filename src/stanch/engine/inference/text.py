"""What a thief's prompts have in common is their opening, their length and their repeats: not one word must be kept.

Reads: the first 20 000 characters of a prompt and of an answer.
Blind to: what a prompt means; two openings that say the same in other words.
"""

import re
from collections.abc import Sequence
from hashlib import blake2b
from itertools import groupby
from typing import NamedTuple

READ = 20_000
"""Characters of a text that are looked at: a prompt may be of megabytes."""
OPENING = 12
"""Words by which a template is known."""
PREFIX = 256
"""Characters of a beginning that a prefix cache would share: some 16 blocks of tokens are fewer than 1 024."""
RUN = 40
"""Repeats of one word from which on a prompt or an answer is a run: no prose and no list has so many."""
_TAIL = 30
"""Words after a run by which an answer has left it."""
_LONG = 24
_MASKED = re.compile(r"\d+|\"[^\"]{0,200}\"|'[^']{2,200}'|`[^`]{0,200}`")


class Features(NamedTuple):
    """Of one call's texts; hashes are "" where there is no prompt, runs count words."""

    template: str = ""
    prompt: str = ""
    prefix: str = ""
    run_in: int = 0
    run_out: int = 0
    diverged: bool = False


def features(prompt: str, answer: str, salt: bytes = b"") -> Features:
    """What to keep of a prompt and its answer: without `salt` whoever guesses a prompt can prove that it was asked."""
    run_out, diverged = 0, False
    if answer:
        words = answer[:READ].split()
        run_out, after = longest_run(words)
        diverged = run_out >= RUN and after >= _TAIL
    if not prompt:
        return Features(run_out=run_out, diverged=diverged)
    words = prompt[:READ].split()
    return Features(
        template=_hash(opening(prompt), salt),
        prompt=_hash(prompt, salt),
        prefix=_hash(prompt[:PREFIX], salt),
        run_in=longest_run(words)[0],
        run_out=run_out,
        diverged=diverged,
    )


def stem(prompt: str, salt: bytes = b"") -> str:
    """All but the last word, by which guesses at what comes next are known; "" for less than three words."""
    words = prompt.rsplit(None, 1)
    return _hash(words[0], salt) if len(words) == 2 and len(words[0].split(None, 1)) == 2 else ""


def opening(prompt: str) -> str:
    """The first words with what changes from call to call masked: numbers, quoted and very long words."""
    words = _MASKED.sub("#", prompt[:600]).lower().split(None, OPENING)[:OPENING]
    return " ".join("#" if len(word) > _LONG else word for word in words)


def longest_run(words: Sequence[str]) -> tuple[int, int]:
    """How often the most repeated word stands in a row, and how many words come after it; (0, 0) for less than RUN."""
    if len(words) - len(set(words)) < RUN - 1:  # prose: so long a run has no room in it
        return 0, 0
    best = after = seen = 0
    for _, equals in groupby(words):
        length = sum(1 for _ in equals)
        seen += length
        if length > best:
            best, after = length, seen
    return (best, len(words) - after) if best >= RUN else (0, 0)


def _hash(text: str, salt: bytes) -> str:
    return blake2b(text.encode("utf-8", "surrogatepass"), key=salt, digest_size=8).hexdigest()
