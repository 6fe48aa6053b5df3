"""Whoever copies a bucket must learn its keys: the listing comes first, then its objects, within one session.

Reads: cells of S3 calls.
Blind to: keys that were listed in another session, or are known from an inventory.
"""

from collections.abc import Iterator, Sequence

from stanch.catalog.detections._questions import by_session, windows
from stanch.catalog.detections._reads import given
from stanch.contracts.behaviour import Cell
from stanch.domain.baseline import day_of

_LISTS_KEYS = frozenset({"ListObjects", "ListObjectsV2", "ListObjectVersions"})


def swept(cells: Sequence[Cell], objects: int, usual_days: int, after: str = "") -> Iterator[tuple[list[Cell], str]]:
    """Each bucket once that a session listed and read so many `objects` of, with the cells of that window.

    Buckets read on more than `usual_days` days are daily work. `after` names a call that must stand in the window too.
    """
    days: dict[str, set[int]] = {}
    for cell in cells:
        if given(cell):
            days.setdefault(cell.on, set()).add(day_of(cell.start))
    told: set[str] = set()
    for of_session in by_session(cells).values():
        for window in windows(of_session):
            if after and not any(cell.name == after and not cell.failed for cell in window):
                continue
            listed = {cell.on for cell in window if cell.name in _LISTS_KEYS and not cell.failed}
            for bucket in sorted(listed - told):
                if keys_read(window, bucket) >= objects and len(days[bucket]) <= usual_days:
                    told.add(bucket)
                    yield window, bucket


def keys_read(cells: Sequence[Cell], bucket: str) -> int:
    """Distinct objects of a bucket that were read."""
    return len({key for cell in cells if given(cell) and cell.on == bucket for key in cell.objects})
