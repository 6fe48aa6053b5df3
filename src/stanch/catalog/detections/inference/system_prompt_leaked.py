"""A system prompt is what an attacker asks for first: it says what the model may do, and what it holds.

Reads: answers in which a known system prompt, or a canary put into one or into the data behind it, was found.
Blind to: prompts that nobody gave to look for; an answer that tells the prompt in other words or in code.
"""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

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


LIMITS = Limits()


def examine(history: KeyHistory, limits: Limits) -> Iterator[Sighting]:
    """Yield one sighting for each day with such an answer."""
    leaks = marked(history, "leak")
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


def _named(found: Counter[str], category: str) -> str:
    """What was found most, by name: the place of a canary, the name of a prompt."""
    names = [kind.partition("/")[2] for kind, _ in found.most_common() if kind.startswith(f"{category}/")]
    return ", ".join(names[:5])
