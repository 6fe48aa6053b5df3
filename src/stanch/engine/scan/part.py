"""What a search keeps of some files is small, and added up in any order: so processes can share the work."""

from array import array
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from stanch.domain.event import Actor, Event
from stanch.domain.finding import AssetRef
from stanch.engine.gather import Gatherer
from stanch.engine.lineage import Lineage
from stanch.engine.read import Tally
from stanch.engine.scan.archive import Archive
from stanch.engine.scan.bounds import Bounds
from stanch.engine.scan.cells import Cells, Key
from stanch.engine.scan.digests import Digests
from stanch.engine.scan.ledger import Matches


@dataclass(frozen=True, slots=True)
class Kept:
    """What a correlation needs of an event until its window closes: everything but the record.

    `bases` are the ids of the base rules it matched, `detections` those it matched by itself, `routines` those that
    explain it; `fields` holds what the correlations ask; `read` is the name and the size of what it read.
    """

    event: Event
    actor: Actor
    assets: tuple[AssetRef, ...]
    resources: tuple[str, ...]
    region: str
    failed: bool
    key: Key
    read: tuple[str, int] | None
    bases: tuple[str, ...]
    detections: frozenset[str]
    routines: tuple[str, ...]
    fields: Mapping[str, Sequence[Any]]

    def values(self, name: str) -> Sequence[Any]:
        """The values of a field that a correlation asks."""
        return self.fields.get(name, ())

    def everything(self) -> Sequence[Any]:
        """Correlations ask for fields by name only."""
        return ()


@dataclass(slots=True)
class Part:
    """What some files came to.

    `ids` holds a hash of each event's id by the hour of the event (seconds since the epoch). `ordered` are events that
    can only be judged when all are in, in the order of time: what a planned export covers.
    """

    tally: Tally = field(default_factory=Tally)
    lineage: Lineage = field(default_factory=Lineage)
    gatherer: Gatherer = field(default_factory=Gatherer)
    matches: Matches = field(default_factory=Matches)
    cells: Cells = field(default_factory=Cells)
    kept: list[Kept] = field(default_factory=list)
    ordered: list[Event] = field(default_factory=list)
    ids: dict[int, "array[int]"] = field(default_factory=dict)

    def absorb(self, other: "Part") -> None:
        """Take in what other files came to; their ids are for the caller to compare."""
        self.tally.absorb(other.tally)
        self.lineage.absorb(other.lineage)
        self.gatherer.absorb(other.gatherer)
        self.matches.absorb(other.matches)
        self.cells.absorb(other.cells)
        self.kept += other.kept
        self.ordered += other.ordered

    def note_ids(self, hour: int, hashes: Iterable[int]) -> None:
        """Remember the hashes of the ids of events of one hour; an array of 64-bit integers costs least."""
        known = self.ids.get(hour)
        if known is None:
            known = self.ids[hour] = array("q")
        whole = getattr(hashes, "tobytes", None)
        if whole is None:
            known.extend(hashes)
        else:
            known.frombytes(whole())


@dataclass(slots=True)
class Whole(Part):
    """What all files came to: as a part, but with its cells in an archive and its digests where a million fit."""

    archive: Archive = field(default_factory=Archive)

    @classmethod
    def within(cls, bounds: Bounds) -> "Whole":
        """Nothing yet, and never more in memory than this."""
        return cls(tally=Tally(digests=Digests(bounds)), archive=Archive(bounds))

    def absorb(self, other: Part) -> None:
        """Take in what some files came to."""
        self.archive.take(other.cells)
        other.cells = Cells()
        Part.absorb(self, other)
