"""The last layer of a model is of low rank: whoever biases each token in turn and reads its logprob can solve for it.

Reads: calls that ask for one token, with its logprobs and with biased tokens, by UTC day and key.
Blind to: probing without logprobs, by many calls for each number; logs that tell no parameters of calls.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from stanch.catalog.detections.inference._calls import BY_HAND, PLAYBOOK, days, marked, sighting, total
from stanch.contracts.behaviour import About, Sighting
from stanch.contracts.inference import KeyHistory
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
    """Thresholds for one UTC day."""

    calls: int = 200
    """Calls for one token that bias tokens and ask for logprobs; a layer of 1 000 dimensions takes thousands."""
    tokens: int = 100
    """Different tokens biased: a classifier biases its few labels."""
    calls_untold: int = 2000
    """Calls, where the log counts biased tokens and names none."""


LIMITS = Limits()


def examine(history: KeyHistory, limits: Limits) -> Iterator[Sighting]:
    """Yield one sighting for each day with so many probes."""
    biased = marked(history, "bias")
    for day, cells in days(history).items():
        proof = [cell for cell in cells if cell.biased and cell.scored and cell.single]
        probes = total(proof, lambda cell: min(cell.biased, cell.scored, cell.single))
        tokens = len(biased.get(day, ()))
        if probes >= (limits.calls if tokens else limits.calls_untold) and (tokens >= limits.tokens or not tokens):
            what = f"{tokens:,} different tokens biased" if tokens else "tokens biased that the log does not name"
            yield sighting(proof, f"{probes:,.0f} calls for one token with its logprobs in a day, {what}")
