"""The hunt: each event is enriched, matched by all rules, and what matched is gathered into incidents."""

from array import array
from collections.abc import Sequence
from dataclasses import dataclass, replace

from stanch.domain.coverage import Coverage, Failure
from stanch.domain.estate import Estate
from stanch.domain.event import Actor, Event
from stanch.domain.finding import AssetRef
from stanch.domain.incident import Evidence, Incident
from stanch.engine import sigma
from stanch.engine.assess import Reads
from stanch.engine.correlate import incidents
from stanch.engine.enrich import Enricher, View
from stanch.engine.gather import Caller, Gatherer
from stanch.engine.lineage import Lineage
from stanch.engine.read import Tally
from stanch.engine.sigma import Correlator, Rule
from stanch.engine.usage import Usage


@dataclass(frozen=True, slots=True)
class Kept:
    """What a correlation needs of an event until its window closes: everything but the record."""

    event: Event
    actor: Actor
    assets: tuple[AssetRef, ...]
    resources: tuple[str, ...]
    region: str
    failed: bool
    read: int | None


class Hunt:
    """One search. Feed it events in any order with `take`, then ask `incidents` once."""

    def __init__(self, rules: Sequence[Rule], estate: Estate, accounts: Sequence[str] = ()) -> None:
        """`accounts` are those the logs come from: the perimeter where the estate declares none."""
        self._estate = estate
        self._enricher = Enricher(estate, accounts)
        self._matcher = sigma.compile(rules)
        self._correlator = Correlator(rules)
        self._bases = {base for rule in rules if rule.correlation for base in rule.correlation.bases}
        self._lineage = Lineage()
        self._gatherer = Gatherer()
        self._reads = Reads()
        self._usage = Usage()
        self._reads_of: dict[Caller, array[int]] = {}
        self._kept: dict[str, Kept] = {}
        self._detections = sum(rule.generates for rule in rules)  # the bases of a correlation are none by themselves

    def take(self, event: Event) -> None:
        """Enrich and match one event."""
        view = self._enricher.view(event)
        if self._estate.exports:
            self._enricher.charge(view)
        self._lineage.note(event)
        self._usage.note(event.record)
        read = self._note_read(view)
        matched = self._matcher.match(view.event_source, view.event_name, view)
        for rule in matched:
            if rule.generates:
                self._gatherer.add(rule.detection, view, read)
            if rule.id in self._bases:
                self._correlator.feed(rule, event.id, event.time, view)
                self._keep(view, read)

    def incidents(self, tally: Tally) -> list[Incident]:
        """Close the windows, resolve the lineages, and tell the stories."""
        for hit in self._correlator.done():
            for id_ in hit.events:
                kept = self._kept[id_]
                self._gatherer.add(hit.rule.detection, kept, kept.read)
        told = list(self._gatherer.findings(self._lineage))
        findings = [one.finding for one in told]
        addresses = {address for finding in findings for address in finding.addresses}
        arns = {arn for finding in findings for arn in (*finding.resources, *(asset.arn for asset in finding.assets))}
        return incidents(
            told,
            self._estate,
            self._reads.left,
            {arn: users for arn in arns if (users := self._usage.others(arn, addresses))},
            {path: Evidence(path, digest, size) for path, (digest, size) in tally.digests.items()},
            self._reads_of,
        )

    def coverage(self, tally: Tally, failed: Sequence[Failure], seconds: float) -> Coverage:
        """The line that ends the search."""
        return Coverage(
            files_read=tally.files_read,
            files_skipped=tuple(tally.skipped),
            events=tally.events,
            first_event=tally.first,
            last_event=tally.last,
            detections_run=self._detections,
            detections_failed=tuple(failed),
            seconds=seconds,
            duplicates=tally.duplicates,
        )

    def _note_read(self, view: View) -> int | None:
        """Enter a read of data in the ledger, evil or not: what else the actor took may be asked later."""
        if view.read is None:
            return None
        index = self._reads.note(*view.read)
        caller = (view.actor.arn, view.actor.address)
        self._reads_of.setdefault(caller, array("l")).append(index)
        return index

    def _keep(self, view: View, read: int | None) -> None:
        self._kept[view.event.id] = Kept(
            replace(view.event, record={}),
            view.actor,
            view.assets,
            view.resources,
            view.region,
            view.failed,
            read,
        )
