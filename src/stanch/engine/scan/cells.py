"""What an actor did is summed by the hour while logs stream by: a year of calls fits where their records would not.

A cell is one identity's uses of one call, from one address, in one hour. Cells of different files are added up by
`absorb`, in any order.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

from stanch.contracts.behaviour import HOUR, Cell
from stanch.domain.estate import Side
from stanch.domain.event import Actor
from stanch.engine.enrich import View
from stanch.engine.untrusted import at, table, text, texts

KEPT_EVENTS = 5
"""Ids kept in one cell: enough to find the hour in the log again."""
KEPT_FILES = 20
LONGEST_AGENT = 200
SECRETS_KEPT_BY = ("secretsmanager.amazonaws.com", "ssm.amazonaws.com")
_SECRETS = ("name", "names", "secretId", "secretIdList")
_PRESIGNED = "QueryString"
_DENIED = re.compile("AccessDenied|Unauthorized|Forbidden|AuthorizationError")


class Who(NamedTuple):
    """Everything of a caller that does not change from call to call."""

    arn: str
    session: str | None
    account: str | None
    access_key: str | None
    address: str | None
    principal: str
    is_aws: bool
    network: str
    side: str
    place: str

    @classmethod
    def of(cls, view: View) -> "Who":
        """The caller of an event."""
        caller = view.caller
        return cls(
            caller.arn,
            caller.session,
            caller.account,
            caller.access_key,
            caller.address,
            caller.principal,
            caller.is_aws,
            view.network_side.value,
            view.account_side.value,
            caller.network or "",
        )

    @property
    def actor(self) -> Actor:
        """The caller as findings name it."""
        return Actor(self.arn, self.session, account=self.account, access_key=self.access_key, address=self.address)


class Key(NamedTuple):
    """What makes a cell one: everything that is the same in all its events."""

    start: int
    who: Who
    source: str
    name: str
    failed: bool
    denied: bool
    on: str
    region: str
    agent: str
    presigned: bool
    console: bool

    @classmethod
    def of(cls, view: View) -> "Key":
        """The cell that an event belongs to."""
        when = int(view.event.time.timestamp())
        agent = text(view.record.get("userAgent")) or ""
        method = at(view.record, "additionalEventData", "AuthenticationMethod")
        on = acted_on(view.event_source, view.record.get("requestParameters"))
        return cls(
            when - when % HOUR,
            Who.of(view),
            view.event_source,
            view.event_name,
            view.failed,
            denied(view.record.get("errorCode")),
            store_of(view.read[0], on) if view.read else on,
            view.region,
            agent[:LONGEST_AGENT],
            method == _PRESIGNED,
            view.record.get("sessionCredentialFromConsole") == "true",
        )


def acted_on(source: str, request: object) -> str:
    """The bucket of an S3 call, the user, role or group of an IAM call, the role of an STS call; else ""."""
    asked = table(request)
    for name in ACTED_ON.get(source, ()):
        if given := text(asked.get(name)):
            return given
    return ""


def denied(code: object) -> bool:
    """Whether an error code says that the permission is lacking; each service says it in words of its own."""
    return isinstance(code, str) and _DENIED.search(code) is not None


def secrets_read(source: str, name: str, request: object) -> tuple[str, ...]:
    """The ids of secrets and the names of parameters whose values a call asked for."""
    if not reads_secrets(source, name):
        return ()
    asked = table(request)
    return tuple(thing for parameter in _SECRETS for thing in texts(asked.get(parameter)))


def reads_secrets(source: str, name: str) -> bool:
    """Whether a call gives the values of secrets or of parameters."""
    return source in SECRETS_KEPT_BY and name.startswith(("GetSecretValue", "BatchGetSecretValue", "GetParameter"))


def store_of(name: str, on: str) -> str:
    """The bucket of a `bucket/key` that was read: not the one acted on where a copy went from one to another."""
    return on if on and name.startswith(on + "/") else name.partition("/")[0]


ACTED_ON = {
    "s3.amazonaws.com": ("bucketName",),
    "s3express.amazonaws.com": ("bucketName",),
    "iam.amazonaws.com": ("userName", "roleName", "groupName"),
    "sts.amazonaws.com": ("roleArn",),
}
"""The request parameters that name what was acted on, by service."""


@dataclass(slots=True)
class Sums:
    """What is added up in one cell.

    `first` and `last` are seconds since the epoch, `objects` the keys read of `on`, or the secrets.
    """

    count: int
    bytes: int
    first: int
    last: int
    objects: set[str]
    events: list[str]
    files: list[str]

    def add(self, other: "Sums") -> None:
        """Take in the sums of other events of the same cell."""
        self.count += other.count
        self.bytes += other.bytes
        self.first = min(self.first, other.first)
        self.last = max(self.last, other.last)
        self.objects |= other.objects
        self.events = sorted({*self.events, *other.events})[:KEPT_EVENTS]
        self.files = sorted({*self.files, *other.files})[:KEPT_FILES]


class Cells:
    """All cells of what was read so far."""

    def __init__(self) -> None:
        self.sums: dict[Key, Sums] = {}
        self._callers: dict[Who, Who] = {}
        self._names: dict[str, str] = {}

    def __len__(self) -> int:
        return len(self.sums)

    def add(self, key: Key, sums: Sums) -> None:
        """Take in the sums of some events of one cell."""
        known = self.sums.setdefault(key, sums)
        if known is not sums:
            known.add(sums)

    def absorb(self, other: "Cells") -> None:
        """Take in the cells of another file; callers and names that both hold are kept once."""
        callers, names = self._callers, self._names
        for key, sums in other.sums.items():
            sums.objects = {names.setdefault(name, name) for name in sums.objects}
            if key not in self.sums:
                who = callers.setdefault(key.who, key.who)
                key = key._replace(who=who)  # noqa: PLW2901 - the same, held together with its equals
            self.add(key, sums)

    def told(self) -> Iterator[Cell]:
        """The cells as behaviours see them, in the order of time."""
        return (cell(key, self.sums[key]) for key in sorted(self.sums, key=lambda key: (key.start, key.who[0])))


def cell(key: Key, sums: Sums) -> Cell:
    """One cell as behaviours see it."""
    return Cell(
        start=key.start,
        actor=key.who.actor,
        principal=key.who.principal,
        is_aws=key.who.is_aws,
        source=key.source,
        name=key.name,
        failed=key.failed,
        on=key.on,
        region=key.region,
        agent=key.agent,
        presigned=key.presigned,
        network=Side(key.who.network),
        count=sums.count,
        bytes=sums.bytes,
        first=sums.first,
        last=sums.last,
        objects=tuple(sorted(sums.objects)),
        events=tuple(sums.events),
        files=tuple(sums.files),
        denied=key.denied,
        account=Side(key.who.side),
        place=key.who.place,
        console=key.console,
    )


def sums_of(view: View) -> Sums:
    """The sums of a single event."""
    when = int(view.event.time.timestamp())
    sums = Sums(1, 0, when, when, set(), [view.event.id], [view.event.file])
    if view.read:
        name, sums.bytes = view.read
        on = acted_on(view.event_source, view.record.get("requestParameters"))
        sums.objects.add(name.removeprefix(store_of(name, on) + "/"))
    elif not view.failed:
        sums.objects.update(secrets_read(view.event_source, view.event_name, view.record.get("requestParameters")))
    return sums
