"""A thousand matching calls of one actor are one finding with a count, and with the assets they touched."""

import hashlib
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Protocol

from stanch.contracts.behaviour import CallCell, Cell, FlowCell, Sighting
from stanch.contracts.detection import Detection
from stanch.domain.event import Actor, Event, is_identity
from stanch.domain.finding import AssetRef, Finding
from stanch.domain.severity import Severity

KEPT_EVENTS = 1000
"""Event ids kept in one finding; `count` counts all of them."""
KEPT_ADDRESSES = 20
_ATTEMPT_WEIGHT = 0.5

Caller = tuple[str, str | None]
"""The ARN that made a call and the address it came from."""


class Seen(Protocol):
    """What gathering asks of an enriched event."""

    @property
    def event(self) -> Event:
        """The event itself."""

    @property
    def actor(self) -> Actor:
        """Who did it, origin not yet known."""

    @property
    def assets(self) -> tuple[AssetRef, ...]:
        """What it touched."""

    @property
    def resources(self) -> tuple[str, ...]:
        """ARNs a playbook may act on."""

    @property
    def region(self) -> str:
        """Where it happened."""

    @property
    def failed(self) -> bool:
        """Whether AWS refused it."""


class Roots(Protocol):
    """Where a lineage began."""

    def origin(self, access_key: str | None, arn: str) -> str:
        """The identity behind a key or ARN."""

    def sessions_of(self, origin: str) -> set[str]:
        """The role sessions that descend from it."""


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
        self.callers[seen.actor.arn, seen.actor.address] = None
        self.resources.update(dict.fromkeys(seen.resources))

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
        self.explained.update(other.explained)
        self.days |= other.days
        self.cells.extend(other.cells)


@dataclass(frozen=True, slots=True)
class Told:
    """One finding, its shares in the ledger of reads, and who made its calls from where."""

    finding: Finding
    reads: Sequence[int]
    callers: tuple[Caller, ...]


class Shares(Protocol):
    """Which shares of the ledger a finding took."""

    def taken(self, detection: str, origin: str, assets: tuple[AssetRef, ...], cells: Sequence[object]) -> list[int]:
        """The shares of what this detection matched of this origin, and those of whole cells."""


class Folds(Protocol):
    """Which routine explains a finding."""

    def folding(
        self,
        detection: str,
        severity: Severity,
        explained: Mapping[str, int],
        count: int,
        first: datetime,
        last: datetime,
        days: int,
    ) -> str | None:
        """The id of a routine that explains all `count` events of a finding, which came on so many days."""


class Gatherer:
    """Gathers matches into groups while events stream by, and groups into findings at the end."""

    def __init__(self) -> None:
        self.groups: dict[tuple[str, str, str | None, tuple[AssetRef, ...]], Group] = {}

    def add(self, detection: Detection, seen: Seen, routines: Iterable[str] = ()) -> None:
        """One event matched one detection; `routines` are the ids of those that explain it."""
        self.group(detection, seen.actor, seen.assets, seen.region, seen.event.time).add(seen, routines)

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

    def findings(self, roots: Roots, shares: Shares, folds: Folds | None = None) -> Iterator[Told]:
        """Each finding with what an incident needs of it; lineages are resolved now that all events were seen."""
        merged: dict[tuple[str, str, tuple[AssetRef, ...]], Group] = {}
        for group in self.groups.values():
            origin = roots.origin(group.actor.access_key, group.actor.arn)
            # Everybody without an identity shares one name: only what was touched tells their stories apart.
            key = (group.detection.id, origin, () if is_identity(origin) else group.assets)
            if key in merged:
                merged[key].absorb(group)
            else:
                merged[key] = group.copy()
        for (detection, origin, assets), group in merged.items():
            reads = shares.taken(detection, origin, assets, group.cells)
            finding = _finding(group, origin, roots)
            if folds is not None:
                folded = folds.folding(
                    detection,
                    finding.severity,
                    group.explained,
                    group.count,
                    group.first,
                    group.last,
                    len(group.days),
                )
                finding = replace(finding, folded=folded)
            yield Told(finding, reads, tuple(group.callers))

    def _enter(self, key: tuple[str, str, str | None, tuple[AssetRef, ...]], group: Group) -> None:
        if key in self.groups:
            self.groups[key].absorb(group)
        else:
            self.groups[key] = group


def _utc(seconds: int) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)


def _finding(group: Group, origin: str, roots: Roots) -> Finding:
    detection, actor = group.detection, group.actor
    refused = group.failed == group.count
    weaker = refused and detection.confidence < 1  # what has no honest cause at all is as sure when it was refused
    return Finding(
        id=_id(detection.id, origin, *(() if is_identity(origin) else [f"{a.name} {a.arn}" for a in group.assets])),
        detection=detection.id,
        title=f"{detection.title} (attempted, refused)" if refused else detection.title,
        severity=detection.severity.lowered() if weaker else detection.severity,
        confidence=round(detection.confidence * (_ATTEMPT_WEIGHT if weaker else 1), 3),
        first_seen=group.first,
        last_seen=group.last,
        account=actor.account or "",
        region=group.region,
        actor=Actor(actor.arn, actor.session, origin, actor.account, actor.access_key, actor.address),
        assets=group.assets,
        events=tuple(group.ids),
        count=group.count,
        failed=group.failed,
        techniques=detection.techniques,
        playbook=detection.playbook,
        by_hand=detection.by_hand,
        resources=tuple(group.resources),
        sessions=tuple(sorted(roots.sessions_of(origin))),
        files=tuple(group.files),
        why="; ".join(group.why),
        addresses=tuple(dict.fromkeys(address for _, address in group.callers if address))[:KEPT_ADDRESSES],
    )


def _id(*parts: str) -> str:
    """The same detection of the same origin is the same finding, in every run."""
    return "fnd-" + hashlib.sha256("\x1f".join(parts).encode()).hexdigest()[:16]
