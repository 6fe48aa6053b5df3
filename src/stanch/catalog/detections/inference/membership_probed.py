"""A model is less surprised by what it was trained on: the logprobs of a prompt's own tokens tell whether it was.

Reads: calls that ask for the logprobs of their prompt, or for those of one token after it where prompts begin in many
ways, by UTC day, and what the key did on earlier days.
Blind to: candidates behind one instruction, which look like a classifier's texts; logs that tell no parameters.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from stanch.catalog.detections.inference._calls import (
    BY_HAND,
    PLAYBOOK,
    days,
    earlier,
    marked,
    sighting,
    total,
    used_before,
)
from stanch.contracts.behaviour import About, CallCell, Sighting
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
    calls_after: int = 600
    """Calls that ask for one token and its logprobs, which many do who ask one question of many texts."""
    alike: float = 0.3
    """Share of these that the five most frequent openings may have: whoever asks one question has one opening."""
    usual_days: int = 2
    """Earlier days with half as many, beyond which it is what the key is for: a ranker, an evaluation."""
    days: int = 3
    """Earlier days of use, before which nobody knows what the key is for, and it is of low severity."""


LIMITS = Limits()


def examine(history: KeyHistory, limits: Limits) -> Iterator[Sighting]:
    """Yield one sighting for each of the first days with so many probes."""
    by_day, openings = days(history), marked(history, "template")
    prompts = {day: total(cells, lambda cell: cell.prompt_scored) for day, cells in by_day.items()}
    after = {day: total(cells, _after) for day, cells in by_day.items()}
    for day, cells in by_day.items():
        severity = Severity.LOW if used_before(history, day) < limits.days else None
        if _unusual(prompts, day, limits.calls, limits):
            why = f"{prompts[day]:,.0f} calls in a day that ask how likely their own prompt is"
            yield sighting([cell for cell in cells if cell.prompt_scored], why, severity)
        elif _unusual(after, day, limits.calls_after, limits) and day in openings:
            top = sum(count for _, count in openings[day].most_common(5))
            if top <= limits.alike * after[day]:
                why = f"{after[day]:,.0f} calls in a day for one token and its logprobs, after texts that begin in many"
                yield sighting([cell for cell in cells if _after(cell)], f"{why} ways", severity, 0.5)


def _unusual(sums: Mapping[int, float], day: int, least: int, limits: Limits) -> bool:
    usual = sum(value >= least / 2 for value in earlier(sums, day))
    return sums[day] >= least and usual <= limits.usual_days


def _after(cell: CallCell) -> int:
    """Calls that ask how likely the next token is, and leave it as likely as it is."""
    return min(cell.scored, cell.single) if not cell.biased else 0
