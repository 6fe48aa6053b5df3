"""A scenario is a rehearsed attack: what is staged, what the attacker really calls, what must come of it."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from stanch.contracts.aws import Aws


@dataclass(frozen=True, slots=True)
class Attempt:
    """One thing somebody tried, in words, and whether AWS let them."""

    who: str
    what: str
    allowed: bool
    code: str | None = None
    bytes: int = 0


@dataclass(frozen=True, slots=True)
class Must:
    """What a drill is scored on: detection ids that must fire and the steps that must be verified."""

    detect: tuple[str, ...]
    contain: tuple[str, ...]


class World(Protocol):
    """The staged estate as a scenario sees it: names, and doors for its people at their place in the network."""

    weights_bucket: str
    weights_prefix: str
    training_bucket: str
    outside_account: str
    host: str
    """The inference host's instance id."""
    host_volumes: tuple[str, ...]

    shards: tuple[str, ...]
    """Keys of the model's shards."""
    training_keys: tuple[str, ...]
    training_policy: Mapping[str, Any]
    """The training bucket's policy as staged."""

    def steal(self) -> Aws:
        """The host's present credentials, read from its metadata service and used from the attacker's own network."""

    def steal_again(self) -> Aws:
        """What the attacker already holds: the same credentials as `steal` gave, not fresh ones."""

    def serve(self) -> Aws:
        """A fresh session of the serving role on another, healthy host."""

    def load(self) -> Aws:
        """The inference host's own work, with its own credentials, on its own network."""

    def retrain(self) -> Aws:
        """A session of the retraining role inside the perimeter."""

    def stranger(self) -> Aws:
        """Nobody: no credentials, from the attacker's network."""


class Scenario(Protocol):
    """The names a module in `catalog/scenarios/` must hold. Its id is its path; its docstring is the story."""

    MUST: Must

    def routine(self, world: World) -> Iterator[Attempt]:
        """The benign work before and around the attack."""

    def strike(self, world: World) -> Iterator[Attempt]:
        """The attack, through real calls."""

    def retry(self, world: World) -> Iterator[Attempt]:
        """The same attacker again, after containment: every attempt must be refused."""

    def live_on(self, world: World) -> Iterator[Attempt]:
        """The business after containment: every attempt must be allowed."""
