"""A report about a leaked secret must not leak it again: what was found is told by kind, length and a keyed hash.

The hash of a card number is the card number: there are few enough to try them all. So every hash is keyed with a salt
that never leaves the store; within it the same value is the same hash, outside it the hash is nothing.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import blake2b

SECRET = "secret"  # noqa: S105 - a category
PERSONAL = "personal"
CANARY = "canary"
TRAINING = "training-data"
PROMPT = "system-prompt"
CODE = "code"

_SHOWN = 4


@dataclass(frozen=True, slots=True)
class Leak:
    """One thing that a text gives away.

    `offset` and `length` are in characters of a string and in bytes of bytes. `masked` shows the last four characters
    of a secret that is at least four times as long, and nothing of anything else. `digest` is the keyed hash of what
    was found, `validated` says that a check digit or the value's own structure was verified. `about` names whose it
    is where that is known: the place of a canary, the name of a prompt.
    """

    kind: str
    category: str
    masked: str
    digest: str
    offset: int
    length: int
    confidence: float
    validated: bool = False
    about: str = ""


@dataclass(frozen=True, slots=True)
class Found:
    """The leaks of one text in the order of where they begin.

    `cut` are the kinds of which so many lookalikes were seen that not all were looked at: there may be more.
    """

    leaks: tuple[Leak, ...] = ()
    cut: tuple[str, ...] = ()

    def __iter__(self) -> Iterator[Leak]:
        return iter(self.leaks)

    def __len__(self) -> int:
        return len(self.leaks)

    def __bool__(self) -> bool:
        return bool(self.leaks)


def digest(value: bytes, salt: bytes) -> str:
    """The keyed hash of a value, in hexadecimal."""
    return blake2b(value, key=salt, digest_size=16).hexdigest()


def masked(value: bytes) -> str:
    """A secret with all but its last four characters hidden; all of it where four are more than a quarter."""
    stars = min(len(value), 40)
    if len(value) < 4 * _SHOWN:
        return "*" * stars
    tail = value[-_SHOWN:].decode("ascii", "replace")
    return "*" * (stars - _SHOWN) + "".join(c if c.isprintable() and c != "\ufffd" else "*" for c in tail)
