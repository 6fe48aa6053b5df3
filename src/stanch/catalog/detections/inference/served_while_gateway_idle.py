"""Behind a gateway a model server rests when the gateway does: what it answers meanwhile was asked past keys and logs.

Reads: what a host sent from the ports that model servers listen on, in hours in which the gateway's log holds no call.
Blind to: who comes past a gateway while it is busy, or in most of its idle hours; gaps in its log that look like rest.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from statistics import median

from stanch.catalog.detections._hosts import PLAYBOOK, PORTS, SHARED_PORTS, by_network, payload, served, sighting
from stanch.contracts.behaviour import About, FlowCell, FlowHistory, Sighting
from stanch.domain.baseline import day_of
from stanch.domain.finding import Technique
from stanch.domain.severity import Severity

ABOUT = About(
    title="A model server answers while its gateway is idle",
    severity=Severity.MEDIUM,
    confidence=0.6,
    techniques=(Technique("atlas", "AML.T0040", "5.6"), Technique("attack", "T1190", "19")),
    playbook=PLAYBOOK,
    by_hand="Isolate the caller's host; let the server's security group admit the gateway alone.",
)


@dataclass(frozen=True, slots=True)
class Limits:
    """Which hours are compared, and what is usual in them."""

    ports: frozenset[int] = PORTS
    """Defaults of model servers and of the schedulers under them; few else listen there."""
    ports_inference: frozenset[int] = SHARED_PORTS
    """The same for a declared inference host, where also ports that others use speak of the model."""
    longest: int = 14
    """Hours without a call after which it is the gateway's log that is missing, and not its callers."""
    hours: int = 4
    """Idle hours that are compared, at least: in fewer nobody knows what a server sends when it rests."""
    times: float = 3.0
    """Times what the same network usually gets in an idle hour: probes and metrics are fetched day and night."""
    bytes: int = 200_000
    """Bytes beyond packet headers to one network in the idle hours of a day: some fifty answers."""


LIMITS = Limits()


def weigh(flows: FlowHistory, limits: Limits) -> Iterator[Sighting]:
    """Yield one sighting of a host for each day and network that it answered past its idle gateway."""
    idle = _idle(flows.asked, limits) if flows.asked else frozenset()
    if len(idle) < limits.hours:
        return
    answered = [cell for cell in served(flows, limits) if cell.start in idle]
    for cells in by_network(answered).values():
        sums: dict[int, int] = dict.fromkeys(idle, 0)
        for cell in cells:
            sums[cell.start] += payload(cell)
        usual = median(sums.values())
        for day in sorted({day_of(cell.start) for cell in cells}):
            much = [cell for cell in cells if day_of(cell.start) == day and sums[cell.start] > limits.times * usual]
            if sum(map(payload, much)) >= limits.bytes:
                yield _told(flows, much)


def _idle(asked: Mapping[int, int], limits: Limits) -> frozenset[int]:
    """Hours without a call, and without one just before and after: an answer may be long, and a clock wrong."""
    found: set[int] = set()
    rest: list[int] = []
    for hour in sorted(asked):
        if not asked[hour]:
            rest.append(hour)
            continue
        if len(rest) <= limits.longest:
            found.update(rest[1:-1])
        rest = []
    return frozenset(found)


def _told(flows: FlowHistory, cells: Sequence[FlowCell]) -> Sighting:
    callers = sorted({cell.to for cell in cells})
    hours = len({cell.start for cell in cells})
    why = (
        f"{sum(map(payload, cells)) / 1000:,.0f} kB from port {cells[0].port} to {', '.join(callers[:3])} in "
        f"{hours} {'hour' if hours == 1 else 'hours'} around which the gateway logged no call"
    )
    return sighting(flows, cells, why, ABOUT.severity)
