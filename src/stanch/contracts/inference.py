"""What watches the model's own door: sources of inference calls, and what judges the traffic they add up to.

A call is forgotten once it is summed: what stays is one cell for each key, hour and model, and marks of what the texts
had in common. No prompt and no answer reaches a behaviour.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, BinaryIO, Protocol, TypeVar

from stanch.contracts.behaviour import About, CallCell, Sighting
from stanch.domain.baseline import Baseline
from stanch.domain.estate import Estate
from stanch.domain.event import Skipped
from stanch.domain.inference import Inference

T = TypeVar("T")


class InferenceSource(Protocol):
    """The names a module in `catalog/sources/` must hold to read a log of model calls. Its id is its path."""

    LOG: str
    INFERENCE: bool
    """True: its files hold calls of models, which are summed, not events that rules match one by one."""

    def recognises(self, path: str, head: bytes) -> bool:
        """Whether this file is of this log, from its path and its first inflated bytes."""

    def calls(self, path: str, stream: BinaryIO) -> Iterator[Inference | Skipped]:
        """Yield the calls of one file, already inflated, and what of it could not be read; raises nothing."""


class Leak(Protocol):
    """What looking into an answer found: never the text itself."""

    @property
    def category(self) -> str:
        """`secret`, `personal`, `canary`, `training-data`, `system-prompt` or `code`."""

    @property
    def kind(self) -> str:
        """Which pattern, in its own name."""

    @property
    def about(self) -> str:
        """Whose it is, where that is known: the place of a canary, the name of a prompt."""


@dataclass(frozen=True, slots=True)
class Mark:
    """Something that `count` calls of one key had in common in one hour (`start`, seconds since the epoch).

    `kind` says what: `template` (the masked opening of the prompt), `prefix` (its beginning, where hardly anything was
    answered), `stem` (all but its last word, there too), `again` (prompts that were sent before in the hour), `bias` (a
    token that was biased), `missing` (a model or adapter that is none), `leak` (`category/kind` of what an answer gave
    away), `system` (what the system prompt of a call with a known answer begins with), `repeated` (the same, where the
    answer repeats it). Those of prompts are hashes.
    """

    start: int
    kind: str
    value: str
    count: int


@dataclass(frozen=True, slots=True)
class Peers:
    """What is usual among all keys: `days` of so many `keys`.

    `calls` and `tokens_out` are the decimal logarithms of a key's sums on a day that it was used: keys differ by
    orders of magnitude. `surge` says by which factor of their own mean nine keys in ten stayed on a day (counted from
    the epoch), where there are twenty: a launch moves many at once, a thief moves few. `launches` says the same of half
    the keys of a tenant, by tenant and day, where he has three and they at least doubled. `rollouts` are clients,
    with each day on which one came to a key, that came within a week to five keys or more with a past, those of the
    network that has most left out, and to half of all keys that ever use the client.
    """

    keys: int
    days: int
    calls: Baseline
    tokens_out: Baseline
    surge: Mapping[int, float] = field(default_factory=dict)
    launches: Mapping[tuple[str, int], float] = field(default_factory=dict)
    rollouts: frozenset[tuple[str, int]] = frozenset()


@dataclass(frozen=True, slots=True)
class KeyHistory:
    """All calls of one key, in the order of their time; `began` and `ended` bound all inference logs.

    `key` is the key's ARN, the caller's ARN for a provider that knows one, "" for calls that no log names a key for.
    `joined` are the lines, by hour and log, that found the call of a key by its request id: where there are many, one
    that found none is telling. Behaviours share a history: none may change what it holds.
    """

    key: str
    cells: Sequence[CallCell]
    marks: Sequence[Mark]
    peers: Peers
    estate: Estate
    began: datetime
    ended: datetime
    joined: Mapping[tuple[int, str], int] = field(default_factory=dict)
    _worked_out: dict[object, Any] = field(default_factory=dict, init=False, repr=False, compare=False)

    def once(self, work: Callable[["KeyHistory"], T]) -> T:
        """What `work` makes of this history, worked out for the first behaviour that asks; a function of a module."""
        if work not in self._worked_out:
            self._worked_out[work] = work(self)
        made: T = self._worked_out[work]
        return made


class Traffic(Protocol):
    """The calls of all keys."""

    @property
    def peers(self) -> Peers:
        """What is usual among them."""

    def histories(self) -> Iterator[KeyHistory]:
        """Each key's history, one at a time and as often as asked for: all together may not fit."""


class InferenceBehaviour(Protocol):
    """The names a module in `catalog/detections/` must hold to judge the calls of one key."""

    ABOUT: About
    LIMITS: Any

    def examine(self, history: KeyHistory, limits: Any) -> Iterator[Sighting]:
        """Yield what is evil in one key's calls. It raises nothing; it reads no clock."""


class TrafficBehaviour(Protocol):
    """The names a module in `catalog/detections/` must hold to judge keys side by side."""

    ABOUT: About
    LIMITS: Any

    def compare(self, traffic: Traffic, limits: Any) -> Iterator[Sighting]:
        """Yield what is evil only in the calls of several keys together. It raises nothing; it reads no clock."""
