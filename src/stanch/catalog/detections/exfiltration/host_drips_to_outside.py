"""A patient thief sends a little each day: no day is large, and a month of them is a model.

Reads: the bytes of each host to each outside network over all days of the logs.
Blind to: a drip over more destinations than one, or that began before the logs did.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from stanch.catalog.detections._hosts import BY_HAND, GB, MB, PLAYBOOK, by_network, left, payload, sighting, to_aws
from stanch.contracts.behaviour import About, FlowCell, FlowHistory, Sighting
from stanch.domain.baseline import DAY, day_of
from stanch.domain.finding import Technique
from stanch.domain.severity import Severity

ABOUT = About(
    title="A host sends a little to one outside network day after day, and much in all",
    severity=Severity.MEDIUM,
    confidence=0.5,
    techniques=(
        Technique("attack", "T1030", "19"),
        Technique("attack", "T1048", "19"),
        Technique("attack", "T1029", "19"),
    ),
    playbook=PLAYBOOK,
    by_hand=BY_HAND,
)


@dataclass(frozen=True, slots=True)
class Limits:
    """Thresholds on the bytes, beyond packet headers, of one host to one outside /24 (or /48)."""

    warm_days: float = 2.0
    """Days of logs before the first of them: a drip begins, while monitoring was always there."""
    days: int = 4
    """Distinct days with traffic worth counting."""
    least: int = 20 * MB
    """Bytes that make a day worth counting: keep-alives and health checks stay below."""
    most: int = 20 * GB
    """Bytes above which a day is no drip but a flood, which other behaviours tell."""
    total: int = 2 * GB
    """Bytes in all."""


LIMITS = Limits()


def weigh(flows: FlowHistory, limits: Limits) -> Iterator[Sighting]:
    """Yield one sighting for the destination of a host that was dripped to most."""
    dripped: list[tuple[int, str, int, list[FlowCell]]] = []
    for net, cells in by_network(cell for cell in left(flows) if not cell.serves).items():
        if cells[0].start - flows.began.timestamp() < limits.warm_days * DAY or all(map(to_aws, cells)):
            continue
        days = _days(cells)
        counted = [sent for sent in days.values() if sent >= limits.least]
        if len(counted) >= limits.days and max(counted) <= limits.most and sum(counted) >= limits.total:
            dripped.append((sum(counted), net, len(counted), cells))
    if dripped:
        sent, net, count, cells = max(dripped, key=lambda each: each[0])
        yield sighting(flows, cells, f"{sent / GB:.1f} GB to {net} on {count} days, none of them large", ABOUT.severity)


def _days(cells: Sequence[FlowCell]) -> dict[int, int]:
    days: dict[int, int] = {}
    for cell in cells:
        day = day_of(cell.start)
        days[day] = days.get(day, 0) + payload(cell)
    return days
