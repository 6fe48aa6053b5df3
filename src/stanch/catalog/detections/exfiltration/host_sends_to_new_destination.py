"""Stolen weights go to a place where this host never sent anything before.

Reads: the first day on which a host sent to each outside network, and how much.
Blind to: everything within the first days of the logs, when each destination is new; a destination in regular use.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from stanch.catalog.detections._hosts import (
    BY_HAND,
    GB,
    PLAYBOOK,
    asset_of,
    by_network,
    left,
    payload,
    sighting,
    to_aws,
)
from stanch.contracts.behaviour import HOUR, About, FlowCell, FlowHistory, Sighting
from stanch.domain.baseline import DAY
from stanch.domain.finding import Technique
from stanch.domain.severity import Severity

ABOUT = About(
    title="A host sends much to a network that it never sent to before",
    severity=Severity.MEDIUM,
    confidence=0.6,
    techniques=(Technique("attack", "T1048", "19"), Technique("attack", "T1567", "19")),
    playbook=PLAYBOOK,
    by_hand=BY_HAND,
)


@dataclass(frozen=True, slots=True)
class Limits:
    """Thresholds on the bytes, beyond packet headers, to an outside /24 (or /48) that is new to the host."""

    warm_days: int = 3
    """Days of this host's own traffic before the first packet: without them everything is new."""
    hours: int = 24
    """Hours after the first packet in which bytes are counted."""
    bytes: int = 2 * GB
    """Bytes to all new networks together: a thief may use several."""
    bytes_inference: int = GB // 2
    """The same for a declared inference host."""
    each: int = GB // 10
    """Bytes below which one network does not count to them: many small answers are no leak."""


LIMITS = Limits()


def weigh(flows: FlowHistory, limits: Limits) -> Iterator[Sighting]:
    """Yield one sighting of a host with all its new destinations of one run of the logs."""
    if not flows.cells:
        return
    begun = max(flows.cells[0].start, int(flows.began.timestamp())) + limits.warm_days * DAY
    new: dict[str, list[FlowCell]] = {}
    for net, cells in by_network(cell for cell in left(flows) if not cell.serves).items():
        early = [cell for cell in cells if cell.start - cells[0].start < limits.hours * HOUR]
        if cells[0].start >= begun and not all(map(to_aws, early)) and sum(map(payload, early)) >= limits.each:
            new[net] = early
    proof = [cell for cells in new.values() for cell in cells]
    sent = sum(map(payload, proof))
    if sent >= (limits.bytes_inference if asset_of(flows) else limits.bytes):
        most = max(new, key=lambda net: sum(map(payload, new[net])))
        others = f" and {len(new) - 1} more" if len(new) > 1 else ""
        yield sighting(flows, proof, f"{sent / GB:.1f} GB to {most}{others}, never sent to before", ABOUT.severity)
