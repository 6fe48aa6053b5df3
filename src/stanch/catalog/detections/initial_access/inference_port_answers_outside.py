"""A model server asks nobody who he is: whoever reaches its port can use the model, and its bugs.

Reads: answers of a host from the ports that model servers listen on, to addresses outside the perimeter.
Blind to: a load balancer or proxy in between, whose own port is another and whose callers are its own.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from stanch.catalog.detections._hosts import PLAYBOOK, PORTS, SHARED_PORTS, payload, served, sighting
from stanch.contracts.behaviour import About, FlowHistory, Sighting
from stanch.domain.estate import Side
from stanch.domain.finding import Technique
from stanch.domain.severity import Severity

ABOUT = About(
    title="A model server's own port answers addresses outside",
    severity=Severity.MEDIUM,
    confidence=0.5,
    techniques=(Technique("attack", "T1190", "19"), Technique("atlas", "AML.T0040", "5.6")),
    playbook=PLAYBOOK,
    by_hand="Close the port in the security group; put a gateway that asks for credentials before it.",
)


@dataclass(frozen=True, slots=True)
class Limits:
    """Ports, and how much must be answered."""

    ports: frozenset[int] = PORTS
    """Defaults of model servers and of the schedulers under them; few else listen there."""
    ports_inference: frozenset[int] = SHARED_PORTS
    """The same for a declared inference host, where also ports that others use speak of the model."""
    bytes: int = 20_000
    """Bytes beyond packet headers, to all addresses outside together: a refusal or a banner has less."""


LIMITS = Limits()


def weigh(flows: FlowHistory, limits: Limits) -> Iterator[Sighting]:
    """Yield one sighting of a host with all that it answered."""
    proof = [cell for cell in served(flows, limits) if cell.side is not Side.INSIDE]
    sent = sum(map(payload, proof))
    if sent >= limits.bytes:
        callers = len({cell.to for cell in proof})
        most = max(proof, key=payload)
        why = f"{sent / 1000:.0f} kB from port {most.port} to {callers} addresses outside, most to {most.to}"
        yield sighting(flows, proof, why, ABOUT.severity)
