"""A server of models has few reasons to call the internet, and none to call it on a port that no service uses.

Reads: what each host sent to ports outside the perimeter other than the usual ones.
Blind to: whoever uses port 443, as most do; both ends on high ports, where nothing tells who called.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from stanch.catalog.detections._hosts import BY_HAND, MB, PLAYBOOK, asset_of, left, payload, sighting, to_aws
from stanch.contracts.behaviour import About, FlowHistory, Sighting
from stanch.domain.finding import Technique
from stanch.domain.severity import Severity

ABOUT = About(
    title="A host sends data to an odd port on the internet",
    severity=Severity.LOW,
    confidence=0.5,
    techniques=(Technique("attack", "T1571", "19"), Technique("attack", "T1048", "19")),
    playbook=PLAYBOOK,
    by_hand=BY_HAND,
)


@dataclass(frozen=True, slots=True)
class Limits:
    """Thresholds over all logs that were read."""

    usual: frozenset[int] = frozenset({25, 53, 80, 123, 443, 465, 587, 853})
    """Ports of mail, names, web and time. Git and SFTP on 22 are odd from such a host, and so are databases outside."""
    bytes: int = 100 * MB
    """Bytes beyond packet headers to odd ports of one address, either protocol."""
    bytes_inference: int = 10 * MB
    """The same for a declared inference host."""


LIMITS = Limits()


def weigh(flows: FlowHistory, limits: Limits) -> Iterator[Sighting]:
    """Yield one sighting of a host with all addresses that it sent much to on odd ports."""
    least = limits.bytes_inference if asset_of(flows) else limits.bytes
    odd = [cell for cell in left(flows) if cell.port and cell.port not in limits.usual]
    sent: dict[str, int] = {}
    odd = [cell for cell in odd if not cell.serves and not to_aws(cell)]
    for cell in odd:
        sent[cell.to] = sent.get(cell.to, 0) + payload(cell)
    proof = [cell for cell in odd if sent[cell.to] >= least]
    if proof:
        most = max(proof, key=lambda cell: sent[cell.to])
        others = len({cell.to for cell in proof}) - 1
        more = f", and to {others} more" if others else ""
        yield sighting(flows, proof, f"{sent[most.to] / MB:.0f} MB to {most.to} port {most.port}{more}", ABOUT.severity)
