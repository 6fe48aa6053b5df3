"""A server answers sooner what it has in its prefix cache: the time to the first token tells what others have asked.

Reads: calls that ask for next to no answer, of which very many begin alike and are sent more than once.
Blind to: logs without prompts; probes over many keys; a cache that is kept apart for each tenant needs no guard.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from stanch.catalog.detections.inference._calls import BY_HAND, PLAYBOOK, days, marked, sighting, total, used_before
from stanch.contracts.behaviour import About, Sighting
from stanch.contracts.inference import KeyHistory
from stanch.domain.finding import Technique
from stanch.domain.severity import Severity

ABOUT = About(
    title="Other tenants' prompts guessed by the time to the first token",
    severity=Severity.MEDIUM,
    confidence=0.55,
    techniques=(Technique("atlas", "AML.T0024", "5.6"),),
    playbook=PLAYBOOK,
    by_hand=f"Keep the prefix cache of each tenant apart (cache_salt). {BY_HAND}",
)


@dataclass(frozen=True, slots=True)
class Limits:
    """Thresholds for one UTC day and key."""

    calls: int = 300
    """Timed calls for two tokens at most."""
    alike: float = 0.5
    """Share of these calls that begin with one of the five most frequent beginnings."""
    again: float = 0.3
    """Share of these calls whose prompt was sent before in the hour: one measurement proves nothing."""
    days: int = 3
    """Earlier days of use, before which nobody knows what the key is for, and it is of low severity."""
    usual_days: int = 2
    """Earlier days alike, beyond which it is what the key is for: a classifier asks for one token all day."""


LIMITS = Limits()


def examine(history: KeyHistory, limits: Limits) -> Iterator[Sighting]:
    """Yield one sighting for each of the first days with so many probes."""
    prefixes, repeats = marked(history, "prefix"), marked(history, "again")
    alike = 0
    for day, cells in days(history).items():
        brief = total(cells, lambda cell: cell.brief)
        top = sum(count for _, count in prefixes[day].most_common(5)) if day in prefixes else 0
        again = sum(repeats[day].values()) if day in repeats else 0
        if brief >= limits.calls and top >= limits.alike * brief and again >= limits.again * brief:
            alike += 1
            if alike <= limits.usual_days + 1:
                why = f"{brief:,.0f} calls in a day for next to no answer, {top:,} that begin alike, {again:,} repeated"
                cold = used_before(history, day) < limits.days
                yield sighting([cell for cell in cells if cell.brief], why, Severity.LOW if cold else None)
