"""What discovery believes is ours, with every reason for it: nothing counts until a person, or enough facts, say so."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

SURE = 0.9
"""From here on a proposed asset is declared; below it stands behind a comment mark."""
MOST = 0.99
"""Nobody is surer than this of what a person did not say."""


class Eye(StrEnum):
    """A way of looking; facts seen in different ways do not follow from one another."""

    CONFIGURATION = "configuration"
    CONTENTS = "contents"
    BESIDE = "beside"
    """What lies beside the thing itself: a tokenizer beside weights."""
    WITHIN = "within"
    """What lies inside it and is something by itself: weights in a registry."""
    SIZE = "size"
    HARDWARE = "hardware"
    RIGHTS = "rights"
    LOGS = "logs"
    LABEL = "label"
    """What people called it, or tagged it with; a hint and no more."""


@dataclass(frozen=True, slots=True)
class Fact:
    """One reason, in words; `strength` is how sure it alone would make us, from 0 to 1."""

    eye: Eye
    what: str
    strength: float


@dataclass(frozen=True, slots=True)
class Proposal:
    """One entry for stanch.toml: its section, its keys as they are written there, and why.

    `active` says that it may count at once; else it is written behind a comment mark, for a person to take away.
    `notes` are lines for that person, such as a key that nobody else can fill in.
    """

    section: str
    values: Mapping[str, Any]
    facts: tuple[Fact, ...]
    active: bool = False
    notes: tuple[str, ...] = ()

    @property
    def confidence(self) -> float:
        """How sure all facts together make us."""
        return sureness(self.facts)


def sureness(facts: Iterable[Fact]) -> float:
    """What is left when each eye is wrong independently of the others; of one eye only the strongest fact counts."""
    doubt = 1.0
    for fact in strongest(facts):
        doubt *= 1 - fact.strength
    return min(MOST, round(1 - doubt, 3))


def strongest(facts: Iterable[Fact]) -> tuple[Fact, ...]:
    """The strongest fact of each eye, the strongest first."""
    best: dict[Eye, Fact] = {}
    for fact in facts:
        if fact.eye not in best or fact.strength > best[fact.eye].strength:
            best[fact.eye] = fact
    return tuple(sorted(best.values(), key=lambda fact: (-fact.strength, fact.eye)))
