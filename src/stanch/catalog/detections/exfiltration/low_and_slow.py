"""A model taken a few shards a day is as stolen as one taken in an hour, and each day looks like nothing.

Reads: shards and distinct objects that one principal was given, over all days of the logs.
Blind to: what lies before the logs; undeclared stores without shards, where every reader of new files does the same.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby

from stanch.catalog.detections._reads import CARETAKERS, LOADERS, Taken, is_shard, keys_of_store, purpose, taken
from stanch.contracts.behaviour import About, History, Sighting, Whose
from stanch.domain.baseline import day_of
from stanch.domain.finding import AssetRef, Technique
from stanch.domain.severity import Severity
from stanch.domain.shards import Model

ABOUT = About(
    title="A model or data set taken a little each day",
    severity=Severity.HIGH,
    confidence=0.7,
    techniques=(
        Technique("attack", "T1530", "19"),
        Technique("attack", "T1030", "19"),
        Technique("atlas", "AML.T0048.004", "5.6"),
    ),
    playbook="weights_read",
    whose=Whose.PRINCIPAL,
)


@dataclass(frozen=True, slots=True)
class Limits:
    """Thresholds of a slow theft: many days, each small, and next to nothing read twice."""

    days: int = 4
    """Days with reads over which the whole came together."""
    day_share: float = 0.4
    """The largest share of the whole that any one day took; more is not slow."""
    model_share: float = 0.7
    """Share of a model's shards, all days together."""
    least_shards: int = 6
    """Shards that a model must have for days to be told apart."""
    objects: int = 100
    """Distinct objects of a declared data set, all days together."""
    read_once: float = 0.85
    """Share of the reads that brought something new: work reads its files again, a copy does not."""


LIMITS = Limits()


def judge(history: History, limits: Limits) -> Iterator[Sighting]:
    """Yield one sighting for each model or declared data set that came together over days."""
    parts = [
        part
        for part in taken(history)
        if (role := purpose(part.cell, history)) not in LOADERS and role not in CARETAKERS
    ]
    models: dict[Model, list[tuple[Taken, set[int]]]] = {}
    for part in parts:
        for model, numbers in part.shards().items():
            models.setdefault(model, []).append((part, numbers))
    for model, shards in models.items():
        yield from _of_model(model, shards, limits)
    yield from _of_data(parts, history, limits)


def _of_model(model: Model, shards: Sequence[tuple[Taken, set[int]]], limits: Limits) -> Iterator[Sighting]:
    read = set().union(*(numbers for _, numbers in shards))
    if model[1] < limits.least_shards or len(read) < limits.model_share * model[1]:
        return
    asked = ((part, {str(number) for number in numbers}) for part, numbers in shards)
    if days := _slow_days(asked, len(read), limits):
        parts = [part for part, _ in shards]
        yield _sighting(parts, f"{len(read)} of {model[1]} shards of {model[0]} over {days} days")


def _of_data(parts: Iterable[Taken], history: History, limits: Limits) -> Iterator[Sighting]:
    """Declared data sets, where the estate can also tell who is no trainer."""
    stores: dict[AssetRef, list[Taken]] = {}
    for part in parts:
        if part.worth_stealing and history.estate.principals:
            stores.setdefault(part.store, []).append(part)
    for ref, reads in stores.items():
        whole = {key for key in keys_of_store(reads) if not is_shard(key)}
        if len(whole) < limits.objects:
            continue
        if days := _slow_days(((part, whole.intersection(part.keys)) for part in reads), len(whole), limits):
            yield _sighting(reads, f"{len(whole)} objects of {ref.name} over {days} days")


def _slow_days(reads: Iterable[tuple[Taken, set[str]]], whole: int, limits: Limits) -> int:
    """On how many days `whole` things came together, each day small and few of them twice; 0 where it was otherwise.

    `reads` come in the order of time.
    """
    days = largest = asked = 0
    for _, of_day in groupby(reads, lambda read: day_of(read[0].cell.start)):
        together: set[str] = set()
        for _, names in of_day:
            together |= names
            asked += len(names)
        days, largest = days + 1, max(largest, len(together))
    slow = days >= limits.days and largest <= limits.day_share * whole
    return days if slow and whole >= limits.read_once * asked else 0


def _sighting(parts: Sequence[Taken], why: str) -> Sighting:
    return Sighting(tuple(part.cell for part in parts), why, tuple(dict.fromkeys(part.store for part in parts)))
