"""A hash chain shows any edit to whoever knows its head; without a head kept elsewhere, cutting its end shows nothing.

Each link is a SHA-256 over the link before it and over what was written, so that an edited, deleted, inserted or
reordered row no longer leads to the links that follow it. Whoever may write the whole file can forge a whole new
chain: against that, heads are kept in reports and, under Object Lock, in the evidence bucket.
"""

import hashlib
import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

GENESIS = "0" * 64
"""The link before the first."""


class How(StrEnum):
    """Whether a row was chained as it was written, or later, when nobody can say what had happened to it before."""

    WRITTEN = "written"
    UPGRADE = "upgrade"


@dataclass(frozen=True, slots=True)
class Head:
    """Where a chain ends: the number of its last entry, 0 for none, and that entry's link in hexadecimal."""

    seq: int = 0
    link: str = GENESIS


@dataclass(frozen=True, slots=True)
class Entry:
    """One write: of which kind of row, under which name, with which digest of its columns.

    `before` is the digest of the row that it replaced, as it was found; empty for a new row. An edit between two writes
    shows there for ever, although the second one overwrote it.
    """

    seq: int
    kind: str
    name: str
    before: str
    digest: str
    how: str
    link: str

    def after(self, previous: str) -> str:
        """The link that this entry must have behind `previous`."""
        return link(previous, self.seq, self.kind, self.name, self.before, self.digest, self.how)


@dataclass(frozen=True, slots=True)
class Fault:
    """Something that is not as it was written: where, and how one sees it."""

    where: str
    why: str

    def __str__(self) -> str:
        return f"{self.where}: {self.why}"


def digest(*said: Any) -> str:
    """SHA-256, in hexadecimal, of the values as one compact ASCII JSON list: no two lists of values print alike."""
    text = json.dumps(said, separators=(",", ":"), ensure_ascii=True, default=_odd)
    return hashlib.sha256(text.encode()).hexdigest()


def link(previous: str, *said: Any) -> str:
    """The link of what is said now, behind the link `previous`; the first stands behind GENESIS."""
    return digest(previous, *said)


def broken(entries: Iterable[Entry], head: Head | None) -> Iterator[Fault]:
    """What is wrong with a chain, read from its beginning; nothing where each entry follows from the one before."""
    last = Head()
    for entry in entries:
        if entry.seq != last.seq + 1:
            yield Fault(f"chain entry {last.seq + 1}", f"gone; the next one is {entry.seq}")
        elif entry.link != entry.after(last.link):
            yield Fault(f"chain entry {entry.seq}", "it does not follow from the one before")
        last = Head(entry.seq, entry.link)
    if head is None:
        yield Fault("the head of the chain", f"gone; the last entry is {last.seq}")
    elif head.seq != last.seq:
        yield Fault("the head of the chain", f"it names entry {head.seq}, but the last one is {last.seq}")
    elif head.link != last.link:
        yield Fault("the head of the chain", f"its link is not that of entry {last.seq}")


def _odd(value: object) -> str:
    # Nothing stanch writes is anything but text or a number; what somebody else put there must not read as the same.
    return f"{type(value).__name__}:{value!r}"
