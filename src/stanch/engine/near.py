"""What different actors did belongs together when little time lies between; findings, by number, are joined in time."""

from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta

from stanch.domain.finding import Finding
from stanch.engine.findings import Told

STORY = timedelta(hours=24)
"""What different actors did belongs together when no more than this lies between."""

Pair = tuple[int, int]


def near(one: Finding, other: Finding) -> bool:
    """Whether no more than STORY lies between them."""
    return one.first_seen - STORY <= other.last_seen and other.first_seen - STORY <= one.last_seen


def in_time(told: Sequence[Told], members: Sequence[int]) -> Iterator[Pair]:
    """Each with the one before it, where no more than STORY lies between."""
    ordered = sorted(members, key=lambda index: told[index].finding.first_seen)
    latest: tuple[datetime, int] | None = None
    for index in ordered:
        finding = told[index].finding
        if latest is not None and finding.first_seen - latest[0] <= STORY:
            yield index, latest[1]
        if latest is None or finding.last_seen > latest[0]:
            latest = finding.last_seen, index


def beside(told: Sequence[Told], members: Sequence[int], strangers: Sequence[int]) -> Iterator[Pair]:
    """Each stranger with the one before him, and each member with those runs of strangers that came near him.

    Whoever is within STORY of a run is so of someone in it, for no longer time passes in it without anybody.
    """
    ordered = sorted(strangers, key=lambda index: told[index].finding.first_seen)
    runs: list[int] = []
    begins: list[datetime] = []
    ends: list[datetime] = []
    for index in ordered:
        first, last = told[index].finding.first_seen, told[index].finding.last_seen
        if runs and first - ends[-1] <= STORY:
            ends[-1] = max(ends[-1], last)
            yield index, runs[-1]
        else:
            runs.append(index)
            begins.append(first)
            ends.append(last)
    for index in members:
        finding = told[index].finding
        begin, end = bisect_left(ends, finding.first_seen - STORY), bisect_right(begins, finding.last_seen + STORY)
        yield from ((index, run) for run in runs[begin:end])
