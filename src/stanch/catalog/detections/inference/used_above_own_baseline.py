"""Applications grow slowly and follow the week; a stolen key, or one that copies the model, knows neither.

Reads: each key's calls and tokens by UTC day, and what other keys did on that day.
Blind to: growth that is slow enough to be its own past; a key's first week, but for what no other key does.
"""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from operator import attrgetter

from stanch.catalog.detections.inference._calls import BY_HAND, PLAYBOOK, days, earlier, sighting, total
from stanch.contracts.behaviour import About, CallCell, Sighting
from stanch.contracts.inference import KeyHistory, Peers
from stanch.domain.baseline import baseline
from stanch.domain.finding import Technique
from stanch.domain.severity import Severity

ABOUT = About(
    title="A key of the model used far beyond its own past",
    severity=Severity.MEDIUM,
    confidence=0.5,
    techniques=(Technique("atlas", "AML.T0024.002", "5.6"), Technique("atlas", "AML.T0012", "5.6")),
    playbook=PLAYBOOK,
    by_hand=BY_HAND,
)


@dataclass(frozen=True, slots=True)
class Limits:
    """Thresholds for one UTC day."""

    days: int = 7
    """Earlier days on which the key was used: with fewer it is judged by its peers, for a week has a rhythm."""
    times: float = 3.0
    """Times the largest earlier day, for weekly jobs have large days."""
    score: float = 6.0
    """Standard deviations above the median of earlier days."""
    least_spread: float = 0.25
    """Share of the median that a day strays by in any case."""
    tokens: int = 300_000
    """Tokens answered: what is less copies no model."""
    calls: int = 3000
    """Calls, where no tokens are told or the answers are short."""
    peers: float = 5.0
    """Standard deviations, in orders of magnitude, above all keys' days, for a key without a past."""
    peers_keys: int = 20
    """Keys without which there are no peers."""
    launch: float = 3.0
    """Times what half of its tenant's keys did that day, below which it is a launch and of low severity."""
    surge: float = 1.5
    """Times what nine keys in ten did of their own median on that day: a launch lifts many keys."""


LIMITS = Limits()
_FIGURES = (("tokens answered", "tokens_out", "tokens"), ("calls", "count", "calls"))


def examine(history: KeyHistory, limits: Limits) -> Iterator[Sighting]:
    """Yield one sighting for each day that stands out, by its tokens or else by its calls."""
    by_day = days(history)
    told: set[int] = set()
    for word, name, least in _FIGURES:
        sums = {day: total(cells, attrgetter(name)) for day, cells in by_day.items()}
        for day, value in sums.items():
            if value < getattr(limits, least) or day in told:
                continue
            past = earlier(sums, day)
            known = len(past) >= limits.days
            why = _beyond_past(value, past, history.peers.surge.get(day, 0.0), limits) if known else ""
            why = why if known else _beyond_peers(history.peers, name, value, limits)
            if why:
                told.add(day)
                cells, words = by_day[day], f"{value:,.0f} {word} in a day, {why}"
                if known and value < limits.launch * _launch(history.peers, cells, day) * baseline(past).median:
                    yield sighting(cells, f"{words}; its tenant's other keys rose as well", Severity.LOW)
                else:
                    yield sighting(cells, words, confidence=None if known else 0.35)


def _launch(peers: Peers, cells: Sequence[CallCell], day: int) -> float:
    """By how much the keys of its tenant rose together on that day."""
    tenant = next((cell.tenant for cell in cells if cell.tenant), "")
    return peers.launches.get((tenant, day), 0.0)


def _beyond_past(value: float, past: Sequence[float], surge: float, limits: Limits) -> str:
    usual = baseline(past)
    most = max(limits.times * max(past), limits.surge * surge * usual.median)
    if value < most or usual.score(value, limits.least_spread) < limits.score:
        return ""
    return f"on {usual.count} earlier days {usual.median:,.0f} and never more than {max(past):,.0f}"


def _beyond_peers(peers: Peers, name: str, value: float, limits: Limits) -> str:
    usual = peers.tokens_out if name == "tokens_out" else peers.calls
    if peers.keys < limits.peers_keys or usual.score(math.log10(1 + value), limits.least_spread) < limits.peers:
        return ""
    return f"in its first days, while {peers.keys} keys have {10**usual.median:,.0f} on a usual one"
