"""Whoever has one host looks for the next: he knocks at many doors, and most stay shut.

Reads: packets of one host to many inside addresses and ports that were refused, or that nothing came of.
Blind to: a scan slower than a few doors an hour; a scan inside one security group that lets everything through.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from stanch.catalog.detections._hosts import BY_HAND, PLAYBOOK, sighting
from stanch.contracts.behaviour import About, FlowCell, FlowHistory, Sighting
from stanch.domain.estate import Side
from stanch.domain.finding import Technique
from stanch.domain.severity import Severity

ABOUT = About(
    title="A host knocks at many addresses and ports inside",
    severity=Severity.MEDIUM,
    confidence=0.6,
    techniques=(Technique("attack", "T1046", "19"), Technique("attack", "T1018", "19")),
    playbook=PLAYBOOK,
    by_hand=BY_HAND,
)


@dataclass(frozen=True, slots=True)
class Limits:
    """Thresholds on the distinct doors (an inside address and a port) of one host in one hour."""

    refused: int = 30
    """Doors that a security group or ACL kept shut. A host that lost its peers knocks at a few, again and again."""
    unanswered: int = 200
    """Doors of which a flow is one to three packets without content; also a monitor's probe looks so."""
    packets: int = 3
    """Packets of such a flow."""
    bytes: int = 80
    """Bytes of such a packet, headers included."""


LIMITS = Limits()


def weigh(flows: FlowHistory, limits: Limits) -> Iterator[Sighting]:
    """Yield one sighting of a host with all the hours in which it knocked at too many doors."""
    hours: dict[int, list[FlowCell]] = {}
    for cell in flows.cells:
        if cell.side is Side.INSIDE and not cell.serves and (not cell.accepted or _empty(cell, limits)):
            hours.setdefault(cell.start, []).append(cell)
    proof: list[FlowCell] = []
    for cells in hours.values():
        shut = [cell for cell in cells if not cell.accepted]
        if _doors(shut) >= limits.refused or _doors(cells) >= limits.unanswered:
            proof += cells
    if proof:
        addresses = len({cell.to for cell in proof})
        why = f"{_doors(proof)} doors at {addresses} inside addresses, refused or without an answer"
        yield sighting(flows, proof, why, ABOUT.severity)


def _empty(cell: FlowCell, limits: Limits) -> bool:
    return cell.packets <= limits.packets * cell.count and cell.bytes <= limits.bytes * cell.packets


def _doors(cells: Sequence[FlowCell]) -> int:
    return len({(cell.to, cell.port) for cell in cells})
