"""A thousand calls of one caller differ in what no rule asks: what a class of events can match is worked out once.

A caller is everything of a record that says who called from where; a deed is one call of one caller with one outcome.
Rules are narrowed by what is known of a deed; where the rest of them asks only for what was touched, reads of S3
objects are told apart by the kind of asset the object belongs to.
"""

import json
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from operator import attrgetter
from typing import Any

import msgspec
from isal import isal_zlib
from msgspec import Raw

from stanch.domain.event import Event
from stanch.engine.enrich import View
from stanch.engine.enrich.placed import asset_of_object, looks_like_weights
from stanch.engine.enrich.view import OF_CALLER, OF_THINGS
from stanch.engine.lineage import Lineage
from stanch.engine.scan.cells import (
    ACTED_ON,
    LONGEST_AGENT,
    Who,
    acted_on,
    denied,
    reads_secrets,
    secrets_read,
    store_of,
)
from stanch.engine.scan.judge import Judge
from stanch.engine.scan.line import WHOLE, Form, Line
from stanch.engine.scan.sums import LineSums
from stanch.engine.sigma import Narrowed
from stanch.engine.untrusted import table, text

MOST = 20_000
"""Classes, and objects, that are remembered; then all are forgotten and learned anew, which costs time, not truth."""

_READ = ("s3.amazonaws.com", "GetObject")
_DIGITS = 300
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_ABOUT_CALLER = ("awsRegion", "sourceIPAddress", "userAgent", "recipientAccountId", "vpcEndpointId",
                 "vpcEndpointAccountId")  # fmt: skip
_ABOUT_DEED = ("eventSource", "eventName", "errorCode", "errorMessage", "readOnly", "eventType",
               "sessionCredentialFromConsole")  # fmt: skip
_OF_READING = frozenset({"copy.to", "sealed.to"})
_OF_OBJECTS = frozenset({"asset.decoy", "asset.kind", "asset.name", "asset.sensitivity", "object.weights", "read.asset",
                         "read.kind"})  # fmt: skip
_KNOWN = frozenset({*_ABOUT_CALLER, *_ABOUT_DEED}) | OF_CALLER


class _Request(msgspec.Struct, gc=False):
    """What a read of an object asks for."""

    bucketName: str = ""  # noqa: N815 - CloudTrail's own name
    key: str = ""


class _Resource(msgspec.Struct, gc=False):
    """What a record says was touched."""

    ARN: str | None = None
    arn: str | None = None


_REQUEST = msgspec.json.Decoder(_Request)
_RESOURCES = msgspec.json.Decoder(list[_Resource] | None)

Key = tuple[tuple[object, ...], int | bytes]
"""What makes a deed: the values of `deed_key`, and the identity's text or a checksum of it."""
deed_key = attrgetter(*_ABOUT_CALLER, *_ABOUT_DEED)
identity_of = attrgetter("userIdentity")

Mark = int | tuple[int, str, bool]
"""Which sums of a deed a line belongs to: an hour's, or an hour's on one store by URLs that were signed or were not."""

Signature = tuple[tuple[Any, ...], ...]
"""The values of all facts about what a read touched."""


@dataclass(slots=True)
class Thing:
    """What one call asked for: its bucket, the keys or secrets whose content it gives, and the facts that rules ask.

    `kind` numbers the facts; `resources` is the text they were learned from, besides the request.
    """

    resources: bytes
    on: str
    keys: tuple[str, ...]
    signature: Signature
    kind: int


@dataclass(slots=True)
class Deed:
    """One call of one caller with one outcome.

    `left` are the rules that may match, `reads` says that it reads objects, `asks` which facts about the thing asked
    for decide the rules further, `plain` that nothing about the thing matters, `opened` that each of its events must
    be opened whole, `sifts` that the thing asked for decides it. `sums` are of the files at hand; `other` is a deed
    whose identity has the same checksum.
    """

    identity: Raw
    who: Who
    source: str
    name: str
    failed: bool
    denied: bool
    console: bool
    region: str
    agent: str
    view: View
    left: Narrowed | None
    reads: bool
    asks: tuple[str, ...]
    knows: Callable[[str], bool]
    things: dict[bytes, Thing]
    strict: bool
    plain: bool
    opened: bool
    sifts: bool
    other: "Deed | None" = None
    sums: dict[Mark, LineSums] = field(default_factory=dict)
    sifted: dict[int, Narrowed | None] = field(default_factory=dict)


@dataclass(slots=True)
class Caller:
    """Who called from where, as logged, and which rules are left for the kinds of calls this caller made."""

    stub: Mapping[str, Any]
    narrowed: dict[tuple[object, ...], Narrowed] = field(default_factory=dict)


class Closed(Exception):
    """A caller or a request that cannot be opened here: the event must be read the slow way."""


class Classes:
    """Learns callers, deeds and things as they come."""

    def __init__(self, judge: Judge, form: Form = WHOLE) -> None:
        """`form` says which fields the lines have: any other is asked by no rule."""
        self._judge = judge
        self._key = attrgetter(*(name for name in (*_ABOUT_CALLER, *_ABOUT_DEED) if name in form.fields))
        self.deeds: dict[Key, Deed] = {}
        self._callers: dict[object, Caller] = {}
        self._things: dict[tuple[object, ...], dict[bytes, Thing]] = {}
        self._signatures: dict[Signature, int] = {}
        self._alike: dict[tuple[object, ...], tuple[Signature, int]] = {}
        self._count = 0

    def forget(self, close: Callable[[], None]) -> None:
        """Make room, between two batches, when too much was learned; `close` takes what was summed in it first."""
        if len(self.deeds) > MOST:
            close()
            self.deeds.clear()
            self._callers.clear()
            self._things.clear()
            self._alike.clear()

    def _caller(self, line: Line) -> Caller:
        """Who made this call; learned when it is new."""
        about = {name: value for name in _ABOUT_CALLER if (value := getattr(line, name)) is not None}
        identity = bytes(line.userIdentity)
        key = (tuple(about.items()), identity)
        caller = self._callers.get(key)
        if caller is None:
            caller = self._callers[key] = Caller({**about, "userIdentity": _open(line.userIdentity)})
        return caller

    def found(self, lines: Sequence[Line]) -> list[Deed | None]:
        """The deed of each line, unless it is new; it is the line's only if the identities are the same."""
        sums = map(isal_zlib.crc32, map(identity_of, lines))
        return list(map(self.deeds.get, zip(map(self._key, lines), sums, strict=True)))

    def deed(self, line: Line) -> Deed:
        """The deed of a line; learned when it is new."""
        key = self._key(line), isal_zlib.crc32(line.userIdentity)
        first = known = self.deeds.get(key)
        while known is not None and known.identity != line.userIdentity:
            known = known.other
        if known is None:
            known = self.learn(key, line)
            known.other = first
        return known

    def learn(self, key: Key, line: Line) -> Deed:
        """The deed of a line, entered under its key."""
        caller = self._caller(line)
        record = dict(caller.stub)
        record.update({name: value for name in _ABOUT_DEED if (value := getattr(line, name)) is not None})
        view = self._judge.enricher.view(Event("", _EPOCH, "", "", record))
        failed = bool(line.errorCode or line.errorMessage)
        # Whether a sign-in succeeded is told by its answer, which is not known here.
        certain = failed or not line.eventSource.startswith("signin.")
        kind = (
            self._judge.matcher.kind(line.eventSource, line.eventName),
            certain,
            line.readOnly,
            line.eventType,
            line.sessionCredentialFromConsole,
        )
        left = caller.narrowed.get(kind)
        knows = self._knowing(outcome=certain, reading=line.readOnly is True)
        if left is None or failed:
            left = self._judge.matcher.narrowed(line.eventSource, line.eventName, view, knows)
            if not failed:
                caller.narrowed[kind] = left
        asks = tuple(sorted((left.wants or frozenset()) & OF_THINGS))
        reads = not failed and (
            (line.eventSource, line.eventName) == _READ or reads_secrets(line.eventSource, line.eventName)
        )
        opened = not certain or Lineage.wants(line.eventSource, line.eventName) or (bool(left) and not asks)
        deed = Deed(
            identity=line.userIdentity.copy(),
            who=Who.of(view),
            source=line.eventSource,
            name=line.eventName,
            failed=failed,
            denied=denied(line.errorCode),
            console=line.sessionCredentialFromConsole == "true",
            region=view.region,
            agent=(line.userAgent or "")[:LONGEST_AGENT],
            view=view,
            left=left or None,
            reads=reads,
            asks=asks,
            knows=knows,
            things=self._shared(view, asks, reads=reads),
            strict=bool(asks),
            plain=not (reads or asks or line.eventSource in ACTED_ON),
            opened=opened,
            sifts=bool(asks) and not opened,
        )
        self.deeds[key] = deed
        return deed

    def thing(self, deed: Deed, line: Line) -> Thing:
        """What a call asked for, by its request; learned anew where the record names other resources than before."""
        thing = deed.things.get(bytes(line.requestParameters))
        if thing is not None and (
            not (deed.strict or (deed.reads and not thing.keys)) or thing.resources == bytes(line.resources)
        ):
            return thing
        if self._count > MOST:
            for things in self._things.values():
                things.clear()
            self._alike.clear()
            self._count = 0
        self._count += 1
        thing = deed.things[bytes(line.requestParameters)] = self._object(deed, line) or self._learn(deed, line)
        return thing

    def sift(self, deed: Deed, thing: Thing) -> Narrowed | None:
        """The rules that are left for reads of such a thing by such a caller; None where none is."""
        if thing.kind not in deed.sifted:
            known = _Known(deed, dict(zip(deed.asks, thing.signature, strict=True)))
            left = self._judge.matcher.narrowed(deed.source, deed.name, known, known.knows)
            deed.sifted[thing.kind] = left or None
        return deed.sifted[thing.kind]

    def _knowing(self, *, outcome: bool, reading: bool) -> Callable[[str], bool]:
        """What is the same in every event of a deed: where nothing is planned, or a decoy, no event is either."""
        known = _KNOWN | ({"event.outcome"} if outcome else set()) | (_OF_READING if reading else set())
        if not self._judge.estate.exports:
            known |= {"export.approved"}
        if not any(asset.decoy for asset in self._judge.estate.assets):
            known |= {"asset.decoy"}
        return lambda name: name in known or name.startswith("userIdentity.")

    def _shared(self, view: View, asks: tuple[str, ...], *, reads: bool) -> dict[bytes, Thing]:
        """What is known of requests, shared by all deeds in which the same request asks for the same thing."""
        caller = view.caller
        scope: tuple[object, ...] = (
            view.event_source, view.event_name, view.region, view.recipient, caller.partition, reads,
        )  # fmt: skip
        if asks:  # an identity may be a decoy itself, and a grant may be to its own account
            scope = (*scope, asks, caller.principal, caller.account, view.record.get("readOnly"))
        return self._things.setdefault(scope, {})

    def _object(self, deed: Deed, line: Line) -> Thing | None:
        """An object that was read, as most are: of those in one place and of one form rules learn the same.

        None where the record names anything besides, or rules ask for more than the place and the form.
        """
        if not deed.reads or deed.source != _READ[0] or not _OF_OBJECTS.issuperset(deed.asks):
            return None
        try:
            asked, named = _REQUEST.decode(line.requestParameters), _RESOURCES.decode(line.resources) or ()
        except (msgspec.DecodeError, RecursionError):
            return None
        bucket, key = asked.bucketName, asked.key
        store = f"arn:{deed.view.caller.partition}:s3:::{bucket}"
        arn = f"{store}/{key}"
        if not bucket or not key or bucket.startswith("arn:") or any(one.ARN not in (arn, store) for one in named):
            return None
        if not deed.asks:
            return Thing(bytes(line.resources), bucket, (key,), (), self._kind(()))
        asset = asset_of_object(self._judge.estate, bucket, key, arn)
        alike = id(deed.things), bucket, id(asset), looks_like_weights(key)
        known = self._alike.get(alike)
        if known is None:
            thing = self._learn(deed, line)
            self._alike[alike] = thing.signature, thing.kind
            return thing
        return Thing(bytes(line.resources), bucket, (key,), *known)

    def _learn(self, deed: Deed, line: Line) -> Thing:
        request = _open(line.requestParameters)
        on = acted_on(deed.source, request)
        keys: tuple[str, ...] = ()
        if deed.reads:
            key = text(table(request).get("key")) if on else None
            keys = (key,) if key else secrets_read(deed.source, deed.name, request)
        signature: Signature = ()
        if deed.asks or (deed.reads and not keys):  # only the whole view of the event can tell
            record = {**deed.view.record, "requestParameters": request, "resources": _open(line.resources)}
            view = self._judge.enricher.view(Event("", _EPOCH, "", "", record))
            signature = tuple(tuple(view.values(fact)) for fact in deed.asks)
            if deed.reads and view.read:
                on = store_of(view.read[0], on)
                keys = (view.read[0].removeprefix(on + "/"),)
        return Thing(bytes(line.resources), on, keys, signature, self._kind(signature))

    def _kind(self, signature: Signature) -> int:
        return self._signatures.setdefault(signature, len(self._signatures))


class _Known:
    """What is known of all events of a deed that ask for one kind of thing."""

    def __init__(self, deed: Deed, facts: Mapping[str, tuple[Any, ...]]) -> None:
        self._view = deed.view
        self._facts = facts
        self._knows = deed.knows

    def knows(self, name: str) -> bool:
        return name in self._facts or self._knows(name)

    def values(self, name: str) -> Sequence[Any]:
        return self._facts[name] if name in self._facts else self._view.values(name)

    def everything(self) -> Sequence[Any]:
        return ()


def _open(value: Raw) -> Any:
    try:
        return msgspec.json.decode(value)
    except (msgspec.DecodeError, RecursionError):
        try:  # JSON allows what msgspec does not: an enormous number, half of a surrogate pair
            return json.loads(bytes(value), parse_int=_number)
        except (ValueError, RecursionError):
            raise Closed from None


def _number(digits: str) -> int | float:
    return int(digits) if len(digits) < _DIGITS else math.inf
