"""A thief reads what the stolen identity never read before.

Reads: the first time that each principal was given objects of each store.
Blind to: everything within the first days of the logs, when each store is new to everyone; a store the victim uses.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from stanch.catalog.detections._reads import CARETAKERS, LOADERS, Taken, keys_of_store, purpose, taken
from stanch.contracts.behaviour import HOUR, About, History, Sighting, Whose
from stanch.domain.baseline import DAY
from stanch.domain.estate import Purpose, Side
from stanch.domain.finding import AssetRef, Technique
from stanch.domain.severity import Severity

GB = 10**9

ABOUT = About(
    title="A store read in bulk by a principal that never read it before",
    severity=Severity.MEDIUM,
    confidence=0.5,
    techniques=(
        Technique("attack", "T1530", "19"),
        Technique("attack", "T1119", "19"),
        Technique("atlas", "AML.T0036", "5.6"),
    ),
    playbook="weights_read",
    whose=Whose.PRINCIPAL,
)


@dataclass(frozen=True, slots=True)
class Limits:
    """Thresholds; volume is that of the first hours after the first read."""

    warm_days: int = 5
    """Days of logs without such a read that must lie before it: cold, everything is a first time."""
    hours: int = 24
    """Hours after the first read in which its volume is counted."""
    objects: int = 500
    """Distinct objects that are a bulk."""
    bytes: int = 50 * GB
    """Bytes that are a bulk, however few the objects."""
    objects_worth_stealing: int = 20
    """Distinct objects of a declared asset of weights, training data and the like."""
    bytes_worth_stealing: int = GB
    """Bytes of such an asset."""


LIMITS = Limits()


def judge(history: History, limits: Limits) -> Iterator[Sighting]:
    """Yield one sighting for each store that was new to this principal and at once read in bulk."""
    stores: dict[AssetRef, list[Taken]] = {}
    for part in taken(history):
        stores.setdefault(part.store, []).append(part)
    for ref, parts in stores.items():
        first = min(part.cell.first for part in parts)
        days = (first - history.began.timestamp()) / DAY
        role = purpose(parts[0].cell, history)
        if days < limits.warm_days or role in CARETAKERS or role in LOADERS:
            continue
        early = [part for part in parts if part.cell.first - first < limits.hours * HOUR]
        if why := _bulk(early, limits):
            severity = _severity(early, role)
            cells = tuple(part.cell for part in early)
            yield Sighting(cells, f"{ref.name}: {why} after {days:.0f} days without a read", (ref,), severity)


def _bulk(parts: Sequence[Taken], limits: Limits) -> str | None:
    precious = parts[0].worth_stealing
    objects, size = len(keys_of_store(parts)), sum(part.bytes for part in parts)
    many = limits.objects_worth_stealing if precious else limits.objects
    much = limits.bytes_worth_stealing if precious else limits.bytes
    return f"{objects} objects, {size / GB:.1f} GB" if objects >= many or size >= much else None


def _severity(parts: Sequence[Taken], role: Purpose | None) -> Severity:
    """A workload that is put to new work does the same: without a declaration it takes a person or an outside place."""
    cells = [part.cell for part in parts]
    if any(Side.OUTSIDE in (cell.network, cell.account) for cell in cells):
        return Severity.HIGH
    if parts[0].worth_stealing:
        return Severity.MEDIUM if role in (None, Purpose.ADMIN, Purpose.EXPORT) else Severity.HIGH
    long_term = any((cell.actor.access_key or "").startswith("AKIA") for cell in cells)
    return Severity.MEDIUM if long_term else Severity.LOW
