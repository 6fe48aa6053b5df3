"""What is judged: the things of a snapshot, and folders of object names as a listing tells them."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Protocol

from stanch.contracts.collector import Thing, unseen
from stanch.domain.estate import AssetKind
from stanch.domain.proposal import Fact, strongest, sureness

OBJECTS = "s3/objects"


class Placed(Protocol):
    """A thing with where it was seen."""

    @property
    def account(self) -> str:
        """The 12-digit account."""

    @property
    def region(self) -> str | None:
        """The region; None for what belongs to the whole account."""

    @property
    def thing(self) -> Thing:
        """The thing."""


class Seen(Protocol):
    """A snapshot, asked for its things by kind."""

    def of(self, kind: str) -> Sequence[Placed]:
        """Every thing of a kind, `s3/bucket`."""


@dataclass(frozen=True, slots=True)
class Folder:
    """The objects directly below one prefix: names with bytes, of which some stand for all alike; true counts."""

    bucket: str
    prefix: str
    names: tuple[tuple[str, int], ...]
    count: int
    bytes: int


@dataclass(frozen=True, slots=True)
class Find:
    """Something found: an asset's kind and place as stanch.toml writes them, and why.

    `sample` is a key in it, for questions about rights; `count` and `bytes` are of what was seen of it. `roles` are the
    ARNs of those that run it.
    """

    kind: AssetKind
    where: str
    facts: tuple[Fact, ...]
    name: str = ""
    sample: str = ""
    count: int = 0
    bytes: int = 0
    shards: int = 0
    """How many shards the largest model in it has by its names; 0 where they do not tell."""
    roles: tuple[str, ...] = ()

    @property
    def confidence(self) -> float:
        """How sure its facts make us."""
        return sureness(self.facts)

    def also(self, *facts: Fact) -> "Find":
        """The same with more facts, of which the strongest of each eye count."""
        return replace(self, facts=strongest((*self.facts, *facts)))


def things(seen: Seen, *kinds: str) -> Iterator[Placed]:
    """The things of these kinds that could be seen: none whose data is a marker."""
    return (place for kind in kinds for place in seen.of(kind) if unseen(place.thing.data) is None)


def folders(seen: Seen) -> Iterator[Folder]:
    """Every folder of every bucket that was listed."""
    for place in things(seen, OBJECTS):
        bucket = str(place.thing.data.get("Bucket"))
        for one in place.thing.data.get("Folders") or ():
            names = tuple((str(name), int(size)) for name, size in one["Objects"])
            yield Folder(bucket, str(one["Prefix"]), names, int(one["Count"]), int(one["Bytes"]))


def known(value: Any) -> Any:
    """A value, or None where it is a marker of what could not be seen."""
    return None if unseen(value) is not None else value


def listed(value: Any) -> Sequence[Any]:
    """A list, or an empty one where it is none or could not be seen."""
    return value if isinstance(value, list | tuple) else ()


def texts(value: Any) -> Iterator[str]:
    """Every text in a JSON value."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for inner in value.values():
            yield from texts(inner)
    elif isinstance(value, list | tuple):
        for inner in value:
            yield from texts(inner)
