"""What a search keeps of some files is small, and added up in any order: so processes can share the work."""

from array import array
from collections.abc import Iterable
from contextlib import ExitStack
from dataclasses import dataclass, field

from stanch.engine.gather import Gatherer
from stanch.engine.inference.summed import Summed
from stanch.engine.lineage import Lineage
from stanch.engine.read import Tally
from stanch.engine.scan.archive import Archive
from stanch.engine.scan.bounds import Bounds
from stanch.engine.scan.cells import Cells
from stanch.engine.scan.charged import Charged
from stanch.engine.scan.digests import Digests
from stanch.engine.scan.gathered import Gathered
from stanch.engine.scan.matches import Matches
from stanch.engine.scan.waiting import Waiting


@dataclass(slots=True)
class Part:
    """What some files came to.

    `ids` holds a hash of each event's id by the hour of the event (seconds since the epoch). `charged` are events that
    can only be judged when all are in, in the order of time: what a planned export covers. `calls` are those of models.
    """

    tally: Tally = field(default_factory=Tally)
    lineage: Lineage = field(default_factory=Lineage)
    gatherer: Gatherer = field(default_factory=Gatherer)
    matches: Matches = field(default_factory=Matches)
    cells: Cells = field(default_factory=Cells)
    kept: Waiting = field(default_factory=Waiting)
    charged: Charged = field(default_factory=Charged)
    ids: dict[int, "array[int]"] = field(default_factory=dict)
    calls: Summed = field(default_factory=Summed)

    def absorb(self, other: "Part") -> None:
        """Take in what other files came to; their ids are for the caller to compare."""
        self.tally.absorb(other.tally)
        self.lineage.absorb(other.lineage)
        self.gatherer.absorb(other.gatherer)
        self.matches.absorb(other.matches)
        self.cells.absorb(other.cells)
        self.kept.absorb(other.kept)
        self.charged.absorb(other.charged)
        self.calls.absorb(other.calls)

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
    """What all files came to: as a part, but with its cells, groups and digests where a million fit."""

    archive: Archive = field(default_factory=Archive)
    groups: Gathered = field(default_factory=Gathered)

    @classmethod
    def within(cls, bounds: Bounds) -> "Whole":
        """Nothing yet, and never more in memory than this."""
        return cls(
            tally=Tally(digests=Digests(bounds)),
            kept=Waiting(bounds.kept),
            charged=Charged(bounds.charged),
            matches=Matches(bounds.names),
            archive=Archive(bounds),
            groups=Gathered(bounds.groups),
        )

    def absorb(self, other: Part) -> None:
        """Take in what some files came to; on a full disk each of these takes it all the same, and then raises."""
        with ExitStack() as each:
            each.callback(self.archive.take, other.cells)
            each.callback(self.groups.absorb, other.gatherer)
            other.cells, other.gatherer = Cells(), Gatherer()
            Part.absorb(self, other)
