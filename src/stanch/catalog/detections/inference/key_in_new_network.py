"""An application moves its network or changes its client; that both are new at once is somebody else.

Reads: the networks, the clients and the hours of each key.
Blind to: a thief who copies the client's name; one in a network of ours by day; a key without a past.
"""

from collections.abc import Container, Iterable, Iterator
from dataclasses import dataclass, field

from stanch.catalog.detections.inference._calls import BY_HAND, PLAYBOOK, client, every_day, inside, sighting, total
from stanch.contracts.behaviour import About, CallCell, Sighting
from stanch.contracts.inference import KeyHistory
from stanch.domain.baseline import day_of
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
    """Thresholds for one key and one network."""

    days: int = 5
    """Earlier days of use, before which every network is new."""
    networks: int = 4
    """Networks known of the key, beyond which it travels: one more says nothing."""
    calls: int = 20
    """Calls from the new network by the new client that were let through."""
    calls_left: int = 5
    """The same for a key that was never used outside our own networks."""
    within: int = 5
    """Days of use for which a network is new: a few calls each night come to as much."""
    hours: float = 0.02
    """Share of earlier calls in these hours of the day, below which the time is odd as well, and it is grave."""


LIMITS = Limits()


@dataclass(slots=True)
class _Past:
    """What is known of a key: the number of the day on which each of its networks and clients came."""

    networks: dict[str, int] = field(default_factory=dict)
    clients: dict[str, int] = field(default_factory=dict)
    by_hour: list[int] = field(default_factory=lambda: [0] * 24)
    left: bool = False
    """Whether it was used outside our networks."""

    def take(self, number: int, cells: Iterable[CallCell], rollouts: Container[tuple[str, int]]) -> None:
        for cell in cells:
            rolled_out = (cell.agent, day_of(cell.start)) in rollouts
            self.networks.setdefault(cell.network, number)
            self.clients.setdefault(client(cell.agent), 0 if rolled_out else number)


def examine(history: KeyHistory, limits: Limits) -> Iterator[Sighting]:
    """Yield one sighting for each network that appears with a client of its own."""
    past = _Past()
    fresh: dict[str, list[CallCell]] = {}
    told: set[str] = set()
    for number, cells in enumerate(every_day(history).values()):
        past.take(number, cells, history.peers.rollouts)
        known = sum(number - came >= limits.within or came < limits.days for came in past.networks.values())
        for cell in cells:
            if known <= limits.networks and _strange(cell, number, past, limits):
                fresh.setdefault(cell.network, []).append(cell)
        for network in fresh.keys() - told:
            if found := _told(history, network, fresh[network], past, limits):
                told.add(network)
                yield found
        for cell in cells:
            if cell.network not in fresh:
                past.by_hour[cell.start // 3600 % 24] += cell.count
                past.left = past.left or (bool(cell.network) and not inside(history, cell))


def _strange(cell: CallCell, number: int, past: _Past, limits: Limits) -> bool:
    """Whether network and client came on one day, not long ago, to a key that had a past."""
    came = past.networks[cell.network]
    young = came >= limits.days and number - came < limits.within
    return bool(cell.network and cell.agent) and young and past.clients[client(cell.agent)] == came


def _told(history: KeyHistory, network: str, cells: list[CallCell], past: _Past, limits: Limits) -> Sighting | None:
    calls = total(cells, lambda cell: cell.count - cell.failed)
    odd, ours = _odd(cells, past.by_hour, limits), all(inside(history, cell) for cell in cells)
    if calls < (limits.calls if ours or past.left else limits.calls_left) or (ours and not odd):
        return None
    why = f"{calls:,.0f} calls from {network}, never seen before, by a client never seen before"
    grave = odd and not ours
    return sighting(cells, f"{why}{', at an odd hour' if odd else ''}", Severity.HIGH if grave else None)


def _odd(cells: list[CallCell], by_hour: list[int], limits: Limits) -> bool:
    """Whether the key was hardly ever used in these hours of the day, or in those beside them."""
    hours = {(cell.start // 3600 + step) % 24 for cell in cells for step in (-1, 0, 1)}
    return sum(by_hour[hour] for hour in hours) < limits.hours * sum(by_hour)
