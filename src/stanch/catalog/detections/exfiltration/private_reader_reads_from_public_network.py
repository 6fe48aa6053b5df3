"""A workload that always read a store through the private network stays there: its keys read from elsewhere.

Reads: cells of S3 reads, with private addresses and VPC endpoints apart from public networks, and the estate's purposes
and networks.
Blind to: workloads that read through a NAT gateway, as stores of another region are read; a thief inside the network.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby

from stanch.catalog.detections._reads import CARETAKERS, Taken, keys_of_store, purpose, taken
from stanch.contracts.behaviour import About, History, Sighting, Whose
from stanch.domain.baseline import DAY
from stanch.domain.estate import Side
from stanch.domain.finding import Technique
from stanch.domain.severity import Severity

ABOUT = About(
    title="A store read from a public network by who always read it privately",
    severity=Severity.HIGH,
    confidence=0.65,
    techniques=(
        Technique("attack", "T1530", "19"),
        Technique("attack", "T1078.004", "19"),
        Technique("attack", "T1550.001", "19"),
        Technique("atlas", "AML.T0035", "5.6"),
    ),
    playbook="stolen_role_session",
    whose=Whose.PRINCIPAL,
)


@dataclass(frozen=True, slots=True)
class Limits:
    """What makes a custom, and what is worth telling."""

    custom: int = 5
    """Private uses of the store, a session's in one hour being one, before the first public read: a habit."""
    objects: int = 5
    """Distinct objects that were read from outside: a program that is tried out reads one or two."""
    shards: int = 3
    """Shards of weights among them from which on it is high: hosts load models, and hosts stay where they are."""
    window_days: int = 1
    """Days before the first public read in which more sessions must have read privately than did publicly after it."""


LIMITS = Limits()
_PERSON = ":assumed-role/AWSReservedSSO_"
"""Begins the session of a person, who works from wherever he is."""


def judge(history: History, limits: Limits) -> Iterator[Sighting]:
    """Yield one sighting for each store whose reads left the private network for the first time."""
    parts = [part for part in taken(history) if _counts(part, history)]
    for _, some in groupby(sorted(parts, key=_by_store), key=lambda part: part.store):
        of_store = list(some)
        public = [part for part in of_store if part.cell.place]
        if not public:
            continue
        private = [part for part in of_store if not part.cell.place and part.cell.last < public[0].cell.first]
        if len({_use(part) for part in private}) < limits.custom or not _few(public, private, limits):
            continue
        keys = keys_of_store(public)
        if len(keys) >= limits.objects:
            shards = {(model, number) for part in public for model, found in part.shards().items() for number in found}
            weights = len(shards) >= limits.shards or public[0].worth_stealing
            places = ", ".join(sorted({part.cell.place for part in public}))
            yield Sighting(
                tuple(part.cell for part in public),
                f"{len(keys)} objects of {public[0].store.name} were read from {places}, after private reads alone",
                (public[0].store,),
                Severity.HIGH if weights else Severity.MEDIUM,
                ABOUT.confidence if weights else 0.5,
            )


def _counts(part: Taken, history: History) -> bool:
    """Whether it tells where a workload is: a person moves, and our own public addresses are no other place."""
    if _PERSON in part.cell.actor.arn or part.cell.console or part.cell.presigned:
        return False
    return not (part.cell.place and part.cell.network is Side.INSIDE) and purpose(part.cell, history) not in CARETAKERS


def _by_store(part: Taken) -> tuple[str, str, str, int]:
    return part.store.name, part.store.kind, part.store.arn, part.cell.first


def _use(part: Taken) -> tuple[str, int]:
    return part.cell.actor.access_key or part.cell.actor.arn, part.cell.start


def _few(public: Sequence[Taken], private: Sequence[Taken], limits: Limits) -> bool:
    """Whether it is one of many that reads from outside: where all do, the way to the store has changed."""
    began = public[0].cell.first
    outside = {_use(part)[0] for part in public}
    before = {_use(part)[0] for part in private if part.cell.last >= began - limits.window_days * DAY}
    return len(outside) <= len(before)
