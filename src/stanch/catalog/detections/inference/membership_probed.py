"""A model is less surprised by what it was trained on: the logprobs of a prompt's own tokens tell whether it was.

Reads: calls that ask for the logprobs of their prompt, by UTC day, and what the key did on earlier days.
Blind to: probes through the answer's logprobs; servers that give prompt logprobs while the log does not tell.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from stanch.catalog.detections.inference._calls import BY_HAND, PLAYBOOK, days, earlier, sighting, total, used_before
from stanch.contracts.behaviour import About, Sighting
from stanch.contracts.inference import KeyHistory
from stanch.domain.finding import Technique
from stanch.domain.severity import Severity

ABOUT = About(
    title="A model probed for what it was trained on",
    severity=Severity.MEDIUM,
    confidence=0.6,
    techniques=(Technique("atlas", "AML.T0024.000", "5.6"),),
    playbook=PLAYBOOK,
    by_hand=BY_HAND,
)


@dataclass(frozen=True, slots=True)
class Limits:
    """Thresholds for one UTC day and key."""

    calls: int = 300
    """Calls that ask for the logprobs of their own prompt: a tester's few, or those of a debugger, are fewer."""
    usual_days: int = 2
    """Earlier days with half as many, beyond which it is what the key is for: a ranker, an evaluation."""
    days: int = 3
    """Earlier days of use, before which nobody knows what the key is for, and it is of low severity."""


LIMITS = Limits()


def examine(history: KeyHistory, limits: Limits) -> Iterator[Sighting]:
    """Yield one sighting for each of the first days with so many probes."""
    sums = {day: total(cells, lambda cell: cell.prompt_scored) for day, cells in days(history).items()}
    for day, cells in days(history).items():
        usual = sum(value >= limits.calls / 2 for value in earlier(sums, day))
        if sums[day] >= limits.calls and usual <= limits.usual_days:
            why = f"{sums[day]:,.0f} calls in a day that ask how likely their own prompt is"
            cold = used_before(history, day) < limits.days
            yield sighting([cell for cell in cells if cell.prompt_scored], why, Severity.LOW if cold else None)
