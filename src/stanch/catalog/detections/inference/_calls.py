"""A key does today what it did yesterday: what it does for the first time, and much of, is what must be explained.

Reads: the cells and marks of one key.
"""

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import lru_cache

from stanch.contracts.behaviour import CallCell, Sighting
from stanch.contracts.inference import KeyHistory
from stanch.domain.arn import like, role_of_session
from stanch.domain.baseline import day_of
from stanch.domain.estate import Export, Side
from stanch.domain.severity import Severity

PLAYBOOK = "leaked_inference_key"
BY_HAND = "Ask the key's owner; where the key was leaked, give him another."
KEPT_CELLS = 200
BYTES_OF_TOKEN = 4
"""Bytes of answer for each token, where a log tells no bytes."""

_VERSION = re.compile(r"[0-9][0-9A-Za-z.+-]*")

Days = Mapping[int, Sequence[CallCell]]


def days(history: KeyHistory) -> Days:
    """The cells of each UTC day, in order, but for what a declared export covers."""
    return history.once(_days)


def every_day(history: KeyHistory) -> Days:
    """The cells of each UTC day, declared or not: a planned job explains how much a key is used, not by whom."""
    return history.once(_every_day)


def marked(history: KeyHistory, kind: str) -> Mapping[int, Counter[str]]:
    """What the calls of each UTC day had in common, of one kind, with the calls that had it."""
    return history.once(_marked).get(kind, {})


def lately(by_day: Days, span: int) -> Iterator[tuple[int, list[int]]]:
    """Each day of use with those of the `span` UTC days that end with it: whoever takes his time is seen as well."""
    for day in by_day:
        yield day, [other for other in by_day if day - span < other <= day]


def in_days(number: int) -> str:
    """How long it took, in words."""
    return "in a day" if number == 1 else f"in {number} days"


def total(cells: Iterable[CallCell], of: Callable[[CallCell], float]) -> float:
    """The sum of one figure."""
    return sum(map(of, cells))


def earlier(sums: Mapping[int, float], day: int) -> list[float]:
    """The figures of the days before this one."""
    return [value for other, value in sums.items() if other < day]


def used_before(history: KeyHistory, day: int) -> int:
    """Days before this one on which the key was used."""
    return sum(other < day for other in every_day(history))


def inside(history: KeyHistory, cell: CallCell) -> bool:
    """Whether a call came from one of our own networks."""
    return history.estate.perimeter.network(cell.address or None) is Side.INSIDE


@lru_cache(maxsize=65_536)
def client(agent: str) -> str:
    """What called, whatever its version: that is new with every release."""
    return _VERSION.sub("", agent)


def sighting(
    cells: Sequence[CallCell], why: str, severity: Severity | None = None, confidence: float | None = None
) -> Sighting:
    """What was seen, with the largest cells as proof; keys and callers among them may be acted on."""
    kept = sorted(cells, key=lambda cell: cell.count + cell.joined, reverse=True)[:KEPT_CELLS]
    keys = dict.fromkeys(role_of_session(cell.key) or cell.key for cell in cells if cell.key)
    return Sighting(
        tuple(sorted(kept, key=lambda cell: cell.first)),
        why,
        severity=severity,
        confidence=confidence,
        resources=tuple(keys),
    )


def _days(history: KeyHistory) -> Days:
    planned = _planned(history)
    return _by_day(cell for cell in history.cells if not any(_covers(export, cell) for export in planned))


def _every_day(history: KeyHistory) -> Days:
    return _by_day(history.cells)


def _by_day(cells: Iterable[CallCell]) -> Days:
    found: dict[int, list[CallCell]] = {}
    for cell in cells:
        found.setdefault(day_of(cell.start), []).append(cell)
    return found


def _planned(history: KeyHistory) -> list[Export]:
    """The declared exports of this key that took no more than they may; one that took more covers nothing."""
    planned = []
    for export in history.estate.exports:
        if like(export.by, history.key):
            sent = total((cell for cell in history.cells if _covers(export, cell)), _sent)
            if sent <= export.max_bytes:
                planned.append(export)
    return planned


def _covers(export: Export, cell: CallCell) -> bool:
    return export.start.timestamp() <= cell.first and cell.last < export.end.timestamp()


def _sent(cell: CallCell) -> float:
    return max(cell.bytes_out, cell.tokens_out * BYTES_OF_TOKEN)


def _marked(history: KeyHistory) -> Mapping[str, Mapping[int, Counter[str]]]:
    found: dict[str, dict[int, Counter[str]]] = {}
    for mark in history.marks:
        found.setdefault(mark.kind, {}).setdefault(day_of(mark.start), Counter())[mark.value] += mark.count
    return found
