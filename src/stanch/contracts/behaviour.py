"""Some leaks are evil in no single call, only against what an actor does on other days: those are behaviours.

The logs are summed into cells while they are read; a behaviour is a module that judges the cells of one actor, or of
one host, in the order of their time.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, Protocol, TypeVar

from msgspec import Struct

from stanch.domain.estate import Estate, Purpose, Side
from stanch.domain.event import Actor
from stanch.domain.finding import AssetRef, Technique
from stanch.domain.severity import Severity

T = TypeVar("T")

HOUR = 3600
"""Seconds that one cell covers."""


class Cell(Struct, frozen=True):
    """One caller's uses of one API call in one hour, on one store, with one outcome.

    `start` (the hour), `first` and `last` are seconds since the epoch. `actor` is as logged, with session, key and
    address; where a caller without identity came from very many addresses its address is None. `principal` is the role
    or user behind it, `is_aws` an AWS service acting by itself, `network` the side of the address and `account` that of
    the caller's account. `place` is the caller's public network (/24, /48 in IPv6), "" for a private address, a VPC
    endpoint or AWS itself. `console` says that AWS marked the credentials as a console session's.

    `on` is the bucket of an S3 call, the user, role or group of an IAM call, the role's ARN of an AssumeRole, else "".
    `failed` is any error, `denied` one for want of permission.
    `objects` are the distinct keys of S3 objects, ids of secrets or names of parameters whose content was read, in
    order, `bytes` what the answers held; both empty but for successful reads. `presigned` says that the URL itself
    carried the signature. `events` are some of the ids, `files` some of the logs that hold them. `objects` may be many
    and are not held as they are shown: go through them once and keep what you need.
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
class CallCell:
    """The calls of one key to one model in one hour, from one network with one client.

    `log` are several, with a + between them, where a call that no log names a key for stands in each of them.
    `key` is the key's ARN, or the caller's for a provider that knows one; "" where no log tells. `tenant`, `address`,
    `account` and `home` (the region that was asked for) are those of some call, `region` is where it ran. `network` is
    the caller's /24, or /48 in IPv6.

    `count` are the calls and `joined` the lines of other logs about the same calls: a server's tokens, a proxy's
    addresses. `failed` were refused or went wrong: `missing` for a model that is none, `denied`, `throttled`.

    Tokens, bytes and cost are sums of what was told. `scored` asked for logprobs, `prompt_scored` for those of the
    prompt, `biased` for biased tokens, `single` for one token of answer at most. `listed` asked for the models there
    are, `retrieved` for stored texts or vectors: `asked` of them in all and `asked_most` at once, `embedded` with the
    vectors. `brief` were answered with next to nothing, their first token being timed.

    `run_in` and `run_out` are the longest run of one word in a prompt and in an answer; `runs` prompts held a long one,
    `diverged` answers left one for something else. `leaking` answers gave something away. `opened` calls' texts were
    seen at all. `events` are some of the request ids.
    """

    start: int
    key: str
    log: str
    tenant: str
    network: str
    address: str
    agent: str
    model: str
    adapter: str
    operation: str
    region: str
    home: str
    account: str
    count: int
    first: int
    last: int
    joined: int = 0
    failed: int = 0
    missing: int = 0
    denied: int = 0
    throttled: int = 0
    tokens_in: int = 0
    tokens_out: int = 0
    cached: int = 0
    bytes_in: int = 0
    bytes_out: int = 0
    cost: float = 0.0
    scored: int = 0
    prompt_scored: int = 0
    biased: int = 0
    single: int = 0
    listed: int = 0
    retrieved: int = 0
    asked: int = 0
    asked_most: int = 0
    embedded: int = 0
    brief: int = 0
    run_in: int = 0
    run_out: int = 0
    runs: int = 0
    diverged: int = 0
    leaking: int = 0
    opened: int = 0
    events: Sequence[str] = ()
    files: tuple[str, ...] = ()


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
    """All flow cells of one host, in the order of their time.

    `asked` are the calls that gateways of models logged, by the hour (its start, seconds since the epoch), with every
    hour between the first and the last; None where no such log was read.
    """

    host: str
    cells: Sequence[FlowCell]
    estate: Estate
    began: datetime
    ended: datetime
    asked: Mapping[int, int] | None = None


@dataclass(frozen=True, slots=True)
class Sighting:
    """What a behaviour saw: the cells that prove it, and the figures in words (`why`).

    `severity` and `confidence` replace those of the behaviour where this sighting is more or less than usual;
    `resources` are ARNs that containment may act on besides the actor's.
    """

    cells: tuple[Cell, ...] | tuple[FlowCell, ...] | tuple[CallCell, ...]
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
