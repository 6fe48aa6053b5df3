"""A thousand matching calls of one actor are one finding with a count, and with the assets they touched."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Protocol

from stanch.contracts.behaviour import CallCell, Cell, FlowCell, Sighting
from stanch.contracts.detection import Detection
from stanch.domain.event import Actor, Event
from stanch.domain.finding import MOST_STRANGERS, AssetRef

KEPT_EVENTS = 1000
"""Event ids kept in one finding; `count` counts all of them."""

Caller = tuple[str, str | None]
"""The ARN that made a call and the address it came from."""
GroupKey = tuple[str, str, str | None, tuple[AssetRef, ...]]
"""What tells a group: the id of the detection, the caller's ARN and access key, and the assets."""


class Seen(Protocol):
    """What gathering asks of an enriched event."""

    @property
    def event(self) -> Event:
        """The event itself."""

    @property
    def actor(self) -> Actor:
        """Who did it, origin not yet known."""

    @property
    def address(self) -> str | None:
        """Where the call came from."""

    @property
    def assets(self) -> tuple[AssetRef, ...]:
        """What it touched."""

    @property
    def resources(self) -> tuple[str, ...]:
        """ARNs a playbook may act on."""

    @property
    def strangers(self) -> tuple[str, ...]:
        """Who outside was let in or sent something, by name."""

    @property
    def region(self) -> str:
        """Where it happened."""

    @property
    def failed(self) -> bool:
        """Whether AWS refused it."""


@dataclass(slots=True)
class Group:
    """The matching events of one detection, actor and set of assets, as they stream by."""

    detection: Detection
    actor: Actor
    assets: tuple[AssetRef, ...]
    region: str
    first: datetime
    last: datetime
    count: int = 0
    failed: int = 0
    ids: list[str] = field(default_factory=list)
    resources: dict[str, None] = field(default_factory=dict)
    files: dict[str, None] = field(default_factory=dict)
    callers: dict[Caller, None] = field(default_factory=dict)
    why: dict[str, None] = field(default_factory=dict)
    strangers: tuple[str, ...] = ()
    explained: Counter[str] = field(default_factory=Counter)
    days: set[int] = field(default_factory=set)
    cells: list[Cell | FlowCell | CallCell] = field(default_factory=list)

    def add(self, seen: Seen, routines: Iterable[str]) -> None:
        """Take in one event, which these routines explain."""
        self.explained.update(routines)
        event = seen.event
        self.count += 1
        self.failed += seen.failed
        self.days.add(event.time.toordinal())
        self.first = min(self.first, event.time)
        self.last = max(self.last, event.time)
        if len(self.ids) < KEPT_EVENTS:
            self.ids.append(event.id)
        self.files[event.file] = None
        self.callers[seen.actor.arn, seen.address] = None
        self.resources.update(dict.fromkeys(seen.resources))
        self._reach(seen.strangers)

    def _reach(self, strangers: Iterable[str]) -> None:
        """Remember whom outside it reached: the first by name, so that no order of the events matters."""
        if strangers:
            self.strangers = tuple(sorted({*self.strangers, *strangers})[:MOST_STRANGERS])

    def copy(self) -> "Group":
        """A group that may take in others while this one stays as it is."""
        return replace(
            self,
            ids=list(self.ids),
            cells=list(self.cells),
            resources=dict(self.resources),
            files=dict(self.files),
            callers=dict(self.callers),
            why=dict(self.why),
            explained=Counter(self.explained),
            days=set(self.days),
        )

    def absorb(self, other: "Group") -> None:
        """Take in a group of another file, or of the same actor's other key or session."""
        if other.detection.severity > self.detection.severity:
            self.detection = other.detection
        self.count += other.count
        self.failed += other.failed
        self.first = min(self.first, other.first)
        self.last = max(self.last, other.last)
        self.assets = tuple(dict.fromkeys((*self.assets, *other.assets)))
        self.ids = (self.ids + other.ids)[:KEPT_EVENTS]
        self.files.update(other.files)
        self.callers.update(other.callers)
        self.resources.update(other.resources)
        self.why.update(other.why)
        self._reach(other.strangers)
        self.explained.update(other.explained)
        self.days |= other.days
        self.cells.extend(other.cells)


class Gatherer:
    """Gathers matches into groups while events stream by."""

    def __init__(self) -> None:
        self.groups: dict[GroupKey, Group] = {}

    def add(self, detection: Detection, seen: Seen, routines: Iterable[str] = ()) -> None:
        """One event matched one detection; `routines` are the ids of those that explain it."""
        self.group(detection, seen.actor, seen.assets, seen.region, seen.event.time).add(seen, routines)

    def explain(self, detection: Detection, seen: Seen, routine: str) -> None:
        """A routine explains an event that was taken in, here or where this is absorbed; it is counted once."""
        group = self.group(detection, seen.actor, seen.assets, seen.region, seen.event.time)
        group.explained[routine] += 1

    def group(
        self, detection: Detection, actor: Actor, assets: tuple[AssetRef, ...], region: str, when: datetime
    ) -> Group:
        """Where events of one detection, actor and set of assets are gathered; `when` is the time of one of them."""
        key = (detection.id, actor.arn, actor.access_key, assets)
        group = self.groups.get(key)
        if group is None:
            group = self.groups[key] = Group(detection, actor, assets, region, when, when)
        return group

    def sighted(self, detection: Detection, sighting: Sighting, actor: Actor, resources: Sequence[str]) -> None:
        """A behaviour saw something of this actor, which `cells` of its history prove."""
        said = replace(
            detection,
            severity=detection.severity if sighting.severity is None else sighting.severity,
            confidence=detection.confidence if sighting.confidence is None else sighting.confidence,
        )
        cells: Sequence[Cell | FlowCell | CallCell] = sighting.cells
        group = Group(
            said,
            actor,
            sighting.assets,
            next((cell.region for cell in cells if cell.region), ""),
            _utc(min(cell.first for cell in cells)),
            _utc(max(cell.last for cell in cells)),
            count=sum(cell.count for cell in cells),
            why={sighting.why: None},
            cells=list(cells),
            resources=dict.fromkeys((*resources, *sighting.resources)),
            files=dict.fromkeys(path for cell in cells for path in cell.files),
        )
        for cell in cells:
            if isinstance(cell, Cell):
                group.failed += cell.count if cell.failed else 0
                group.ids = (group.ids + list(cell.events))[:KEPT_EVENTS]
                group.callers[cell.actor.arn, cell.actor.address] = None
            elif isinstance(cell, CallCell):
                group.failed += cell.failed
                group.ids = (group.ids + list(cell.events))[:KEPT_EVENTS]
                group.callers[cell.key or actor.arn, cell.address or None] = None
            else:
                group.failed += 0 if cell.accepted else cell.count
                group.callers[actor.arn, cell.to] = None
        self._enter((detection.id, actor.arn, actor.access_key, sighting.assets), group)

    def absorb(self, other: "Gatherer") -> None:
        """Take in what was gathered from another file."""
        for key, group in other.groups.items():
            self._enter(key, group)

    def _enter(self, key: GroupKey, group: Group) -> None:
        if key in self.groups:
            self.groups[key].absorb(group)
        else:
            self.groups[key] = group


def _utc(seconds: int) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)
