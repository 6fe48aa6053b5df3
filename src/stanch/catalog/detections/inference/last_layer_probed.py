"""The last layer of a model is of low rank: whoever biases each token in turn and reads its logprob can solve for it.

Reads: calls that ask for one token and bias some, with its logprobs or without, of a week and one key.
Blind to: logs that tell no parameters of calls; a sweep by many keys, or one so slow that its week holds few.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from stanch.catalog.detections.inference._calls import (
    BY_HAND,
    PLAYBOOK,
    days,
    in_days,
    lately,
    marked,
    sighting,
    total,
)
from stanch.contracts.behaviour import About, Sighting
from stanch.contracts.inference import KeyHistory
from stanch.domain.baseline import DAY
from stanch.domain.finding import Technique
from stanch.domain.severity import Severity

ABOUT = About(
    title="The last layer of a model read out by biased tokens",
    severity=Severity.HIGH,
    confidence=0.85,
    techniques=(Technique("atlas", "AML.T0024.002", "5.6"), Technique("atlas", "AML.T0048.004", "5.6")),
    playbook=PLAYBOOK,
    by_hand=BY_HAND,
)


@dataclass(frozen=True, slots=True)
class Limits:
    """Thresholds for the UTC days of one week."""

    calls: int = 200
    """Calls for one token that bias tokens and ask for logprobs; a layer of 1 000 dimensions takes thousands."""
    calls_blind: int = 1000
    """The same without logprobs: the bias at which the answer turns is found by some ten calls for each token."""
    calls_untold: int = 2000
    """Calls with logprobs, where the log counts biased tokens and names none."""
    tokens: int = 100
    """Different tokens that are part of a sweep: it solves for one and goes on to the next."""
    rare: float = 0.1
    """Share of the calls above which a token is a label, or what others are measured by, and no part of a sweep."""
    hours: int = 3
    """Hours in which a token was ever biased, beyond which it is a label as well, however many labels there are."""
    days: int = 7
    """UTC days that are looked at together."""


LIMITS = Limits()


def examine(history: KeyHistory, limits: Limits) -> Iterator[Sighting]:
    """Yield one sighting for the days that make a sweep, and one for each day on which it goes on."""
    by_day, biased = days(history), marked(history, "bias")
    told: set[int] = set()
    for day, week in lately(by_day, limits.days):
        proof = {other: [cell for cell in by_day[other] if cell.biased and cell.single] for other in week}
        if not proof[day]:
            continue
        cells = [cell for of in proof.values() for cell in of]
        probes = total(cells, lambda cell: min(cell.biased, cell.single))
        scored = total(cells, lambda cell: min(cell.biased, cell.scored, cell.single))
        counts = sum((biased[other] for other in week if other in biased), Counter[str]())
        tokens, named = _swept(history, day, counts, probes, limits), bool(counts)
        swept = tokens >= limits.tokens
        if scored >= (limits.calls if named else limits.calls_untold) and (swept or not named):
            severity, confidence, calls = ABOUT.severity, ABOUT.confidence, f"{scored:,.0f} calls for one token with"
        elif swept and probes >= limits.calls_blind:
            severity, confidence, calls = Severity.MEDIUM, 0.6, f"{probes:,.0f} calls for one token without"
        else:
            continue
        what = f"{tokens:,} different tokens biased" if named else "tokens biased that the log does not name"
        fresh = [cell for other in week if other not in told for cell in proof[other]]
        told.update(week)
        yield sighting(fresh, f"{calls} its logprobs {in_days(len(week))}, {what}", severity, confidence)


def _swept(history: KeyHistory, day: int, counts: Counter[str], probes: float, limits: Limits) -> int:
    """Tokens that few of the calls bias, and only within a few hours so far."""
    seen = history.once(_hours)
    end = (day + 1) * DAY
    return sum(
        count <= limits.rare * probes and sum(hour < end for hour in seen[token]) <= limits.hours
        for token, count in counts.items()
    )


def _hours(history: KeyHistory) -> Mapping[str, Sequence[int]]:
    """The hours in which each token was biased."""
    found: dict[str, list[int]] = {}
    for mark in history.marks:
        if mark.kind == "bias":
            found.setdefault(mark.value, []).append(mark.start)
    return found
