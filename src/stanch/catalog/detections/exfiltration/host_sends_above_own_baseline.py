"""A host that serves a model answers its callers; gigabytes to one network outside are no answers.

Reads: what each host sent out of the perimeter, per day and destination network, beyond bare acknowledgements.
Blind to: bytes to a destination inside the perimeter, from where another host may take them out.
"""

from collections.abc import Iterator, Sequence
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
from stanch.contracts.behaviour import About, FlowCell, FlowHistory, Sighting
from stanch.domain.baseline import DAY, baseline, day_of
from stanch.domain.finding import Technique
from stanch.domain.severity import Severity

ABOUT = About(
    title="A host sends far more to an outside network than on other days",
    severity=Severity.MEDIUM,
    confidence=0.6,
    techniques=(Technique("attack", "T1048", "19"), Technique("attack", "T1041", "19")),
    playbook=PLAYBOOK,
    by_hand=BY_HAND,
)


@dataclass(frozen=True, slots=True)
class Limits:
    """Thresholds on the bytes of one UTC day beyond packet headers, to one outside /24 (or /48)."""

    history_days: int = 5
    """Days of logs that must lie before the day; with fewer the start is cold."""
    active_days: int = 3
    """Of these, days on which the host sent to this network at all; with fewer there is nothing to compare with."""
    score: float = 6.0
    """Robust standard deviations above the median of the earlier active days."""
    times: float = 3.0
    """Times that median: a host of very even days must not fire at a little more."""
    least_spread: float = 0.1
    """Share of the median that days are taken to differ by at least."""
    floor: int = 2 * GB
    """Bytes below which no day is unusual."""
    cold: int = 20 * GB
    """Bytes that speak for themselves on a cold start: the weights of a small model."""
    cold_inference: int = 5 * GB
    """The same for a declared inference host, whose answers are text."""
    aws: int = 10
    """How many times more a service of AWS may be sent: backups and logs go there."""


LIMITS = Limits()


def weigh(flows: FlowHistory, limits: Limits) -> Iterator[Sighting]:
    """Yield one sighting of a host with all its days and networks above their baseline."""
    told: list[tuple[int, str]] = []
    proof: list[FlowCell] = []
    for net, cells in by_network(left(flows)).items():
        days: dict[int, list[FlowCell]] = {}
        for cell in cells:
            days.setdefault(day_of(cell.start), []).append(cell)
        for day, usual in _unusual(days, flows, limits):
            sent = sum(map(payload, days[day]))
            told.append((sent, f"{sent / GB:.1f} GB in a day to {net}, {usual}"))
            proof += days[day]
    if proof:
        more = f" (and {len(told) - 1} more such days or networks)" if len(told) > 1 else ""
        yield sighting(flows, proof, max(told)[1] + more, ABOUT.severity)


def _unusual(days: dict[int, list[FlowCell]], flows: FlowHistory, limits: Limits) -> Iterator[tuple[int, str]]:
    """The days above what was usual until then, each with what that was."""
    before: list[float] = []
    cold = limits.cold_inference if asset_of(flows) else limits.cold
    for day, cells in sorted(days.items()):
        sent = sum(map(payload, cells))
        allowed = limits.aws if all(map(to_aws, cells)) else 1
        warm = day - flows.began.timestamp() / DAY >= limits.history_days and len(before) >= limits.active_days
        if warm and sent >= limits.floor * allowed and _above(sent, before, limits):
            yield day, f"usually {baseline(before).median / GB:.2f} GB"
        elif not warm and sent >= cold * allowed and _grows(sent, before, limits):
            yield day, f"with {len(before)} earlier days to compare"
        before.append(sent)


def _above(sent: int, before: Sequence[float], limits: Limits) -> bool:
    usual = baseline(before)
    return usual.score(sent, limits.least_spread) >= limits.score and sent >= limits.times * usual.median


def _grows(sent: int, before: Sequence[float], limits: Limits) -> bool:
    """On a cold start the first large day is told, and later ones only if they are larger still."""
    return not before or sent >= limits.times * max(before)
