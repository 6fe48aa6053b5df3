"""A planned export says who reads what, when, and how much: the first byte beyond was not planned.

Reads: declared exports, and the reads of those whom they name.
Blind to: principals whom no export names, and bytes that CloudTrail does not tell.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from stanch.catalog.detections._reads import CARETAKERS, LOADERS, Taken, all_keys, by_store, given, purpose
from stanch.contracts.behaviour import HOUR, About, History, Sighting, Whose
from stanch.domain.arn import like
from stanch.domain.estate import Export
from stanch.domain.finding import Technique
from stanch.domain.severity import Severity

ABOUT = About(
    title="A planned export went beyond its bounds",
    severity=Severity.MEDIUM,
    confidence=0.7,
    techniques=(Technique("attack", "T1530", "19"), Technique("atlas", "AML.T0025", "5.6")),
    playbook="weights_read",
    whose=Whose.PRINCIPAL,
)


@dataclass(frozen=True, slots=True)
class Limits:
    """How exactly the bounds are taken."""

    hours: int = 48
    """Hours before and after the export's time in which the same reads belong to it, begun early or not stopped."""
    grave: float = 1.5
    """Times the declared bytes from which it is a leak rather than a poor estimate."""


LIMITS = Limits()


def judge(history: History, limits: Limits) -> Iterator[Sighting]:
    """Yield one sighting for each export that read more than it may, or at another time."""
    if not history.estate.exports:
        return
    cells = sorted((cell for cell in history.cells if given(cell)), key=lambda cell: cell.first)
    parts = [part for cell in cells for part in by_store(cell, history.estate)]
    for export in history.estate.exports:
        own = [part for part in parts if _of(export, part)]
        begin, end = export.start.timestamp(), export.end.timestamp()
        inside = [part for part in own if part.cell.last >= begin and part.cell.first < end]
        yield from _too_much(export, inside, limits)
        early = [part for part in own if begin - limits.hours * HOUR <= part.cell.first < begin]
        late = [part for part in own if end <= part.cell.last < end + limits.hours * HOUR]
        out = [part for part in (*early, *late) if not _everyday(part, history)]
        if out and not _planned_otherwise(out, export, history):
            why = f"{len(all_keys(out))} objects of {export.asset} read before or after the time planned for it"
            yield Sighting(tuple(part.cell for part in out), why, (out[0].store,))


def _of(export: Export, part: Taken) -> bool:
    named = any(like(export.by, name) for name in (part.cell.actor.arn, part.cell.principal))
    return named and part.asset is not None and part.asset.name == export.asset


def _too_much(export: Export, parts: list[Taken], limits: Limits) -> Iterator[Sighting]:
    size = sum(part.bytes for part in parts)
    if size <= export.max_bytes:
        return
    before, beyond = 0, []
    for part in parts:
        before += part.bytes
        if before > export.max_bytes:
            beyond.append(part.cell)
    why = f"{size} bytes of {export.asset} read, {export.max_bytes} planned by {export.owner}"
    severity = Severity.HIGH if size >= limits.grave * export.max_bytes else Severity.MEDIUM
    yield Sighting(tuple(beyond), why, (parts[0].store,), severity)


def _everyday(part: Taken, history: History) -> bool:
    role = purpose(part.cell, history)
    return role in LOADERS or role in CARETAKERS


def _planned_otherwise(parts: list[Taken], this: Export, history: History) -> bool:
    """Whether another export of the same asset covers all of it: two exports may follow each other."""
    others = [export for export in history.estate.exports if export is not this]
    return all(
        any(
            _of(export, part) and export.start.timestamp() <= part.cell.first < export.end.timestamp()
            for export in others
        )
        for part in parts
    )
