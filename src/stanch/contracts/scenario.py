"""A scenario is a rehearsed attack: what is staged, what the attacker really calls, what must come of it."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol

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

    @property
    def weights_bucket(self) -> str: ...
    @property
    def weights_prefix(self) -> str: ...
    @property
    def training_bucket(self) -> str: ...
    @property
    def host(self) -> str:
        """The inference host's instance id."""

    @property
    def host_volumes(self) -> tuple[str, ...]: ...
    @property
    def outside_account(self) -> str: ...

    def steal(self) -> Aws:
        """The host's present credentials, read from its metadata service and used from the attacker's own network."""

    def serve(self) -> Aws:
        """A fresh session of the serving role, used on the host's own network."""

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
