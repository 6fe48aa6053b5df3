"""A server answers sooner what it has in its prefix cache: the time to the first token tells what others have asked.

Reads: calls that ask for next to no answer, of which very many begin alike and are sent more than once, or differ in
their last word alone.
Blind to: logs without prompts; probes over many keys; guesses of several words, each timed once.
"""

from collections import Counter
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
    guesses: int = 8
    """Calls that have all but the last word in common: a question with its choices has fewer, and a cache that answers
    ten times sooner needs one measurement for each guess."""
    beginnings: int = 5
    """Different ones that were guessed at: what is known grows word by word, a question about one word has one."""
    extended: float = 0.25
    """Share of these calls that are such guesses, those that were sent before left out."""
    days: int = 3
    """Earlier days of use, before which nobody knows what the key is for, and it is of low severity."""
    usual_days: int = 2
    """Earlier days alike, beyond which it is what the key is for: a classifier asks for one token all day."""


LIMITS = Limits()
_NONE = Counter[str]()


def examine(history: KeyHistory, limits: Limits) -> Iterator[Sighting]:
    """Yield one sighting for each of the first days with so many probes."""
    prefixes, stems, repeats = (marked(history, kind) for kind in ("prefix", "stem", "again"))
    alike = 0
    for day, cells in days(history).items():
        brief = total(cells, lambda cell: cell.brief)
        if brief < limits.calls:
            continue
        top = sum(count for _, count in prefixes.get(day, _NONE).most_common(5))
        again = repeats.get(day, _NONE).total()
        cold = used_before(history, day) < limits.days
        guessed = [count for count in stems.get(day, _NONE).values() if count >= limits.guesses]
        tried = sum(guessed) - again
        if top >= limits.alike * brief and again >= limits.again * brief:
            what = f"{top:,} that begin alike, {again:,} repeated"
        elif len(guessed) >= limits.beginnings and tried >= limits.extended * brief:
            what = f"{tried:,} guesses at the last word after {len(guessed)} beginnings"
            cold = cold and total(cells, lambda cell: cell.scored) >= brief / 2  # choices whose logprobs are compared
        else:
            continue
        alike += 1
        if alike <= limits.usual_days + 1:
            why = f"{brief:,.0f} calls in a day for next to no answer, {what}"
            yield sighting([cell for cell in cells if cell.brief], why, Severity.LOW if cold else None)
