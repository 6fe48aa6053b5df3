"""Some leaks are evil in no single call, only against what an actor does on other days: those are behaviours.

The logs are summed into cells while they are read; a behaviour is a module that judges the cells of one actor, or of
one host, in the order of their time.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, Protocol, TypeVar

from stanch.domain.estate import Estate, Purpose, Side
from stanch.domain.event import Actor
from stanch.domain.finding import AssetRef, Technique
from stanch.domain.severity import Severity

T = TypeVar("T")

HOUR = 3600
"""Seconds that one cell covers."""


@dataclass(frozen=True, slots=True)
class Cell:
    """One caller's uses of one API call in one hour, on one store, with one outcome.

    `start` (the hour), `first` and `last` are seconds since the epoch. `actor` is as logged, with session, key and
    address; where a caller without identity came from very many addresses its address is None. `principal` is the role
    or user behind it, `is_aws` an AWS service acting by itself, `network` the side of the address and `account` that of
    the caller's account. `place` is the caller's public network (/24, /48 in IPv6), "" for a private address, a VPC
    endpoint or AWS itself. `console` says that AWS marked the credentials as a console session's.

    `on` is the bucket of an S3 call, the user, role or group of an IAM call, the role's ARN of an AssumeRole, else "".
    `failed` is any error, `denied` one for want of permission.
    `objects` are the distinct keys of S3 objects, ids of secrets or names of parameters whose content was read, `bytes`
    what the answers held; both empty but for successful reads. `presigned` says that the URL itself carried the
    signature. `events` are some of the ids, `files` some of the logs that hold them. `objects` may be many and are not
    held as they are shown: go through them once and keep what you need.
    """

    start: int
    actor: Actor
    principal: str
    is_aws: bool
    source: str
    name: str
    failed: bool
    on: str
    region: str
    agent: str
    presigned: bool
    network: Side
    count: int
    bytes: int
    first: int
    last: int
    objects: Sequence[str] = ()
    events: Sequence[str] = ()
    files: tuple[str, ...] = ()
    denied: bool = False
    account: Side = Side.UNKNOWN
    place: str = ""
    console: bool = False


@dataclass(frozen=True, slots=True)
class FlowCell:
    """What one of our network interfaces sent to one address and port in one hour, by VPC flow logs.

    `host` is the instance's id where the log's format tells it, else the interface's; `address` its own address,
    `to` the other end, `side` that end's side of the perimeter, `service` the AWS service it belongs to where the log
    tells. `bytes` and `packets` left the host. `accepted` is False where the security group or ACL refused, on either
    end. `port` is the service's, 0 where both ends are ephemeral; `serves` says that it is the host's own: it answered.
    """

    start: int
    account: str
    region: str
    vpc: str
    host: str
    interface: str
    address: str
    to: str
    port: int
    protocol: int
    service: str
    side: Side
    accepted: bool
    bytes: int
    packets: int
    count: int
    first: int
    last: int
    files: tuple[str, ...] = ()
    serves: bool = False


@dataclass(frozen=True, slots=True)
class History:
    """All cells of one actor, in the order of their time; `began` and `ended` bound all logs that were read.

    `origin` is the identity that the cells' lineage began with, or their principal: as `About.whose` asks.

    A behaviour that compares days needs `began` to know how cold its start is. `purpose` is None where the estate
    names no principals and so cannot say. Behaviours share a history: none may change what it holds.
    """

    origin: str
    cells: Sequence[Cell]
    estate: Estate
    purpose: Purpose | None
    began: datetime
    ended: datetime
    _worked_out: dict[object, Any] = field(default_factory=dict, init=False, repr=False, compare=False)

    def once(self, work: Callable[["History"], T]) -> T:
        """What `work` makes of this history: worked out for the first behaviour that asks, remembered for the others.

        `work` is a function of a module, not a lambda: it is known by what it is.
        """
        if work not in self._worked_out:
            self._worked_out[work] = work(self)
        made: T = self._worked_out[work]
        return made


@dataclass(frozen=True, slots=True)
class FlowHistory:
    """All flow cells of one host, in the order of their time."""

    host: str
    cells: Sequence[FlowCell]
    estate: Estate
    began: datetime
    ended: datetime


@dataclass(frozen=True, slots=True)
class Sighting:
    """What a behaviour saw: the cells that prove it, and the figures in words (`why`).

    `severity` and `confidence` replace those of the behaviour where this sighting is more or less than usual;
    `resources` are ARNs that containment may act on besides the actor's.
    """

    cells: tuple[Cell, ...] | tuple[FlowCell, ...]
    why: str
    assets: tuple[AssetRef, ...] = ()
    severity: Severity | None = None
    confidence: float | None = None
    resources: tuple[str, ...] = ()


class Whose(StrEnum):
    """Whose cells one history holds.

    Sessions come and go: what is usual for a role is known only from all of them. A chain of roles is one intruder's.
    """

    ORIGIN = "origin"
    PRINCIPAL = "principal"


@dataclass(frozen=True, slots=True)
class About:
    """What a behaviour says of itself; its id is its path. `whose` is of no matter to one that weighs flows."""

    title: str
    severity: Severity
    confidence: float
    techniques: tuple[Technique, ...] = ()
    playbook: str | None = None
    by_hand: str | None = None
    whose: Whose = Whose.ORIGIN


class Behaviour(Protocol):
    """The names a module in `catalog/detections/` must hold to judge calls."""

    ABOUT: About
    LIMITS: Any
    """Its thresholds: an instance of a frozen dataclass of its own, each field documented with its unit."""

    def judge(self, history: History, limits: Any) -> Iterator[Sighting]:
        """Yield what is evil in one actor's history. It raises nothing; it reads no clock."""


class FlowBehaviour(Protocol):
    """The names a module in `catalog/detections/` must hold to judge network flows."""

    ABOUT: About
    LIMITS: Any

    def weigh(self, flows: FlowHistory, limits: Any) -> Iterator[Sighting]:
        """Yield what is evil in one host's traffic. It raises nothing; it reads no clock."""
