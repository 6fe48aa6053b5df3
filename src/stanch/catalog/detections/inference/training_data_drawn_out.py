"""Made to repeat one word for ever, a model comes to its end and falls back on what it learned by heart.

Reads: runs of one word in prompts and answers, answers that leave such a run, answers that hold training data.
Blind to: logs without texts; ways to make a model recite that hold no run and no text whose fingerprint is known.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from stanch.catalog.detections.inference._calls import BY_HAND, PLAYBOOK, days, marked, sighting, total
from stanch.contracts.behaviour import About, Sighting
from stanch.contracts.inference import KeyHistory
from stanch.domain.finding import Technique
from stanch.domain.severity import Severity

ABOUT = About(
    title="Training data drawn out of a model",
    severity=Severity.HIGH,
    confidence=0.7,
    techniques=(Technique("atlas", "AML.T0024.001", "5.6"), Technique("atlas", "AML.T0057", "5.6")),
    playbook=PLAYBOOK,
    by_hand=BY_HAND,
)


@dataclass(frozen=True, slots=True)
class Limits:
    """Thresholds for one UTC day and key."""

    diverged: int = 10
    """Answers that repeat one word forty times and then say something else: a model that loops does not leave it."""
    runs: int = 50
    """Prompts that hold one word forty times in a row; a few are tests, or a cat on the keyboard."""
    verbatim: int = 3
    """Answers that hold a long piece of a fingerprinted dataset."""


LIMITS = Limits()


def examine(history: KeyHistory, limits: Limits) -> Iterator[Sighting]:
    """Yield one sighting for each day with too much of any."""
    leaks = marked(history, "leak")
    for day, cells in days(history).items():
        diverged, runs = total(cells, lambda cell: cell.diverged), total(cells, lambda cell: cell.runs)
        verbatim = sum(count for kind, count in leaks.get(day, {}).items() if kind.startswith("training-data/"))
        told = {
            f"{diverged:,.0f} answers that left a long repeat of one word": diverged >= limits.diverged,
            f"{runs:,.0f} prompts that repeat one word": runs >= limits.runs,
            f"{verbatim:,} answers that hold pieces of training data": verbatim >= limits.verbatim,
        }
        if any(told.values()):
            proof = [cell for cell in cells if cell.diverged or cell.runs or cell.leaking]
            sure = verbatim >= limits.verbatim
            why = ", ".join(words for words, much in told.items() if much)
            yield sighting(proof, why, confidence=0.95 if sure else None)
