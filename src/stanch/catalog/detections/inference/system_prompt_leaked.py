"""A system prompt is what an attacker asks for first: it says what the model may do, and what it holds.

Reads: answers in which a known system prompt, or a canary put into one or into the data behind it, was found; answers
that repeat what the system prompt of their own call begins with.
Blind to: prompts that are neither logged with their calls nor given to look for; an answer that tells the prompt in
other words or in code.
"""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

from stanch.catalog.detections.inference._calls import BY_HAND, PLAYBOOK, every_day, marked, sighting
from stanch.contracts.behaviour import About, Sighting
from stanch.contracts.inference import KeyHistory
from stanch.domain.finding import Technique
from stanch.domain.severity import Severity

ABOUT = About(
    title="A system prompt or a canary in a model's answers",
    severity=Severity.HIGH,
    confidence=0.85,
    techniques=(Technique("atlas", "AML.T0056", "5.6"),),
    playbook=PLAYBOOK,
    by_hand=f"Give the system prompt another canary. {BY_HAND}",
)


@dataclass(frozen=True, slots=True)
class Limits:
    """How often before it is told."""

    answers: int = 1
    """Answers that hold a piece of a system prompt in one UTC day."""
    canaries: int = 1
    """Answers that hold a canary: nothing but a leak makes one."""
    own: int = 1
    """Answers of one UTC day that repeat much of the beginning of the system prompt of their own call."""
    sent: int = 5
    """Calls of the key, whenever, with that beginning: one that comes with fewer is a text to be read, not an order."""
    times: float = 5.0
    """Times the share of the answers of earlier days that repeated one: what is quoted daily is meant to be."""
    cold: float = 0.6
    """Confidence where the key has no such earlier day."""


LIMITS = Limits()


def examine(history: KeyHistory, limits: Limits) -> Iterator[Sighting]:
    """Yield one sighting for each day with such an answer."""
    leaks = marked(history, "leak")
    own = _own(history, limits)
    for day, cells in every_day(history).items():
        found = leaks.get(day, Counter[str]())
        prompts = sum(count for kind, count in found.items() if kind.startswith("system-prompt/"))
        canaries = sum(count for kind, count in found.items() if kind.startswith("canary/"))
        proof = [cell for cell in cells if cell.leaking]
        if proof and canaries >= limits.canaries:
            why = f"{canaries:,} canaries in answers of a day: {_named(found, 'canary')}"
            yield sighting(proof, why, Severity.CRITICAL, 1.0)
        elif proof and prompts >= limits.answers:
            why = f"{prompts:,} pieces of system prompts in answers of a day: {_named(found, 'system-prompt')}"
            yield sighting(proof, why)
        elif proof and day in own:
            told = f"{own[day].repeated:,} of {own[day].sent:,} answers of a day"
            why = f"{told} repeat the system prompt of their own call"
            yield sighting(proof, why, confidence=limits.cold if own[day].cold else None)


class _Day(NamedTuple):
    """Answers that came with a system prompt, and how many of them repeated it."""

    sent: int
    repeated: int
    cold: bool


def _own(history: KeyHistory, limits: Limits) -> dict[int, _Day]:
    """The days on which answers repeat the system prompt of their call more often than before."""
    sent, repeated = marked(history, "system"), marked(history, "repeated")
    often: Counter[str] = sum(sent.values(), Counter[str]())
    found: dict[int, _Day] = {}
    calls = quoted = 0
    for day in sorted(sent):
        today = sent[day].total()
        much = sum(count for name, count in repeated.get(day, {}).items() if often[name] >= limits.sent)
        usual = quoted / calls if calls else 0.0
        if much >= max(limits.own, limits.times * usual * today):
            found[day] = _Day(today, much, cold=not calls)
        calls += today
        quoted += much
    return found


def _named(found: Counter[str], category: str) -> str:
    """What was found most, by name: the place of a canary, the name of a prompt."""
    names = [kind.partition("/")[2] for kind, _ in found.most_common() if kind.startswith(f"{category}/")]
    return ", ".join(names[:5])
