"""An adapter is small and has a name: whoever guesses the name may use what another tenant paid to train.

Reads: models and adapters that were asked for and are none, and adapters that the key never used before, by UTC day.
Blind to: the list of models itself, which shows them all and which every client asks for; names that were known.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from stanch.catalog.detections.inference._calls import BY_HAND, PLAYBOOK, every_day, marked, sighting, used_before
from stanch.contracts.behaviour import About, Sighting
from stanch.contracts.inference import KeyHistory
from stanch.domain.finding import Technique
from stanch.domain.severity import Severity

ABOUT = About(
    title="Names of models and adapters tried in turn",
    severity=Severity.MEDIUM,
    confidence=0.7,
    techniques=(Technique("atlas", "AML.T0040", "5.6"), Technique("attack", "T1580", "19")),
    playbook=PLAYBOOK,
    by_hand=BY_HAND,
)


@dataclass(frozen=True, slots=True)
class Limits:
    """Thresholds for one UTC day and key."""

    missing: int = 10
    """Different names that are no model and no adapter; a wrong setting has one, and asks for it again and again."""
    adapters: int = 6
    """Adapters used for the first time on one day, by a key with a past: a tenant has few, and adds one at a time."""
    days: int = 5
    """Earlier days without which nobody knows which adapters the key uses."""


LIMITS = Limits()


def examine(history: KeyHistory, limits: Limits) -> Iterator[Sighting]:
    """Yield one sighting for each day with too many names."""
    missing, known = marked(history, "missing"), set[str]()
    for day, cells in every_day(history).items():
        names = len(missing.get(day, ()))
        used = {cell.adapter for cell in cells if cell.adapter and not cell.missing}
        fresh, known = used - known, known | used
        if names >= limits.missing:
            proof = [cell for cell in cells if cell.missing]
            why = f"{names} names asked for in a day that are no model and no adapter"
            yield sighting(proof, why, Severity.HIGH)  # all refused, which takes it down again
        elif len(fresh) >= limits.adapters and used_before(history, day) >= limits.days:
            proof = [cell for cell in cells if cell.adapter in fresh]
            yield sighting(proof, f"{len(fresh)} adapters used for the first time in a day", confidence=0.5)
