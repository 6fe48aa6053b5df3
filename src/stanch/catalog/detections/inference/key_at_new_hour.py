"""People and schedules keep their hours: a key that a client never seen before uses in its sleep has another holder.

Reads: the hours and the clients of each key, from networks that it is known in or that no log tells.
Blind to: a key that is used around the clock; a thief who copies the client's name, or comes in its usual hours.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from stanch.catalog.detections.inference._calls import BY_HAND, PLAYBOOK, client, every_day, sighting, total
from stanch.contracts.behaviour import About, CallCell, Sighting
from stanch.contracts.inference import KeyHistory
from stanch.domain.baseline import day_of
from stanch.domain.finding import Technique
from stanch.domain.severity import Severity

ABOUT = About(
    title="A key of the model used at a new hour by a new client",
    severity=Severity.MEDIUM,
    confidence=0.4,
    techniques=(Technique("atlas", "AML.T0012", "5.6"), Technique("atlas", "AML.T0055", "5.6")),
    playbook=PLAYBOOK,
    by_hand=BY_HAND,
)


@dataclass(frozen=True, slots=True)
class Limits:
    """Thresholds for one key and one client."""

    days: int = 8
    """Earlier days of use, before which nobody knows the key's hours: a week has a rhythm."""
    hours: float = 0.01
    """Share of all earlier calls in an hour of the day and the two beside it, below which the key sleeps."""
    calls: int = 20
    """Calls of the new client in such hours that were let through."""
    nights: int = 2
    """UTC days with such calls: one is somebody who works late."""
    within: int = 7
    """UTC days in which they are counted, from the client's first."""
    share: float = 0.8
    """Share of the client's calls that lie in such hours: who is awake as well changed his client."""


LIMITS = Limits()


def examine(history: KeyHistory, limits: Limits) -> Iterator[Sighting]:
    """Yield one sighting for each client that comes while the key sleeps, from where it is known."""
    clients: dict[str, int] = {}
    networks: set[str] = {""}
    by_hour = [0] * 24
    seen: dict[str, list[CallCell]] = {}
    for number, (day, cells) in enumerate(every_day(history).items()):
        for cell in cells:
            of = client(cell.agent)
            if of and number >= limits.days and of not in clients:
                seen[of] = []
            first = clients.setdefault(of, day)
            if of in seen and cell.network in networks and day - first < limits.within:
                seen[of].append(cell)
        for cell in cells:
            if client(cell.agent) not in seen:
                networks.add(cell.network)
                by_hour[cell.start // 3600 % 24] += cell.count
    for cells in seen.values():
        if found := _told(cells, by_hour, limits):
            yield found


def _told(cells: Sequence[CallCell], by_hour: Sequence[int], limits: Limits) -> Sighting | None:
    asleep = [cell for cell in cells if _asleep(cell.start // 3600 % 24, by_hour, limits)]
    calls = total(asleep, lambda cell: cell.count - cell.failed)
    nights = len({day_of(cell.start) for cell in asleep})
    if calls < limits.calls or nights < limits.nights:
        return None
    if total(asleep, lambda cell: cell.count) < limits.share * total(cells, lambda cell: cell.count):
        return None
    return sighting(asleep, f"{calls:,.0f} calls by a client never seen before in {nights} nights, when the key sleeps")


def _asleep(hour: int, by_hour: Sequence[int], limits: Limits) -> bool:
    return sum(by_hour[(hour + step) % 24] for step in (-1, 0, 1)) < limits.hours * sum(by_hour)
