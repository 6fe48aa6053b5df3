"""Retrieval hands a model a few texts for each question; whoever asks for hundreds at once wants the store itself.

Reads: how many results retrievals asked for, whether they asked for vectors, and bytes, by UTC day and key.
Blind to: a sweep by many keys, each of which asks for little; one that is no more than what the key usually asks for.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from stanch.catalog.detections.inference._calls import BY_HAND, PLAYBOOK, days, earlier, sighting, total, used_before
from stanch.contracts.behaviour import About, CallCell, Sighting
from stanch.contracts.inference import KeyHistory
from stanch.domain.finding import Technique
from stanch.domain.severity import Severity

ABOUT = About(
    title="A vector store read out through its search",
    severity=Severity.HIGH,
    confidence=0.7,
    techniques=(Technique("atlas", "AML.T0085.000", "5.6"),),
    playbook=PLAYBOOK,
    by_hand=BY_HAND,
)


@dataclass(frozen=True, slots=True)
class Limits:
    """Thresholds for one UTC day and key."""

    results: int = 20_000
    """Results asked for in all, most of them many at once."""
    at_once: int = 200
    """Results asked for by one call: nothing that reads them takes so many."""
    vectors: int = 5000
    """Results asked for with their vectors: a text can be told from its vector."""
    bytes: int = 50_000_000
    """Bytes answered to one network, where the log tells no number: a search answers a few thousand."""
    bytes_each: int = 100_000
    """Bytes of the mean answer among them: a busy application has many small ones."""
    times: float = 3.0
    """Times the largest earlier day: what is indexed anew each week is known after the first."""
    results_few: int = 40_000
    """Results asked for a few at a time, as who counts through the ids of a store does."""
    times_few: float = 10.0
    """Times the largest earlier day, for these: an application's questions grow, too."""
    days: int = 5
    """Earlier days of use, without which nobody knows how much the key asks for a few at a time."""


LIMITS = Limits()


def examine(history: KeyHistory, limits: Limits) -> Iterator[Sighting]:
    """Yield one sighting for each day on which so much was asked for, and never before."""
    by_day = {day: [cell for cell in cells if cell.retrieved] for day, cells in days(history).items()}
    sums = {day: total(cells, lambda cell: cell.asked) for day, cells in by_day.items()}
    sent = {day: _sent(cells, limits) for day, cells in by_day.items()}
    for day, cells in by_day.items():
        asked, before = sums[day], max(earlier(sums, day), default=0)
        most = max((cell.asked_most for cell in cells), default=0)
        vectors = total(cells, lambda cell: cell.asked * min(cell.embedded, cell.count) / max(cell.count, 1))
        much = asked >= limits.times * before
        few = asked >= limits.results_few and asked >= limits.times_few * before
        if much and asked >= limits.results and most >= limits.at_once:
            yield sighting(cells, f"{asked:,.0f} stored results asked for in a day, up to {most:,} at once")
        elif much and vectors >= limits.vectors:
            yield sighting(cells, f"{vectors:,.0f} stored results asked for in a day with their vectors")
        elif few and used_before(history, day) >= limits.days:
            why = f"{asked:,.0f} stored results asked for in a day, on earlier days never more than {before:,.0f}"
            yield sighting(cells, why, Severity.MEDIUM, 0.5)
        for network, size in sent[day].items():
            usual = max((of.get(network, 0) for other, of in sent.items() if other < day), default=0)
            if not asked and size >= max(limits.bytes, limits.times * usual):
                proof = [cell for cell in cells if cell.network == network]
                yield sighting(proof, f"{size / 1e6:,.0f} MB of a store's answers in a day to {network}", None, 0.6)


def _sent(cells: Sequence[CallCell], limits: Limits) -> Mapping[str, int]:
    """Bytes of large answers by network."""
    found = Counter[str]()
    for cell in cells:
        if cell.network and cell.bytes_out >= limits.bytes_each * max(cell.count, 1):
            found[cell.network] += cell.bytes_out
    return found
