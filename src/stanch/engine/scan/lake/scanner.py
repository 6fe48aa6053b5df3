"""A scanner that reads units of a lake beside raw logs, and may keep in a lake what it reads of them."""

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from stanch.contracts.lake import Keep, LakeUnit
from stanch.contracts.source import LogFile
from stanch.domain.estate import Estate
from stanch.domain.event import Skipped
from stanch.engine.inference.summed import Inspect
from stanch.engine.inflate import GIB
from stanch.engine.read import AnySource, aside, head
from stanch.engine.routines import Routine
from stanch.engine.scan.part import Part
from stanch.engine.scan.scanner import Ahead, Scanner
from stanch.engine.scan.span import ALWAYS, Span
from stanch.engine.sigma import Rule

if TYPE_CHECKING:
    from stanch.engine.scan.lake.keeping import Offered


UNIT = 10 << 20
"""Stored bytes of the originals of one unit, unless a single file is larger."""


class LakeScanner(Scanner):
    """Reads raw logs and units; what it never meets is never loaded."""

    def __init__(
        self,
        rules: Sequence[Rule],
        estate: Estate,
        sources: Sequence[AnySource],
        accounts: Collection[str] = (),
        limit: int = 2 * GIB,
        routines: Sequence[Routine] = (),
        span: Span = ALWAYS,
        keep: Keep | None = None,
        *,
        profiles: bool = True,
        calls: bool = True,
        inspect: Inspect | None = None,
        salt: bytes = b"",
        ahead: Ahead = iter,
    ) -> None:
        """As a scanner; raw logs that `keep` does not know yet are kept there, and then scanned from what was kept."""
        super().__init__(
            rules, estate, sources, accounts, limit, routines, span,
            profiles=profiles, calls=calls, inspect=inspect, salt=salt, ahead=ahead,
        )  # fmt: skip
        self._keep = keep

    def scan(self, files: Iterable[LogFile], without: Collection[int] = frozenset()) -> Part:
        """What these files come to; they are kept when first scanned, not when it is done over for `without`."""
        if self._keep is None or without:
            return super().scan(files, without)
        kept = self._kept(self._keep, files)
        part = super().scan([*kept.units, *kept.known, *kept.left])
        part.tally.unsaved.update(kept.unsaved)
        return part

    def take(self, file: LogFile, part: Part, seen: set[int] | None) -> None:
        """Add to `part` what one file, or one unit, comes to."""
        if not isinstance(file, LakeUnit):
            super().take(file, part, seen)
            return
        from stanch.engine.scan.lake.entry import Knowledge
        from stanch.engine.scan.lake.unit import scan

        scan(file, Knowledge(self.judge, self._classes, self.span, self._sources, self.overhear), part, seen)

    def _kept(self, keep: Keep, files: Iterable[LogFile]) -> "_Kept":
        from stanch.engine.scan.lake.keeping import kept, offered

        done, new = _Kept(), []
        for file in self._ahead(files):
            if isinstance(file, LakeUnit) or keep.knows(None, getattr(file, "version", None), self._limit):
                done.known.append(file)
                continue
            try:
                offer = offered(file)
            except OSError:
                done.left.append(file)  # scanning it tells why
                continue
            if keep.knows(offer.sha256, None, self._limit):
                done.known.append(file)
            else:
                new.append(offer)
        for some in _units(new):
            try:
                units, tables = kept(some, self._sources, keep.bench, self._limit)
            except OSError as error:
                done.unsaved[error.strerror or str(error)] += len(some)
                done.left += [offer.file for offer in some]
            else:
                done.units += units
                done.left += tables
        return done


def _units(files: "Sequence[Offered]") -> "Iterator[list[Offered]]":
    """Files that are kept together: what is known of a unit is held while it is made."""
    some: list[Offered] = []
    size = 0
    for file in files:
        if some and size + (file.size or 0) > UNIT:
            yield some
            some, size = [], 0
        some.append(file)
        size += file.size or 0
    if some:
        yield some


@dataclass(slots=True)
class _Kept:
    """What became of some files: kept now as units, known from before, or left where they are."""

    units: list[LakeUnit] = field(default_factory=list)
    known: list[LogFile] = field(default_factory=list)
    left: list[LogFile] = field(default_factory=list)
    unsaved: Counter[str] = field(default_factory=Counter)


class LakeImporter(LakeScanner):
    """Keeps what is new of raw logs, and makes nothing else of them."""

    def scan(self, files: Iterable[LogFile], without: Collection[int] = frozenset()) -> Part:
        """What was kept, or could not be; files that were kept before count as duplicates."""
        del without
        part = Part()
        tally = part.tally
        if self._keep is None:
            return part
        kept = self._kept(self._keep, files)
        tally.duplicates += len(kept.known)
        tally.unsaved.update(kept.unsaved)
        tally.skipped += (_left(file, self._sources) for file in kept.left)
        for receipt in (unit.receipt() for unit in kept.units):
            tally.files_read += receipt.files_read
            tally.events += sum(piece.rows for piece in receipt.pieces)
            tally.skipped += receipt.skipped
            tally.logs.update(receipt.logs)
            tally.digests.update({one.path: (one.sha256, one.size) for one in receipt.originals})
        return part


def _left(file: LogFile, sources: Sequence[AnySource]) -> Skipped:
    try:
        file.open().close()
    except OSError as error:
        return Skipped(file.path, f"cannot be opened: {error.strerror or error}")
    begin = head(file)
    source = next((source for source in sources if source.recognises(file.path, begin)), None)
    what = f"{aside(source)} where it lies; " if source else ""
    return Skipped(file.path, f"{what}not kept in the lake", fault=False)
