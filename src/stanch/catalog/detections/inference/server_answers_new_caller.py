"""Behind a gateway a model server has one caller: who else gets answers from its port came past keys, limits and logs.

Reads: what a host sent from the ports that model servers listen on, by the caller's network (/24, /48) and UTC day.
Blind to: a thief in the gateway's own subnet; a server's first days; callers outside, which are another detection's.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from stanch.catalog.detections._hosts import PLAYBOOK, PORTS, SHARED_PORTS, by_network, payload, served, sighting
from stanch.contracts.behaviour import About, FlowCell, FlowHistory, Sighting
from stanch.domain.baseline import day_of
from stanch.domain.estate import Side
from stanch.domain.finding import Technique
from stanch.domain.severity import Severity

ABOUT = About(
    title="A model server answers a caller that is not its gateway",
    severity=Severity.MEDIUM,
    confidence=0.5,
    techniques=(Technique("atlas", "AML.T0040", "5.6"), Technique("attack", "T1046", "19")),
    playbook=PLAYBOOK,
    by_hand="Isolate the caller's host; let the server's security group admit the gateway alone.",
)


@dataclass(frozen=True, slots=True)
class Limits:
    """Ports, and what is usual."""

    ports: frozenset[int] = PORTS
    """Defaults of model servers and of the schedulers under them; few else listen there."""
    ports_inference: frozenset[int] = SHARED_PORTS
    """The same for a declared inference host, where also ports that others use speak of the model."""
    days: int = 3
    """Earlier days on which the host answered on its port, before which nobody knows who its callers are."""
    networks: int = 4
    """Networks of callers beyond which the host stands open to many by design."""
    bytes: int = 20_000
    """Bytes beyond packet headers to the new network in a day: a probe of its health has less."""


LIMITS = Limits()


def weigh(flows: FlowHistory, limits: Limits) -> Iterator[Sighting]:
    """Yield one sighting of a host for each network that it answers for the first time."""
    days: dict[int, list[FlowCell]] = {}
    for cell in served(flows, limits):
        days.setdefault(day_of(cell.start), []).append(cell)
    known: set[str] = set()
    for number, cells in enumerate(days.values()):
        of = by_network(cells)
        if number >= limits.days and len(known) <= limits.networks:
            yield from (
                _told(flows, of[network]) for network in sorted(of.keys() - known) if _much(of[network], limits)
            )
        known |= of.keys()


def _much(cells: Sequence[FlowCell], limits: Limits) -> bool:
    return sum(map(payload, cells)) >= limits.bytes and any(cell.side is not Side.OUTSIDE for cell in cells)


def _told(flows: FlowHistory, cells: Sequence[FlowCell]) -> Sighting:
    callers = sorted({cell.to for cell in cells})
    sent = sum(map(payload, cells))
    why = f"{sent / 1000:,.0f} kB from port {cells[0].port} to {', '.join(callers[:3])}, which it never answered before"
    return sighting(flows, cells, why, ABOUT.severity)
