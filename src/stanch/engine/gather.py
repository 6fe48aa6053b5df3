"""A thousand matching calls of one actor are one finding with a count, and with the assets they touched."""

import hashlib
from array import array
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from stanch.contracts.detection import Detection
from stanch.domain.event import Actor, Event, is_identity
from stanch.domain.finding import AssetRef, Finding

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
    reads: "array[int]" = field(default_factory=lambda: array("l"))

    def add(self, seen: Seen, read: int | None) -> None:
        """Take in one event; `read` is its index in the ledger of reads."""
        event = seen.event
        self.count += 1
        self.failed += seen.failed
        self.first = min(self.first, event.time)
        self.last = max(self.last, event.time)
        if len(self.ids) < KEPT_EVENTS:
            self.ids.append(event.id)
        self.files[event.file] = None
        self.callers[seen.actor.arn, seen.actor.address] = None
        self.resources.update(dict.fromkeys(seen.resources))
        if read is not None:
            self.reads.append(read)

    def absorb(self, other: "Group") -> None:
        """Take in a group of the same actor's other key or session."""
        self.count += other.count
        self.failed += other.failed
        self.first = min(self.first, other.first)
        self.last = max(self.last, other.last)
        self.assets = tuple(dict.fromkeys((*self.assets, *other.assets)))
        self.ids = (self.ids + other.ids)[:KEPT_EVENTS]
        self.files.update(other.files)
        self.callers.update(other.callers)
        self.resources.update(other.resources)
        self.reads.extend(other.reads)


@dataclass(frozen=True, slots=True)
class Told:
    """One finding, the indexes of its reads in the ledger, and who made its calls from where."""

    finding: Finding
    reads: "array[int]"
    callers: tuple[Caller, ...]


class Gatherer:
    """Gathers matches into groups while events stream by, and groups into findings at the end."""

    def __init__(self) -> None:
        self._groups: dict[tuple[str, str, str | None, tuple[AssetRef, ...]], Group] = {}

    def add(self, detection: Detection, seen: Seen, read: int | None) -> None:
        """One event matched one detection."""
        actor, assets = seen.actor, seen.assets
        key = (detection.id, actor.arn, actor.access_key, assets)
        group = self._groups.get(key)
        if group is None:
            when = seen.event.time
            group = self._groups[key] = Group(detection, actor, assets, seen.region, when, when)
        group.add(seen, read)

    def findings(self, roots: Roots) -> Iterator[Told]:
        """Each finding with what an incident needs of it; lineages are resolved now that all events were seen."""
        merged: dict[tuple[str, str, tuple[AssetRef, ...]], Group] = {}
        for group in self._groups.values():
            origin = roots.origin(group.actor.access_key, group.actor.arn)
            # Everybody without an identity shares one name: only what was touched tells their stories apart.
            key = (group.detection.id, origin, () if is_identity(origin) else group.assets)
            if key in merged:
                merged[key].absorb(group)
            else:
                merged[key] = group
        for (_, origin, _), group in merged.items():
            yield Told(_finding(group, origin, roots), group.reads, tuple(group.callers))


def _finding(group: Group, origin: str, roots: Roots) -> Finding:
    detection, actor = group.detection, group.actor
    refused = group.failed == group.count
    return Finding(
        id=_id(detection.id, origin, *(() if is_identity(origin) else [f"{a.name} {a.arn}" for a in group.assets])),
        detection=detection.id,
        title=f"{detection.title} (attempted, refused)" if refused else detection.title,
        severity=detection.severity.lowered() if refused else detection.severity,
        confidence=round(detection.confidence * (_ATTEMPT_WEIGHT if refused else 1), 3),
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
        addresses=tuple(dict.fromkeys(address for _, address in group.callers if address))[:KEPT_ADDRESSES],
    )


def _id(*parts: str) -> str:
    """The same detection of the same origin is the same finding, in every run."""
    return "fnd-" + hashlib.sha256("\x1f".join(parts).encode()).hexdigest()[:16]
