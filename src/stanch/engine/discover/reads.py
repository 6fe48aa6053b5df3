"""A serving host reads its whole model when it starts, and then hardly ever; a training job reads its corpus nightly.

Reads: cells of calls (who, what, which hour) from CloudTrail or the lake. Blind to: reads whose data events are not on.
"""

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime

from stanch.contracts.behaviour import Cell
from stanch.domain.estate import AssetKind
from stanch.engine.discover.seen import Find

STARTING = 15 * 60
"""Seconds from a session's first call to its first read of the model: a host has nothing else to do first."""
LOADING = 60 * 60
"""Seconds that a whole model takes at most: 800 GB at 2 Gbit/s."""
WHOLE = 0.8
"""Share of a model's shards, or of a data set's objects, that makes a read one of the whole."""
BULK, BULK_DAYS = 20, 3
"""Objects of a data set that are a bulk read, and days on which it must come again to be a habit."""
_S3 = frozenset({"s3.amazonaws.com", "s3express.amazonaws.com"})
# Sessions that AWS names itself: an instance, an ECS task, a pod with an identity, SageMaker.
_HOST_SESSION = re.compile(r"(i-[0-9a-f]{8,17}|[0-9a-f]{32}|eks-.+|SageMaker)")


@dataclass(slots=True)
class Habit:
    """How one role or user reads one find.

    starts: sessions of hosts that read all of it right after they began. others: what else read it whole or in bulk, in
    words. days: on which hosts read it in bulk, with the hours of the day.
    """

    starts: set[str] = field(default_factory=set)
    others: set[str] = field(default_factory=set)
    days: dict[int, set[int]] = field(default_factory=lambda: defaultdict(set))

    @property
    def is_repeated(self) -> bool:
        """Whether bulk reads come again on other days, about the same hour."""
        hours = Counter(hour for day in self.days.values() for hour in day)
        near = max((hours[hour] + hours[(hour + 1) % 24] for hour in hours), default=0)
        return len(self.days) >= BULK_DAYS and near >= BULK_DAYS


@dataclass(slots=True)
class _Session:
    """What one session read of one find."""

    keys: set[str] = field(default_factory=set)
    first: int = 0
    last: int = 0
    places: set[str] = field(default_factory=set)


Habits = Mapping[tuple[str, str], Habit]
"""By principal and by the find's `where`."""


def habits(cells: Iterable[Cell], finds: Iterable[Find]) -> Habits:
    """How each principal reads each find of weights, adapters and training data."""
    stores = [find for find in finds if find.kind in _READ and find.where.startswith("s3://")]
    began: dict[str, int] = {}
    sessions: dict[tuple[str, str, str], _Session] = {}
    found: defaultdict[tuple[str, str], Habit] = defaultdict(Habit)
    for cell in cells:
        arn = cell.actor.arn
        began[arn] = min(cell.first, began.get(arn, cell.first))
        if cell.failed or cell.source not in _S3 or not cell.objects or cell.is_aws:
            continue
        for find, keys in _touched(cell, stores):
            _note(sessions.setdefault((cell.principal, arn, find.where), _Session()), cell, keys)
            if find.kind is AssetKind.TRAINING_DATA and len(keys) >= min(BULK, WHOLE * find.count):
                _note_bulk(found[cell.principal, find.where], cell)
    by_where = {find.where: find for find in stores}
    usual = _usual_places(sessions)
    for (principal, arn, where), session in sessions.items():
        if len(session.keys) >= WHOLE * (by_where[where].shards or by_where[where].count or 1):
            _weigh(found[principal, where], arn, session, began[arn], usual[principal, where])
    return dict(found)


_READ = frozenset({AssetKind.WEIGHTS, AssetKind.ADAPTER, AssetKind.TRAINING_DATA})


def _touched(cell: Cell, stores: list[Find]) -> Iterable[tuple[Find, set[str]]]:
    for find in stores:
        bucket, _, prefix = find.where.removeprefix("s3://").partition("/")
        if bucket == cell.on and (keys := {key for key in cell.objects if key.startswith(prefix)}):
            yield find, keys


def _note(session: _Session, cell: Cell, keys: set[str]) -> None:
    session.first = min(session.first or cell.first, cell.first)
    session.last = max(session.last, cell.last)
    session.keys |= keys
    session.places.add(cell.place)


def _note_bulk(habit: Habit, cell: Cell) -> None:
    if _is_host(cell.actor.arn):
        when = datetime.fromtimestamp(cell.start, UTC)
        habit.days[when.toordinal()].add(when.hour)
    else:
        habit.others.add(f"session {cell.actor.arn.rsplit('/', 1)[-1]}")


def _is_host(arn: str) -> bool:
    """Whether AWS named the session, not a person."""
    return ":assumed-role/" in arn and _HOST_SESSION.fullmatch(arn.rsplit("/", 1)[-1]) is not None


def _usual_places(sessions: Mapping[tuple[str, str, str], _Session]) -> Mapping[tuple[str, str], str]:
    """From where each principal reads each find most often; "" is from inside."""
    places: defaultdict[tuple[str, str], Counter[str]] = defaultdict(Counter)
    for (principal, _, where), session in sessions.items():
        places[principal, where].update(session.places)
    return {who: counted.most_common(1)[0][0] for who, counted in places.items()}


def _weigh(habit: Habit, arn: str, session: _Session, began: int, usual: str) -> None:
    name = arn.rsplit("/", 1)[-1]
    if not _is_host(arn):
        habit.others.add(f"session {name}")
    elif session.places - {usual, ""}:
        habit.others.add(f"session {name} from another network")
    elif session.first - began <= STARTING and session.last - session.first <= LOADING:
        habit.starts.add(name)
