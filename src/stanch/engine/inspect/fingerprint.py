"""What a model learned by heart it may recite: answers are compared with fingerprints of the data it was trained on.

A fingerprint is a Bloom filter of the runs of ten words in a dataset, every second one, hashed with a key: no word can
be read from it, and without the key none can be tried. Verbatim reciting counts from about fifty tokens on, which are
some 38 words and 29 runs of ten: about 14 of them are in the filter, and five in a row must be found.
"""

import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from hashlib import blake2b

import numpy as np
import numpy.typing as npt

from stanch.engine.grams import Hashes, Words, grams, place, runs
from stanch.engine.inspect.leak import TRAINING, Leak, digest

GRAM = 10
IN_A_ROW = 5
LEAST_WORDS = 20
_BITS_PER_GRAM = 12
_HASHES = 5
_EVERY = 2
_MAGIC = b"stanch fingerprint 1\n"
_HEAD = 4096


class FingerprintError(ValueError):
    """A file that is no fingerprint, or one that another key made."""


@dataclass(frozen=True, slots=True)
class Header:
    """What a fingerprint is of. `bits` is the filter's size, `key` tells which key made it without telling the key."""

    name: str
    bits: int
    grams: int
    texts: int
    key: str


class Fingerprint:
    """A dataset's runs of words: to be filled, or to be asked."""

    def __init__(self, header: Header, bits: npt.NDArray[np.uint8], key: bytes) -> None:
        """`bits` are a filter's bytes, which may lie in a file; raises FingerprintError for another's key."""
        if header.key != key_name(key):
            raise FingerprintError(f"{header.name}: made with another key")
        self.header = header
        self.bits = bits
        self._words = Words(key)

    @classmethod
    def empty(cls, name: str, words: int, key: bytes) -> "Fingerprint":
        """One for a dataset of about so many words; with more it errs more often."""
        bits = max(1 << 16, words // _EVERY * _BITS_PER_GRAM)
        bits += -bits % 8
        return cls(Header(name, bits, 0, 0, key_name(key)), np.zeros(bits // 8, dtype=np.uint8), key)

    def add(self, text: str) -> int:
        """Take in one text; how many of its runs were kept."""
        kept = _sampled(grams(self._words.of(text), GRAM))[1]
        for positions in _positions(kept, self.header.bits):
            np.bitwise_or.at(self.bits, positions >> np.uint64(3), _bit(positions))
        return len(kept)

    def found(self, text: str, salt: bytes) -> Iterator[Leak]:
        """The passages of the dataset that this text recites."""
        numbers, asked = _sampled(grams(self._words.of(text), GRAM))
        if len(asked) < IN_A_ROW:
            return
        known = np.ones(len(asked), dtype=np.bool_)
        for positions in _positions(asked, self.header.bits):
            known &= (self.bits[positions >> np.uint64(3)] & _bit(positions)) != 0
        for run, many in runs(known, numbers, GRAM):
            words = run.after - run.first
            if many >= IN_A_ROW and words >= LEAST_WORDS:
                start, length = place(text, run)
                passage = text[start : start + length].encode("utf-8", "surrogatepass")
                marked = digest(passage, salt)
                yield Leak(f"recited-{words}-words", TRAINING, "", marked, start, length, 0.95, False, self.header.name)

    def error_rate(self) -> float:
        """How often a run that was never taken in is thought known, by how full the filter is."""
        full = float(np.unpackbits(self.bits[: 1 << 20]).mean()) if len(self.bits) else 0.0
        return float(full**_HASHES)


def to_bytes(header: Header) -> bytes:
    """The head of a file, as long in every file: the filter's bytes follow."""
    return (_MAGIC + json.dumps(asdict(header)).encode() + b"\n").ljust(_HEAD, b"\0")


def from_bytes(head: bytes) -> tuple[Header, int]:
    """What a file's first bytes tell, and where its filter begins; raises FingerprintError."""
    if not head.startswith(_MAGIC):
        raise FingerprintError("no fingerprint: it begins otherwise")
    try:
        header = Header(**json.loads(head[len(_MAGIC) : _HEAD].rstrip(b"\0")))
    except (TypeError, ValueError) as error:
        raise FingerprintError(f"no fingerprint: {error}") from error
    return header, _HEAD


def key_name(key: bytes) -> str:
    """Which key it is, without telling it."""
    return blake2b(b"which key this is", key=key, digest_size=8).hexdigest()


def _sampled(hashes: Hashes) -> tuple[npt.NDArray[np.int64], Hashes]:
    """Every second run, chosen by its hash, so that the same run is chosen everywhere; its number and its hash."""
    numbers = np.flatnonzero((hashes >> np.uint64(61)) % np.uint64(_EVERY) == 0)
    return numbers, hashes[numbers]


def _positions(hashes: Hashes, bits: int) -> Iterator[npt.NDArray[np.uint64]]:
    first, step = hashes & np.uint64(0xFFFFFFFF), (hashes >> np.uint64(32)) | np.uint64(1)
    first = first * np.uint64(0x9E3779B97F4A7C15) ^ step
    for turn in range(_HASHES):
        yield (first + np.uint64(turn) * step * np.uint64(0xC2B2AE3D27D4EB4F)) % np.uint64(bits)


def _bit(positions: npt.NDArray[np.uint64]) -> npt.NDArray[np.uint8]:
    bit: npt.NDArray[np.uint8] = np.left_shift(np.uint8(1), (positions & np.uint64(7)).astype(np.uint8))
    return bit
