"""A behaviour is asked in its own word of each history; one that fails is told, and stops no other."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from stanch.contracts.behaviour import (
    Behaviour,
    CallCell,
    Cell,
    FlowBehaviour,
    FlowCell,
    FlowHistory,
    History,
    Sighting,
    Whose,
)
from stanch.contracts.detection import Detection
from stanch.contracts.inference import InferenceBehaviour, KeyHistory, Traffic, TrafficBehaviour
from stanch.domain.coverage import Failure
from stanch.domain.estate import Estate, Purpose
from stanch.domain.event import Actor
from stanch.engine.enrich.reachable import containable_caller
from stanch.engine.gather import Gatherer

if TYPE_CHECKING:
    from stanch.engine.scan.part import Whole

AnyBehaviour = Behaviour | FlowBehaviour | InferenceBehaviour | TrafficBehaviour


@dataclass(frozen=True, slots=True)
class Watch:
    """A behaviour with what it says of itself under its id; it judges calls of AWS or of models, or network flows."""

    detection: Detection
    behaviour: AnyBehaviour


class Watches:
    """All behaviours of a hunt; `failed` are those that could not judge something."""

    def __init__(self, watches: Sequence[Watch], estate: Estate, accounts: Collection[str]) -> None:
        """`accounts` are ours where the estate declares none."""
        self._watches = watches
        self._estate = estate
        self._ours = estate.perimeter.accounts or accounts
        self.failed: list[Failure] = []

    def __len__(self) -> int:
        """How many run."""
        return len(self._watches)

    def asked(self, verb: str) -> list[Watch]:
        """Those that are asked to `judge`, `weigh`, `examine` or `compare`."""
        return [watch for watch in self._watches if hasattr(watch.behaviour, verb)]

    def see(
        self,
        verb: str,
        watches: Iterable[Watch],
        history: History | FlowHistory | KeyHistory | Traffic,
        gatherer: Gatherer,
    ) -> None:
        """Gather what these see in a history."""
        for watch in watches:
            for sighting in self._seen(verb, watch, history):
                gatherer.sighted(watch.detection, sighting, _actor(sighting), self._resources(sighting))

    def judge(self, part: "Whole", gatherer: Gatherer) -> None:
        """Gather what is seen in the history of each origin."""
        tally = part.tally
        if tally.first is None or tally.last is None:
            return
        for whose in Whose:
            watches = [watch for watch in self.asked("judge") if watch.behaviour.ABOUT.whose is whose]
            for name, cells in part.archive.histories(whose, part.lineage.origin) if watches else ():
                history = History(name, cells, self._estate, self._purpose(cells), tally.first, tally.last)
                self.see("judge", watches, history, gatherer)

    def _seen(self, verb: str, watch: Watch, history: Any) -> list[Sighting]:
        try:
            return list(getattr(watch.behaviour, verb)(history, watch.behaviour.LIMITS))
        except Exception as error:  # noqa: BLE001 - a detection that fails is told and stops no other
            failure = Failure(watch.detection.id, f"failed: {type(error).__name__}: {error}")
            if failure not in self.failed:
                self.failed.append(failure)
            return []

    def _purpose(self, cells: Sequence[Cell]) -> Purpose | None:
        if all(cell.is_aws for cell in cells):
            return Purpose.SERVICE
        if not self._estate.principals:
            return None
        return self._estate.purpose_of({name for cell in cells for name in (cell.actor.arn, cell.principal)})

    def _resources(self, sighting: Sighting) -> tuple[str, ...]:
        """Roles, users and hosts of ours that made the calls."""
        return tuple(
            dict.fromkeys(
                arn
                for cell in sighting.cells
                if isinstance(cell, Cell) and cell.actor.account in self._ours and not cell.is_aws
                for arn in containable_caller(cell.principal, cell.actor, cell.source, cell.region)
            )
        )


def _actor(sighting: Sighting) -> Actor:
    """Who did it: the caller of the last cell."""
    cells: Sequence[Cell | FlowCell | CallCell] = sighting.cells
    last = max(cells, key=lambda cell: cell.last)
    if isinstance(last, Cell):
        return last.actor
    if isinstance(last, CallCell):
        return Actor(last.key or "anonymous", account=last.account or None, address=last.address or None)
    name = sighting.resources[0] if sighting.resources else last.host
    return Actor(name, account=last.account, address=last.address)
