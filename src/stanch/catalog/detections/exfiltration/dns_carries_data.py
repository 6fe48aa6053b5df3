"""Names can carry data: a resolver outside that is asked long questions without end is a way out.

Reads: traffic to port 53 of addresses outside the perimeter, its volume and the size of its packets.
Blind to: names asked of the VPC's own resolver, which flow logs leave out; DNS over HTTPS, which is port 443.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from stanch.catalog.detections._hosts import BY_HAND, MB, PLAYBOOK, left, sighting
from stanch.contracts.behaviour import About, FlowCell, FlowHistory, Sighting
from stanch.domain.baseline import day_of
from stanch.domain.finding import Technique
from stanch.domain.severity import Severity

ABOUT = About(
    title="A host sends data by DNS to a resolver outside",
    severity=Severity.MEDIUM,
    confidence=0.6,
    techniques=(Technique("attack", "T1048.003", "19"), Technique("attack", "T1071.004", "19")),
    playbook=PLAYBOOK,
    by_hand=BY_HAND,
)


@dataclass(frozen=True, slots=True)
class Limits:
    """Thresholds on one host's packets to port 53 outside, per UTC day."""

    bytes: int = 10 * MB
    """Bytes in a day, with packets as large as `packet`: some 80 000 questions."""
    packet: float = 110.0
    """Mean bytes of a packet, headers included. An ordinary question has 60 to 80; one that carries data 150 to 280."""
    bytes_anyway: int = 200 * MB
    """Bytes in a day that are no questions, however small the packets."""


LIMITS = Limits()


def weigh(flows: FlowHistory, limits: Limits) -> Iterator[Sighting]:
    """Yield one sighting of a host with all its days above the limits."""
    days: dict[int, list[FlowCell]] = {}
    for cell in left(flows):
        if cell.port == 53 and not cell.serves:
            days.setdefault(day_of(cell.start), []).append(cell)
    proof = [cell for cells in days.values() if _carries(cells, limits) for cell in cells]
    if proof:
        size, packets = sum(cell.bytes for cell in proof), sum(cell.packets for cell in proof)
        most = max(proof, key=lambda cell: cell.bytes).to
        why = (
            f"{size / MB:.0f} MB in {packets} packets of {size / max(packets, 1):.0f} bytes to port 53, most to {most}"
        )
        yield sighting(flows, proof, why, ABOUT.severity)


def _carries(cells: list[FlowCell], limits: Limits) -> bool:
    size, packets = sum(cell.bytes for cell in cells), sum(cell.packets for cell in cells)
    return size >= limits.bytes_anyway or (size >= limits.bytes and size >= limits.packet * packets)
