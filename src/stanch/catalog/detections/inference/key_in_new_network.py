"""An application moves its network or changes its client; that both are new at once is somebody else.

Reads: the networks, the clients and the hours of each key.
Blind to: a thief in a network of ours, or in the same provider's /24, with the same client; a key without a past.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from stanch.catalog.detections.inference._calls import BY_HAND, PLAYBOOK, every_day, inside, sighting, total
from stanch.contracts.behaviour import About, CallCell, Sighting
from stanch.contracts.inference import KeyHistory
from stanch.domain.finding import Technique
from stanch.domain.severity import Severity

ABOUT = About(
    title="A key of the model used from a new network by a new client",
    severity=Severity.MEDIUM,
    confidence=0.65,
    techniques=(Technique("atlas", "AML.T0012", "5.6"), Technique("atlas", "AML.T0055", "5.6")),
    playbook=PLAYBOOK,
    by_hand=BY_HAND,
)


@dataclass(frozen=True, slots=True)
class Limits:
    """Thresholds for one UTC day and key."""

    days: int = 5
    """Earlier days of use, before which every network is new."""
    networks: int = 4
    """Networks known of the key, beyond which it travels: one more says nothing."""
    calls: int = 20
    """Calls from the new network by the new client that were let through."""
    hours: float = 0.02
    """Share of earlier calls in these hours of the day, below which the time is odd as well, and it is grave."""


LIMITS = Limits()


def examine(history: KeyHistory, limits: Limits) -> Iterator[Sighting]:
    """Yield one sighting for each network that appears with a client of its own."""
    networks: set[str] = set()
    agents: set[str] = set()
    by_hour = [0] * 24
    for number, cells in enumerate(every_day(history).values()):
        strange = [cell for cell in cells if _strange(history, cell, networks, agents)]
        if number >= limits.days and len(networks) <= limits.networks:
            for network in dict.fromkeys(cell.network for cell in strange):
                proof = [cell for cell in strange if cell.network == network]
                calls = total(proof, lambda cell: cell.count - cell.failed)
                if calls >= limits.calls:
                    odd = _odd(proof, by_hour, limits)
                    why = f"{calls:,.0f} calls from {network}, never seen before, by a client never seen before"
                    yield sighting(proof, f"{why}{', at an odd hour' if odd else ''}", Severity.HIGH if odd else None)
        for cell in cells:
            networks.add(cell.network)
            agents.add(cell.agent)
            by_hour[cell.start // 3600 % 24] += cell.count


def _strange(history: KeyHistory, cell: CallCell, networks: set[str], agents: set[str]) -> bool:
    fresh = cell.network not in networks and cell.agent not in agents
    return bool(fresh and cell.network and cell.agent) and not inside(history, cell)


def _odd(cells: list[CallCell], by_hour: list[int], limits: Limits) -> bool:
    """Whether the key was hardly ever used in these hours of the day, or in those beside them."""
    hours = {(cell.start // 3600 + step) % 24 for cell in cells for step in (-1, 0, 1)}
    return sum(by_hour[hour] for hour in hours) < limits.hours * sum(by_hour)
