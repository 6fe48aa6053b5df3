"""The hunt: files are scanned side by side, their parts added up, and what matched is told as incidents."""

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import replace
from itertools import chain
from typing import TYPE_CHECKING

from stanch.contracts.behaviour import Cell
from stanch.contracts.inference import Traffic
from stanch.contracts.source import LogFile
from stanch.domain.coverage import Coverage, Failure, Folded
from stanch.domain.estate import Estate
from stanch.domain.event import Skipped
from stanch.domain.incident import Evidence, Incident
from stanch.engine.correlate import incidents
from stanch.engine.crowd import Crowd, place_of
from stanch.engine.enrich.caller import partition_of
from stanch.engine.findings import by_origin, findings_of
from stanch.engine.gather import Gatherer, Group
from stanch.engine.inference import words
from stanch.engine.inference.summed import Summed
from stanch.engine.refusals import refusals, refused
from stanch.engine.scan.bounds import BOUNDS, Bounds
from stanch.engine.scan.calm import uncollected
from stanch.engine.scan.charged import Charged
from stanch.engine.scan.hits import gather_hits
from stanch.engine.scan.judge import Judge
from stanch.engine.scan.ledger import Ledger
from stanch.engine.scan.matches import Matches
from stanch.engine.scan.part import Part, Whole
from stanch.engine.scan.pool import FORGETFUL, Errand, Keeper, scanned
from stanch.engine.scan.scanner import Scanner
from stanch.engine.scan.span import Span
from stanch.engine.scan.waiting import Waiting
from stanch.engine.sigma import Rule
from stanch.engine.usage import Usage, bucket_named
from stanch.engine.watches import Watch, Watches

if TYPE_CHECKING:
    from stanch.engine.inference.book import Book
    from stanch.engine.inference.traffic import KeyTraffic
    from stanch.engine.scan.seen import Seen


class Hunt:
    """One search: `read` the files, then ask for `incidents` and `coverage`."""

    def __init__(
        self,
        rules: Sequence[Rule],
        watches: Sequence[Watch],
        estate: Estate,
        accounts: Collection[str] = (),
        bounds: Bounds = BOUNDS,
    ) -> None:
        """`accounts` are those the logs come from: the perimeter where the estate declares none."""
        self._bounds = bounds
        self._rules = rules
        self._watches = Watches(watches, estate, accounts)
        self._estate = estate
        self._folded: tuple[Folded, ...] = ()
        self._besides = Gatherer()
        self._book: Book | None = None
        self._words: Counter[tuple[str, str]] = Counter()
        self._by_hour: dict[int, int] | None = None
        self._read = 0
        self._unheard = self._deaf = False
        self.failed = False
        """Whether this machine had no room for some of it, as the coverage then tells."""
        self.part = Whole.within(bounds)

    @uncollected()
    def read(
        self,
        files: Iterable[LogFile],
        build: Callable[[], Scanner],
        processes: int = 1,
        on_part: Callable[[Part], None] = lambda _: None,
        keeper: Keeper = FORGETFUL,
    ) -> None:
        """Scan all files and add up what they come to; after an interrupt, `part` is what was read until then."""
        again: Scanner | None = None

        def without(errand: Errand, known: set[int]) -> Part:
            nonlocal again
            again = again or build()
            return again.scan(errand, known)

        self.add(scanned(files, build, processes, keeper), without, on_part=on_part)

    @uncollected()
    def add(
        self,
        parts: Iterable[tuple[Errand, Part]],
        without: Callable[[Errand, set[int]], Part],
        *,
        on_new: Callable[[Errand, Part], None] = lambda _errand, _part: None,
        on_part: Callable[[Part], None] = lambda _: None,
    ) -> None:
        """Add up parts, each with the files it is of; `without` reads files again without events that came before.

        A part without files was new to an earlier search: it is taken as it is. Of any other `on_new` is told, with
        what of it was new, before it is added; `on_part` of what all came to, after.
        """
        first: Part | None = None
        with ExitStack() as stack:
            seen: Seen | None = None
            for errand, part in parts:
                try:
                    if first is None:
                        first = part
                    else:
                        seen = seen or stack.enter_context(self._remembering(first))
                        if errand and (known := seen.known(part.ids)):
                            part = without(errand, known)  # noqa: PLW2901 - the same without what came before
                        seen.take(part.ids)
                except refusals() as error:
                    self._could_not("the rest", f"all after {self._read:,} files not read", error)
                    return
                if errand:
                    on_new(errand, part)
                self._read += len(errand)
                try:
                    self._take_calls(part)
                    self.part.absorb(part)
                except refusals() as error:
                    undone = f"all after {self._read:,} files not read, nor perhaps all of the last"
                    self._could_not("the rest", undone, error)
                    return
                on_part(self.part)

    def _remembering(self, first: Part) -> "Seen":
        """What was seen when a second part comes; with a single one there is nothing to load numpy for."""
        from stanch.engine.scan.seen import Seen

        seen = Seen(self._bounds)
        seen.take(first.ids)
        return seen

    def _take_calls(self, part: Part) -> None:
        """Put the calls of models where millions of cells fit."""
        if part.calls:
            try:
                if self._book is None and not self._deaf:
                    from stanch.engine.inference.book import Book

                    self._book = Book()
                    self._unheard = True
                if self._book is not None:
                    self._book.take(part.calls)
            except refusals() as error:
                self.give_up()
                self._deaf, self._unheard = True, False
                self._could_not("calls of models", "not judged", error)
            self._words.update(part.calls.words)
            part.calls = Summed()

    def give_up(self) -> None:
        """Take away the files of a search that is begun anew."""
        if self._book is not None:
            with self._book:
                self._book = None

    @uncollected()
    def hear(self, on_traffic: Callable[[Traffic], None] = lambda _: None) -> None:
        """Join and sum the calls of models among the files, and judge each key's, and all together."""
        if self._book is None:
            return
        from stanch.engine.inference.traffic import KeyTraffic

        try:
            with self._book as book:
                self._book = None
                if settled := book.settle():
                    self._listen(KeyTraffic(book, settled, self._estate), on_traffic)
        except refusals() as error:
            self._could_not("calls of models", "not judged, or not all of them", error)
        self._unheard = False

    def _listen(self, traffic: "KeyTraffic", on_traffic: Callable[[Traffic], None]) -> None:
        on_traffic(traffic)
        self._by_hour = traffic.by_hour()
        of_keys = self._watches.asked("examine")
        for history in traffic.histories() if of_keys else ():
            self._watches.see("examine", of_keys, history, self._besides)
        self._watches.see("compare", self._watches.asked("compare"), traffic, self._besides)

    def weigh(self, *, limit: int, span: Span, on_part: Callable[[Part], None] = lambda _: None) -> None:
        """Sum the network flows among the files, and judge each host's, beside what gateways `hear`d before.

        `limit` bounds the inflated bytes of one file. Flows that begin outside `span` are counted as left out.
        """
        tables = self.part.tally.tables
        if not tables:
            return
        try:
            self._weigh(tables, limit, span, on_part)
        except refusals() as error:
            logs = f"{len(tables):,} flow {'log' if len(tables) == 1 else 'logs'}"
            self._could_not("flow logs", f"{logs} not weighed, or not to the end", error)

    def _weigh(self, tables: Sequence[LogFile], limit: int, span: Span, on_part: Callable[[Part], None]) -> None:
        from stanch.engine.flows import aggregate

        tally = self.part.tally
        watches = self._watches.asked("weigh")
        ours = self._estate.perimeter
        with aggregate(tables, ours, limit=limit, span=span, on_batch=lambda _: on_part(self.part)) as flows:
            read = flows.read
            tally.files_read += read.files
            tally.left_out += read.unasked
            tally.skipped += read.skipped
            tally.digests.update(read.digests)
            if read.first is not None and read.last is not None:
                tally.saw_many(read.rows, read.first, read.last)
            tally.tables = []
            for each in flows.histories(self._estate):
                self._watches.see("weigh", watches, replace(each, asked=self._by_hour), self._besides)

    def cut_short(self, files: int) -> None:
        """Somebody interrupted it: say what of so many files was not read, or was read and not judged."""
        tally = self.part.tally
        unread = files - self._read + len(tally.tables)
        why = f"{unread} of {files} files: interrupted" if unread else "interrupted before all was judged"
        tally.skipped.append(Skipped("the rest", why))
        if self._unheard:
            tally.skipped.append(Skipped("calls of models", "interrupted before they were judged"))

    @uncollected()
    def incidents(self, judge: Judge) -> list[Incident]:
        """Judge what could only be judged now, resolve the lineages, and tell the stories."""
        part = self.part
        seen = Gatherer()
        last: tuple[tuple[str, Callable[[], None]], ...] = (
            ("planned exports", lambda: self._judge_charged(judge)),
            ("correlations", lambda: self._correlate(judge)),
            ("behaviours", lambda: self._watches.judge(part, seen)),
        )
        for what, judged in last:
            try:
                judged()
            except refusals() as error:
                self._could_not(what, "not judged, or not all of them", error)
        seen.absorb(self._besides)
        accused = by_origin(chain(part.groups.told(), seen.groups.values()), part.lineage)
        ledger, usage, crowd = self._asked(accused.values())
        told = list(findings_of(accused, part.lineage, ledger, judge.routines))
        findings = [one.finding for one in told]
        self._folded = judge.routines.told(findings)
        addresses = {address for finding in findings for address in finding.addresses}
        arns = {arn for finding in findings for arn in (*finding.resources, *(asset.arn for asset in finding.assets))}
        paths = {path for finding in findings for path in finding.files if path in part.tally.digests}
        return incidents(
            told,
            self._estate,
            ledger.left,
            {arn: users for arn in arns if (users := usage.others(arn, addresses))},
            {path: Evidence(path, *part.tally.digests[path]) for path in paths},
            ledger.by_caller,
            part.lineage,
            crowd,
        )

    def _asked(self, groups: Collection[Group]) -> tuple[Ledger, Usage, Crowd]:
        """What the accused read, who else used what they touched, and who else was where they were."""
        callers = {caller for group in groups for caller in group.callers}
        usage = Usage({arn for group in groups for arn in (*group.resources, *(asset.arn for asset in group.assets))})
        crowd = Crowd({place for _, address in callers if address and (place := place_of(address))})

        def passing() -> Iterator[Cell]:
            for cell in self.part.archive.told() if callers else ():
                who = cell.actor
                crowd.seen(who.address, who.access_key, who.arn, cell.first)
                if not cell.failed:
                    on = cell.on if cell.source.startswith("s3") else ""
                    bucket = bucket_named(partition_of(who.arn, cell.region), on) if on else ""
                    usage.count(who.arn, cell.principal, who.address, cell.count, bucket=bucket)
                if (who.arn, who.address) in callers:
                    yield cell

        proof = (cell for group in groups for cell in group.cells)
        origin = self.part.lineage.origin
        try:
            ledger = Ledger(passing(), self.part.matches, origin, proof, self._bounds)
        except refusals() as error:
            self._could_not("what left", "not counted, nor who else was there", error)
            ledger = Ledger((), Matches(), origin)
        return ledger, usage, crowd

    def coverage(self, failed: Sequence[Failure], seconds: float) -> Coverage:
        """The line that ends the search."""
        tally = self.part.tally
        return Coverage(
            files_read=tally.files_read,
            files_skipped=(*tally.told(), *words.told(self._words), *self.part.lineage.told()),
            events=tally.events,
            first_event=tally.first,
            last_event=tally.last,
            # The bases of a correlation are no detections by themselves.
            detections_run=sum(rule.generates for rule in self._rules) + len(self._watches),
            detections_failed=(*failed, *self._watches.failed),
            seconds=seconds,
            duplicates=tally.duplicates,
            logs=dict(tally.logs),
            folded=self._folded,
        )

    def _could_not(self, what: str, undone: str, error: Exception) -> None:
        """This machine had no room for it: that is told, and costs nothing else of what was found."""
        self.failed = True
        self.part.tally.skipped.append(refused(what, undone, error))

    def _judge_charged(self, judge: Judge) -> None:
        """Judge what planned exports cover, now that all was charged."""
        part = self.part
        for late in judge.take_charged(part.charged, self._bounds.behind):
            part.absorb(late)
        part.charged = Charged(self._bounds.charged)

    def _correlate(self, judge: Judge) -> None:
        """What correlations make of the events they count, whose reads those were, and what routines explain."""
        part = self.part
        explains = judge.routines.correlated
        gather_hits(judge.rules, part.kept, part.groups, part.matches, self._bounds.behind, explains)
        part.kept = Waiting(self._bounds.kept)
