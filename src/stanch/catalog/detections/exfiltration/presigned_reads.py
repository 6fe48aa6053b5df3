"""A pre-signed URL reads with the signer's rights from wherever it is sent to.

Reads: cells of S3 reads whose URL carried the signature, and where their signer calls from by himself.
Blind to: a signer who hands out URLs as his business, within his usual volume; a reader in the signer's own network.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from stanch.catalog.detections._reads import Taken, keys_of_store, taken
from stanch.contracts.behaviour import About, Cell, History, Sighting, Whose
from stanch.domain.baseline import baseline, day_of, runs
from stanch.domain.estate import Side
from stanch.domain.finding import AssetRef, Technique
from stanch.domain.severity import Severity
from stanch.domain.weights import looks_like_weights

ABOUT = About(
    title="Objects read through pre-signed URLs from elsewhere",
    severity=Severity.MEDIUM,
    confidence=0.6,
    techniques=(Technique("attack", "T1530", "19"), Technique("attack", "T1567.002", "19")),
    playbook="stolen_role_session",
    whose=Whose.PRINCIPAL,
)


@dataclass(frozen=True, slots=True)
class Limits:
    """Thresholds; objects are distinct ones in a UTC day."""

    objects: int = 100
    """Objects of any store that are a bulk."""
    objects_worth_stealing: int = 1
    """Objects of a declared asset of weights, training data and the like, shards of a model, or files of weights."""
    usual_days: int = 3
    """Other days with such reads of the store that make handing out URLs the signer's business."""
    times: float = 5.0
    """Times the median of these days that is more than business."""


LIMITS = Limits()


def judge(history: History, limits: Limits) -> Iterator[Sighting]:
    """Yield one sighting for each store whose objects went by signed URLs to other networks than their signer's."""
    home = {cell.place for cell in history.cells if not cell.presigned and cell.place}
    stores: dict[AssetRef, dict[int, list[Taken]]] = {}
    for part in taken(history):
        if part.cell.presigned and _elsewhere(part.cell, home):
            stores.setdefault(part.store, {}).setdefault(day_of(part.cell.start), []).append(part)
    for ref, days in stores.items():
        objects = {day: len(keys_of_store(parts)) for day, parts in days.items()}
        worth = {day: _precious(parts) or _weights(parts) for day, parts in days.items()}
        told = {day: parts for day, parts in days.items() if _too_much(day, objects, worth[day], limits)}
        for run in runs(told):
            parts = [part for day in run for part in told[day]]
            places = {part.cell.place or part.cell.actor.address or "unknown" for part in parts}
            read = f"{len(keys_of_store(parts))} objects of {ref.name} read"
            why = f"{read} from {len(places)} networks, not the signer's own"
            yield Sighting(tuple(part.cell for part in parts), why, (ref,), _severity(parts))


def _elsewhere(cell: Cell, home: set[str]) -> bool:
    """Whether the reader is not where the signer calls from; an address inside the perimeter is at home."""
    if cell.network is not Side.UNKNOWN:
        return cell.network is Side.OUTSIDE and cell.place not in home
    return cell.place != "" and cell.place not in home


def _too_much(day: int, objects: Mapping[int, int], worth_stealing: bool, limits: Limits) -> bool:
    others = [float(count) for other, count in objects.items() if other != day]
    if len(others) >= limits.usual_days:
        return objects[day] >= max(limits.objects, limits.times * baseline(others).median)
    return objects[day] >= (limits.objects_worth_stealing if worth_stealing else limits.objects)


def _precious(parts: Sequence[Taken]) -> bool:
    return any(part.worth_stealing for part in parts) or any(part.shards() for part in parts)


def _weights(parts: Sequence[Taken]) -> bool:
    """Whether a file among them is named as one of weights; what model it is of, and how much of it, nobody knows."""
    return any(looks_like_weights(key) for part in parts for key in part.keys)


def _severity(parts: Sequence[Taken]) -> Severity:
    return Severity.HIGH if _precious(parts) else ABOUT.severity
