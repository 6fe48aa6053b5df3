"""What a keyed hash makes of a place is there whenever it is asked for: no list of canaries need be kept, or stolen.

HMAC-SHA256 (RFC 2104) of what a canary is, under one secret; the sentences, codes and tensors come from that.
"""

import hashlib
import hmac
import json
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import TypeVar

T = TypeVar("T")

LETTERS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
"""Crockford's alphabet: no I, L, O and U, which are misread."""
INCIDENT = "canaries"
"""The story in the journal to which all planting and retiring belongs; it is no incident, and no containment."""


class Kind(StrEnum):
    """What is planted: the first three in a bucket, a key in the account, and texts for a person to paste."""

    SHARD = "shard"
    ADAPTER = "adapter"
    DATASET = "dataset"
    KEY = "key"
    PROMPT = "system-prompt"
    TRAINING = "training-data"
    RAG = "rag"


OBJECTS = frozenset({Kind.SHARD, Kind.ADAPTER, Kind.DATASET})
TEXTS = frozenset({Kind.PROMPT, Kind.TRAINING, Kind.RAG})


@dataclass(frozen=True, slots=True)
class Canary:
    """One canary: what it is, where it is planted and for which tenant; another generation is another canary.

    `place` is `s3://bucket/folder/` for what lies in a bucket, and a person's own words for anything else.
    `language` and `sentences` say how it is told and are no part of what it is.
    """

    kind: Kind
    place: str
    tenant: str = ""
    generation: int = 1
    language: str = "en"
    sentences: int = 1

    @property
    def where(self) -> str:
        """The place as a person reads it in a finding."""
        return f"{self.place} (tenant {self.tenant})" if self.tenant else self.place

    @property
    def key(self) -> tuple[str, str, str, int]:
        """What makes it another one."""
        return (self.kind.value, self.place, self.tenant, self.generation)


def seed(secret: bytes, canary: Canary) -> bytes:
    """32 bytes that nobody without the secret can tell from chance."""
    said = json.dumps([canary.place, canary.tenant, canary.kind.value, canary.generation], ensure_ascii=True)
    return hmac.digest(secret, said.encode(), "sha256")


def fingerprint(secret: bytes) -> str:
    """By what a secret is known without telling it."""
    return hmac.digest(secret, b"which secret", "sha256").hex()[:16]


class Draw:
    """Chooses by the bits of a seed, for one named purpose; the same each time."""

    def __init__(self, seed_: bytes, purpose: str) -> None:
        self._left = int.from_bytes(hmac.digest(seed_, purpose.encode(), "sha512"), "big")

    def number(self, below: int) -> int:
        """The next number from 0 on."""
        self._left, number = divmod(self._left, below)
        return number

    def one(self, among: Sequence[T]) -> T:
        """The next choice."""
        return among[self.number(len(among))]

    def some(self, among: Sequence[T], count: int) -> list[T]:
        """So many choices, each another one."""
        left = list(among)
        return [left.pop(self.number(len(left))) for _ in range(count)]

    def code(self) -> str:
        """Forty bits as people write a reference: `K7QF-3M2X`."""
        letters = "".join(self.one(LETTERS) for _ in range(8))
        return f"{letters[:4]}-{letters[4:]}"


def stream(seed_: bytes, purpose: str, size: int) -> bytes:
    """So many bytes that look like chance."""
    return hashlib.shake_256(hmac.digest(seed_, purpose.encode(), "sha256")).digest(size)
