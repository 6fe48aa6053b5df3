"""What a unit's events come to, by deed and hour, is so much smaller than the events that a hunt need not read these.

A profile holds only what is in the log: sums, the names of what was read, what was asked for, and where the rows stand.
Estate and rules may change between two hunts, so nothing that follows from them is in it.
"""

import hashlib

import msgspec
import numpy as np
from isal import isal_zlib
from numpy.typing import NDArray

from stanch.engine.lineage import Lineage
from stanch.engine.scan.asked import ACTED_ON, SECRETS_KEPT_BY, reads_secrets
from stanch.engine.scan.cells import KEPT_EVENTS, KEPT_FILES
from stanch.engine.scan.lake.columns import FACTS

_FORM = 2
_FAST = 1
"""How hard isal tries to make it small: more takes longer and saves little."""
LAW = hashlib.sha256(
    repr((_FORM, FACTS, ACTED_ON, SECRETS_KEPT_BY, KEPT_EVENTS, KEPT_FILES)).encode(),
).hexdigest()[:16]
"""By what events are summed; a profile that was made by another law is of no use."""
NUMBERS = np.dtype("<i8")
"""Numbers of event ids, as they are stored."""
PLACES = np.dtype("<u4")
"""Places in a list, as they are stored."""

Stretch = tuple[int, int, int]
"""Rows of a partition that stand side by side: the chunk, the first row in the chunk's piece, and how many."""


def reads(source: str, name: str) -> bool:
    """Whether calls of this kind give content, unless they fail."""
    return (source, name) == ("s3.amazonaws.com", "GetObject") or reads_secrets(source, name)


def opens(source: str, name: str) -> bool:
    """Whether each call of this kind is opened, whatever the rules: its answer tells what nothing else does."""
    return source.startswith("signin.") or Lineage.wants(source, name)


def places(stored: bytes) -> list[int]:
    """Places in a list, as they are stored."""
    found: list[int] = np.frombuffer(stored, PLACES).tolist()
    return found


class Group(msgspec.Struct, array_like=True, frozen=True, gc=False):
    """Events of one deed in one hour on one store.

    `start` is the hour's, `first` and `last` are times (seconds since the epoch), `on` the store, `signed` whether the
    URL was. `size` is that of the answers that gave `objects` (places in the profile's names). `events` are the first
    ids, `files` numbers of originals, as a cell keeps them.
    """

    start: int
    on: str
    signed: bool
    count: int
    size: int
    first: int
    last: int
    objects: bytes
    events: list[str]
    files: list[int]


class Record(msgspec.Struct, array_like=True, frozen=True, gc=False):
    """An event as it was logged: where it was read in its chunk, the number of its original, its JSON."""

    chunk: int
    seq: int
    file: int
    raw: bytes


class Kept(msgspec.Struct, array_like=True, frozen=True):
    """One deed: its facts and its identity (a place among all), where its rows stand, and what they came to.

    `groups` is None where only the rows can tell. `records` are all its events, where it is of a call of which each is
    opened in any hunt.
    """

    facts: list[str | bool | None]
    identity: int
    rows: list[Stretch]
    groups: list[Group] | None
    records: list[Record] | None


class Asked(msgspec.Struct, array_like=True, frozen=True):
    """What calls of one kind asked for: pairs of places in `requests` and `resources`, and which pairs each deed."""

    requests: list[bytes]
    resources: list[bytes]
    pairs: list[tuple[int, int]]
    of_deed: list[bytes]

    def of(self, deed: int) -> list[int]:
        """Which pairs this deed of the call asked for."""
        return places(self.of_deed[deed])

    def pair(self, number: int) -> tuple[bytes, bytes]:
        """The request and the resources, as JSON."""
        request, resources = self.pairs[number]
        return self.requests[request], self.resources[resources]


class Call(msgspec.Struct, array_like=True, frozen=True, gc=False):
    """The deeds of one call, and where apart it stands what they asked for: it is opened where a rule wants to know."""

    deeds: list[Kept]
    asked: int


class Hour(msgspec.Struct, array_like=True, frozen=True, gc=False):
    """All events of one hour: its start, the first and last time (microseconds), where apart their ids stand."""

    start: int
    first: int
    last: int
    numbers: int


class Part(msgspec.Struct, array_like=True, frozen=True):
    """All events of one partition: by hour, by call and deed, and `slow` rows, which only their whole records tell."""

    log: str
    account: str
    region: str
    day: str
    hours: list[Hour]
    calls: list[Call]
    slow: list[Stretch]


class Profile(msgspec.Struct, array_like=True, frozen=True):
    """A whole unit; `law` is the one it was made by.

    `names` are those of what was read, `identities` those of callers, as JSON; `apart` is what nothing makes smaller.
    """

    law: str
    parts: list[Part]
    names: list[str]
    identities: list[bytes]
    apart: list[bytes]

    def ids(self, hour: Hour) -> NDArray[np.int64]:
        """The numbers of the ids of an hour, in order."""
        return np.frombuffer(self.apart[hour.numbers], NUMBERS)

    def asked(self, call: Call) -> Asked:
        """What the deeds of a call asked for."""
        return _ASKED.decode(isal_zlib.decompress(self.apart[call.asked]))


class _Stored(msgspec.Struct, array_like=True):
    """A profile as it is stored: `told` is all that is not apart, compressed."""

    told: bytes
    apart: list[bytes]


_WRITE = msgspec.msgpack.Encoder()
_READ = msgspec.msgpack.Decoder(Profile)
_STORED = msgspec.msgpack.Decoder(_Stored)
_ASKED = msgspec.msgpack.Decoder(Asked)


class Damaged(ValueError):
    """The bytes are not those of the profile that was written."""


def packed(asked: Asked) -> bytes:
    """What was asked for, to be stored apart."""
    return isal_zlib.compress(_WRITE.encode(asked), _FAST)


def written(profile: Profile) -> bytes:
    """A profile as it is stored."""
    told = _WRITE.encode(msgspec.structs.replace(profile, apart=[]))
    return _WRITE.encode(_Stored(isal_zlib.compress(told, _FAST), profile.apart))


def read(stored: bytes, sha256: str) -> Profile:
    """The profile that was written with this digest; raises Damaged."""
    if hashlib.sha256(stored).hexdigest() != sha256:
        raise Damaged("it is not what was written")
    try:
        whole = _STORED.decode(stored)
        told = _READ.decode(isal_zlib.decompress(whole.told))
    except (isal_zlib.error, msgspec.MsgspecError) as error:  # type: ignore[misc]  # its stub forgets what it is
        raise Damaged(f"of another version of stanch: {error}") from error
    profile = msgspec.structs.replace(told, apart=whole.apart)
    if profile.law != LAW:
        raise Damaged("of another version of stanch")
    return profile
