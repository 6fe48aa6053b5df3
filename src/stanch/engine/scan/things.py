"""What a call asked for is told by its request: which store, which objects, and what of the estate these are.

Of the objects of one place and one form rules learn the same, so a million keys are a few kinds of things.
"""

import json
import math
from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from sys import intern
from typing import Any, Protocol

import msgspec
from msgspec import Raw

from stanch.domain.event import Event
from stanch.domain.finding import AssetRef
from stanch.domain.weights import looks_like_weights
from stanch.engine.enrich import Enricher, View
from stanch.engine.enrich.placed import asset_of_object
from stanch.engine.enrich.touched import parameters_of
from stanch.engine.scan.asked import ACTED_ON, acted_on, secrets_read, store_of
from stanch.engine.scan.line import Line
from stanch.engine.untrusted import table, text

MOST = 20_000
"""Things that are remembered; then all are forgotten and learned anew, which costs time, not truth."""

_S3 = "s3.amazonaws.com"
_DIGITS = 300
_ABSENT = Raw(b"null")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
OF_OBJECTS = frozenset({"asset.decoy", "asset.kind", "asset.name", "asset.sensitivity", "object.weights", "read.asset",
                         "read.kind"})  # fmt: skip
"""Facts about a thing that nothing but its name tells."""

Signature = tuple[tuple[Any, ...], ...]
"""The values of all facts about what a read touched."""


class Closed(Exception):
    """A caller or a request that cannot be opened here: the event must be read the slow way."""


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


@dataclass(slots=True)
class Thing:
    """What one call asked for: its bucket, the keys or secrets whose content it gives, and the facts that rules ask.

    `kind` numbers the facts; `resources` is the text that they were learned from besides the request, None where that
    told nothing. `assets` are those touched, told of calls that are `whole`; None where an event of such a call must be
    looked at for itself.
    """

    resources: Raw | None
    on: str
    keys: tuple[str, ...]
    signature: Signature
    kind: int
    assets: tuple[AssetRef, ...] | None = None


class Asking(Protocol):
    """What is known of the call: see `Deed`."""

    @property
    def source(self) -> str:
        """The service."""

    @property
    def name(self) -> str:
        """The call."""

    @property
    def view(self) -> View:
        """The call without its request."""

    @property
    def reads(self) -> bool:
        """Whether it gives the content of objects or secrets."""

    @property
    def asks(self) -> tuple[str, ...]:
        """The facts about the thing that decide rules."""

    @property
    def whole(self) -> bool:
        """Whether the assets touched are asked for as well."""

    @property
    def things(self) -> dict[bytes, Thing]:
        """What is known already, by request."""


class Things:
    """Learns what calls ask for."""

    def __init__(self, enricher: Enricher) -> None:
        self._enricher = enricher
        self._scopes: dict[tuple[object, ...], dict[bytes, Thing]] = {}
        self._signatures: dict[tuple[object, ...], int] = {}
        self._alike: dict[tuple[object, ...], tuple[Signature, int, tuple[AssetRef, ...] | None]] = {}
        self._count = 0

    def clear(self) -> None:
        """Forget all of them."""
        self._scopes.clear()
        self._alike.clear()

    def view(self, record: dict[str, Any], like: View | None = None) -> View:
        """A record of no particular time as rules see it; `like` is one of the same caller."""
        return self._enricher.view(Event("", _EPOCH, "", "", record), like)

    def learned(self, call: Asking, line: Line, request: bytes) -> Thing:
        """What a line asks for, entered among the things of its call under what tells it in its request."""
        if self._count > MOST:
            for things in self._scopes.values():
                things.clear()
            self._alike.clear()
            self._count = 0
        self._count += 1
        thing = call.things[request] = self._object(call, line) or self._learn(call, line)
        return thing

    def scope(self, view: View, asks: tuple[str, ...], *, reads: bool, whole: bool = False) -> dict[bytes, Thing]:
        """What is known of requests, shared by all deeds in which the same request asks for the same thing."""
        caller = view.caller
        scope: tuple[object, ...] = (
            view.event_source, view.event_name, view.region, view.recipient, caller.partition, reads, whole,
        )  # fmt: skip
        if asks:  # an identity may be a decoy itself, and a grant may be to its own account
            scope = (*scope, asks, caller.principal, caller.account, view.record.get("readOnly"))
        return self._scopes.setdefault(scope, {})

    def _object(self, call: Asking, line: Line) -> Thing | None:
        """An object that was read, as most are: of those in one place and of one form rules learn the same.

        None where the record names anything besides, or rules ask for more than the place and the form.
        """
        if not call.reads or call.source != _S3 or not OF_OBJECTS.issuperset(call.asks):
            return None
        try:
            asked, named = _REQUEST.decode(line.requestParameters), _RESOURCES.decode(line.resources) or ()
        except (msgspec.DecodeError, RecursionError):
            return None
        bucket, key = asked.bucketName, asked.key
        store = f"arn:{call.view.caller.partition}:s3:::{bucket}"
        arn = f"{store}/{key}"
        if not bucket or not key or bucket.startswith("arn:") or any(one.ARN not in (arn, store) for one in named):
            return None
        if not call.asks and not call.whole:
            return Thing(None, intern(bucket), (key,), (), self._kind(()))
        asset = asset_of_object(self._enricher.estate, bucket, key, arn)
        alike = id(call.things), bucket, id(asset), looks_like_weights(key)
        known = self._alike.get(alike)
        if known is None:
            thing = self._learn(call, line)
            self._alike[alike] = thing.signature, thing.kind, thing.assets
            return thing
        return Thing(line.resources.copy(), intern(bucket), (key,), *known)

    def _learn(self, call: Asking, line: Line) -> Thing:
        request = opened(line.requestParameters)
        on = acted_on(call.source, request)
        keys: tuple[str, ...] = ()
        if call.reads:
            key = text(table(request).get("key")) if on else None
            keys = (key,) if key else secrets_read(call.source, call.name, request)
        signature: Signature = ()
        resources, assets = None, None
        if call.asks or call.whole or (call.reads and not keys):  # only the whole view of the event can tell
            resources = line.resources.copy()
            record = {**call.view.record, "requestParameters": request, "resources": opened(line.resources)}
            view = self.view(record, call.view)
            signature = tuple(tuple(view.values(fact)) for fact in call.asks)
            if call.reads and view.read:
                on = store_of(view.read[0], on)
                keys = (view.read[0].removeprefix(on + "/"),)
            if call.whole and (view.read is not None) == bool(keys):
                assets = view.assets
        return Thing(
            resources, intern(on), keys, signature, self._kind(signature, *((on, assets) if call.whole else ())), assets
        )

    def _kind(self, *facts: object) -> int:
        return self._signatures.setdefault(facts, len(self._signatures))


class Aim:
    """Finds in the requests to one service what may name the thing that is touched, and passes over the rest."""

    def __init__(self, parameters: Collection[str]) -> None:
        given = [(f"p{at}", Raw, _ABSENT) for at in range(len(parameters))]
        names = {f"p{at}": name for at, name in enumerate(sorted(parameters))}
        self._decoder = msgspec.json.Decoder(msgspec.defstruct("Aimed", given, rename=names, gc=False))
        self._encoder = msgspec.json.Encoder()

    def __call__(self, request: Raw) -> bytes:
        """The part of a request that tells; all of it where it is no object."""
        try:
            return self._encoder.encode(self._decoder.decode(request))
        except (msgspec.MsgspecError, RecursionError):
            return bytes(request)


@cache
def aim_at(source: str, name: str) -> "Callable[[Raw], bytes]":
    """What finds it in requests of one call."""
    if name == "PutEventSelectors":  # whatever it leaves out is touched
        return bytes
    parameters = parameters_of(source).union(ACTED_ON.get(source, ()))
    return Aim(parameters) if parameters else _nothing


def _nothing(_request: Raw) -> bytes:
    return b""


def opened(value: Raw) -> Any:
    """What a piece of JSON says. Raises Closed."""
    try:
        return msgspec.json.decode(value)
    except (msgspec.DecodeError, RecursionError):
        try:  # JSON allows what msgspec does not: an enormous number, half of a surrogate pair
            return json.loads(bytes(value), parse_int=_number)
        except (ValueError, RecursionError):
            raise Closed from None


def _number(digits: str) -> int | float:
    return int(digits) if len(digits) < _DIGITS else math.inf
