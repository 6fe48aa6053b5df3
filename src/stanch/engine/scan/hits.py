"""What correlations find is told of its events, and whose reads those were is known only then."""

from array import array
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import islice
from typing import Protocol

from stanch.engine.gather import Gatherer
from stanch.engine.scan.matches import Matches
from stanch.engine.scan.waiting import Kept, Waiting
from stanch.engine.sigma import Correlator, Hit, Rule

TIMES = 16
"""How often all blocks may be opened again where each caller's hit lies scattered among those of all others."""
_NAMES_ACTOR = ("actor.", "userIdentity.")
_BETWEEN = "\0"
"""Between an event's id, which orders the events of one second, and its number, by which it is found again."""


class Takes(Protocol):
    """The groups that hits go to."""

    def absorb(self, other: Gatherer, /) -> None:
        """Take in these."""


def gather_hits(
    rules: Sequence[Rule],
    waiting: Waiting,
    gathered: Takes,
    matches: Matches,
    at_once: int,
    explaining: Collection[str] = (),
) -> None:
    """Correlate the events that wait: hits go to what was gathered, what was read of all that matched to the matches.

    `at_once` events behind hits are opened at a time, or more where all would be gone through too often. Hits of the
    rules that are `explaining` are no findings: they explain what their events are to the rules that match these alone.
    """
    by_id = {rule.id: rule for rule in rules}
    correlator = Correlator(rules)
    for number, row in enumerate(waiting.rows()):
        name = f"{row.id}{_BETWEEN}{number}"
        for base in row.bases:
            correlator.feed(by_id[base], name, row.time, row)
    hit_by = _HitBy(len(waiting))
    behind = _behind(correlator.done())
    most = max(1, at_once, len(waiting) // TIMES)
    while some := list(islice(behind, most)):
        opened = waiting.some(number for _, *numbers in some for number in numbers)
        found = Gatherer()
        for hit, number, last in some:
            if hit.rule.id in explaining:
                for detection in opened[number].detections:
                    found.explain(by_id[detection].detection, opened[number], hit.rule.id)
                continue
            found.add(hit.rule.detection, _told(hit, opened[number], opened[last]), opened[number].routines)
            hit_by.add(number, hit.rule.detection.id)
        gathered.absorb(found)
    for number, row in enumerate(waiting.rows()):
        if row.read is not None and (detections := row.detections | hit_by[number]):
            matches.note((row.key, detections, row.assets), *row.read)


def _behind(hits: Iterable[Hit]) -> Iterator[tuple[Hit, int, int]]:
    """Each event of each hit by its number, with that of the hit's last."""
    for hit in hits:
        last = _number(hit.events[-1])
        for name in hit.events:
            yield hit, _number(name), last


def _number(name: str) -> int:
    return int(name.rpartition(_BETWEEN)[2])


def _told(hit: Hit, one: Kept, last: Kept) -> Kept:
    """An event of a hit; a pattern across actors is one story, told of who completed it, from where everybody was."""
    grouped = hit.rule.correlation.group_by if hit.rule.correlation else ()
    if any(name.startswith(_NAMES_ACTOR) for name in grouped):
        return one
    return replace(one, actor=last.actor, whence=one.actor.address)


class _HitBy:
    """For each of a million events the detections that hit it, in four bytes: few sets are ever needed."""

    def __init__(self, count: int) -> None:
        self._set_of = array("I", bytes(4 * count))
        self._sets: list[frozenset[str]] = [frozenset()]
        self._numbers: dict[frozenset[str], int] = {frozenset(): 0}

    def __getitem__(self, event: int) -> frozenset[str]:
        return self._sets[self._set_of[event]]

    def add(self, event: int, detection: str) -> None:
        larger = self[event] | {detection}
        if larger not in self._numbers:
            self._numbers[larger] = len(self._sets)
            self._sets.append(larger)
        self._set_of[event] = self._numbers[larger]
