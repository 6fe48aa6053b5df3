"""A key that was leaked has two holders: its application goes on while somebody else uses it, too.

Reads: the networks of each key in each hour.
Blind to: a thief in a network of ours or behind the same address; one who waits until the application sleeps.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from stanch.catalog.detections.inference._calls import BY_HAND, PLAYBOOK, every_day, inside, sighting
from stanch.contracts.behaviour import About, CallCell, Sighting
from stanch.contracts.inference import KeyHistory
from stanch.domain.finding import Technique
from stanch.domain.severity import Severity

ABOUT = About(
    title="A key of the model used in two networks at once",
    severity=Severity.MEDIUM,
    confidence=0.55,
    techniques=(Technique("atlas", "AML.T0012", "5.6"), Technique("atlas", "AML.T0055", "5.6")),
    playbook=PLAYBOOK,
    by_hand=BY_HAND,
)


@dataclass(frozen=True, slots=True)
class Limits:
    """Thresholds for one UTC day and key."""

    days: int = 5
    """Earlier days of use, before which nobody knows how many holders are right."""
    networks: int = 3
    """Networks known of the key, beyond which it travels or is shared."""
    hours: int = 3
    """Hours of the day in which both networks used the key: one that moves is in both for an hour."""
    calls: int = 5
    """Calls from the new network in such an hour."""
    usual: int = 2
    """Calls from a known one in the same hour: its application is awake."""


LIMITS = Limits()


def examine(history: KeyHistory, limits: Limits) -> Iterator[Sighting]:
    """Yield one sighting for each network that comes to one that was there before and goes on."""
    known: set[str] = set()
    for number, cells in enumerate(every_day(history).values()):
        calls = _by_hour([cell for cell in cells if cell.network])
        seen = {network for of in calls.values() for network in of}
        if number >= limits.days and 0 < len(known) <= limits.networks:
            for network in sorted(seen - known):
                proof = [cell for cell in cells if cell.network == network]
                hours = _together(calls, network, known, limits)
                if hours >= limits.hours and not all(inside(history, cell) for cell in proof):
                    yield sighting(proof, f"in {hours} hours of a day from {network}, new, and from its usual network")
        known |= seen


def _by_hour(cells: Sequence[CallCell]) -> Mapping[int, Mapping[str, int]]:
    found: dict[int, dict[str, int]] = {}
    for cell in cells:
        calls = found.setdefault(cell.start, {})
        calls[cell.network] = calls.get(cell.network, 0) + max(cell.count, cell.joined)
    return found


def _together(calls: Mapping[int, Mapping[str, int]], network: str, known: set[str], limits: Limits) -> int:
    """Hours in which both this network and one that was known made so many calls."""
    return sum(
        of.get(network, 0) >= limits.calls and any(of.get(other, 0) >= limits.usual for other in known)
        for of in calls.values()
    )
