"""What one detection says, about whom and what, with the events that prove it."""

from dataclasses import dataclass
from datetime import datetime

from stanch.domain.event import Actor
from stanch.domain.severity import Severity


@dataclass(frozen=True, slots=True)
class Technique:
    """An ATT&CK or ATLAS technique; ids move between versions, so the version is part of it."""

    framework: str
    id: str
    version: str

    def __str__(self) -> str:
        return f"{self.framework}:{self.id}@{self.version}"


@dataclass(frozen=True, slots=True)
class AssetRef:
    """An asset as a finding names it: the estate's name and kind, and the ARN that was touched."""

    name: str
    kind: str
    arn: str


MOST_STRANGERS = 20
"""Strangers that one finding names."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One detection's word on one actor and the assets it touched; a thousand reads are one finding with a count.

    `events` holds the ids of the first thousand events, `count` all of them, `failed` those that AWS refused.
    `folded` is the routine that explains all its events: kept, but shown only to who asks for all.
    `by_hand` is what stays open after the playbook because no action does it yet. `resources` are ARNs a playbook may
    act on besides actor and assets; `files` the logs that hold the proof; `addresses` where the calls came from, the
    first twenty; `strangers` whom outside they let in or sent something, as the requests name them, the first twenty in
    the order of their names. `why` holds a behaviour's figures, in words.
    """

    id: str
    detection: str
    title: str
    severity: Severity
    confidence: float
    first_seen: datetime
    last_seen: datetime
    account: str
    region: str
    actor: Actor
    assets: tuple[AssetRef, ...]
    events: tuple[str, ...]
    count: int
    failed: int = 0
    techniques: tuple[Technique, ...] = ()
    playbook: str | None = None
    by_hand: str | None = None
    resources: tuple[str, ...] = ()
    sessions: tuple[str, ...] = ()
    files: tuple[str, ...] = ()
    addresses: tuple[str, ...] = ()
    why: str = ""
    strangers: tuple[str, ...] = ()
    incident: str | None = None
    folded: str | None = None

    @property
    def attempt(self) -> bool:
        """True when AWS refused every call: an attempt, scored lower than a deed."""
        return self.failed == self.count
