"""One event at a time, opened whole: enriched, matched by every rule that may want it, and noted where it belongs."""

import re
from collections.abc import Collection, Hashable, Iterator, Sequence
from typing import Any, TypeVar

from stanch.domain.estate import Estate, Export
from stanch.domain.event import Event
from stanch.engine import sigma
from stanch.engine.enrich import Enricher, View
from stanch.engine.enrich.view import FACTS
from stanch.engine.routines import Routine, Routines
from stanch.engine.scan.bait import decoy_users, plants
from stanch.engine.scan.cells import Key, sums_of
from stanch.engine.scan.charged import Charged
from stanch.engine.scan.line import OF_ITS_OWN
from stanch.engine.scan.part import Part
from stanch.engine.scan.waiting import Kept
from stanch.engine.sigma import Matcher, Narrowed, Rule

T = TypeVar("T", bound=Hashable)

_OWNER = "recipientAccountId"
_ACCOUNT = re.compile("[0-9]{12}")
MOST = 50_000
"""Values that kept events share before all are learned anew."""


class Judge:
    """Knows rules and estate; puts what an event means into a part."""

    def __init__(
        self,
        rules: Sequence[Rule],
        estate: Estate,
        accounts: Collection[str],
        routines: Sequence[Routine] = (),
        *,
        profiles: bool = True,
    ) -> None:
        """`accounts` are those the logs come from: the perimeter where the estate declares none.

        Without `profiles` nothing is summed: only what rules match is kept.
        """
        self.profiles = profiles
        self.routines = Routines(routines)
        self.estate = estate
        self._decoys = decoy_users(estate)
        self.enricher = Enricher(estate, accounts)
        self.rules = (*rules, *self.routines.counted({rule.id for rule in rules if rule.generates}))
        """All that is matched: the rules, and what routines count to explain what these tell."""
        self.matcher: Matcher = sigma.compile(self.rules)
        self.owners: set[str] = set()
        """The accounts whose logs the records say that they are, as far as any rule asks."""
        self._once: dict[Hashable, Any] = {}
        self._asked: dict[str, set[str]] = {}
        for rule in self.rules:
            if correlation := rule.correlation:
                for base in correlation.bases:
                    names = (*correlation.group_by, *correlation.measured)
                    self._asked.setdefault(base, set()).update(correlation.field_of(name, base) for name in names)
        self.asked = self._fields_asked()
        """The fields of a record, on its first level, that tell which rules it may match; None for all of them."""
        self._asks_owner = self.asked is None or _OWNER in self.asked

    def note_owner(self, account: str | None) -> None:
        """Remember whose log it is."""
        if self._asks_owner and account is not None and _ACCOUNT.fullmatch(account):
            self.owners.add(account)

    def take(
        self, event: Event, part: Part, *, rules: Narrowed | None = None, summed: bool = False, like: View | None = None
    ) -> None:
        """Judge one event. `rules` are those left for its class, `summed` says that its cell was already summed.

        `like` is a view of another call by the same caller: what it knows of him is not worked out again.
        """
        if not plants(event.record, self._decoys):
            part.lineage.note(event, like.caller if like else None)
        if rules is not None and not rules and summed and not self.estate.exports:
            return  # it was opened for its lineage
        view = self.enricher.view(event, like)
        if like is None:
            self.note_owner(view.recipient)
        if self.profiles and not summed and is_call(view):
            part.cells.add(Key.of(view), sums_of(view))
        if self.estate.exports and (export := view.covering_export) is not None:
            self._charge(view, export, part)  # what it may still take depends on all that came before
            return
        self._matched(view, part, rules)

    def _fields_asked(self) -> frozenset[str] | None:
        names = self.matcher.asks
        if self.profiles or self.estate.exports or not names.isdisjoint(FACTS):
            return None
        return frozenset(name.partition(".")[0] for name in names) - OF_ITS_OWN

    def waits(self, rule: Rule) -> bool:
        """Whether some correlation counts what this rule matches."""
        return rule.id in self._asked

    def take_charged(self, charged: Charged, at_once: int) -> Iterator[Part]:
        """Judge what planned exports cover, in the order of time, some at once."""
        for some in charged.late(self.estate.exports, at_once):
            part = Part()
            for event, spent in some:
                view = self.enricher.view(event)
                self._matched(view.once_spent() if spent else view, part, None)
            yield part

    def _charge(self, view: View, export: Export, part: Part) -> None:
        within = bool(self._matching(view, None))
        beyond = bool(self._matching(view.once_spent(), None))
        size = view.read[1] if view.read is not None else 0
        if size or within or beyond:
            part.charged.append(view.event, self.estate.exports.index(export), size, within=within, beyond=beyond)

    def _matching(self, view: View, narrowed: Narrowed | None) -> Sequence[Rule]:
        if narrowed is None:
            rules = self.matcher.match(view.event_source, view.event_name, view)
        else:
            rules = narrowed.match(view)
        if not is_call(view):  # a rule for calls would take the field names of a report for those of a call
            rules = [rule for rule in rules if rule.logsource.service == view.event_source.partition(".")[0]]
        return rules

    def _matched(self, view: View, part: Part, narrowed: Narrowed | None) -> None:
        rules = self._matching(view, narrowed)
        if not rules:
            return
        detections = frozenset(rule.detection.id for rule in rules if rule.generates)
        bases = tuple(rule.id for rule in rules if self.waits(rule) and self.routines.counts(rule, view))
        routines = self.routines.of(view)
        for rule in rules:
            if rule.generates:
                part.gatherer.add(rule.detection, view, routines)
        if bases:
            part.kept.append(self._kept(view, bases, detections, routines))
        elif view.read is not None and detections:
            part.matches.note((Key.of(view), detections, view.assets), *view.read)

    def _kept(self, view: View, bases: tuple[str, ...], detections: frozenset[str], routines: tuple[str, ...]) -> Kept:
        asked = {name for base in bases for name in self._asked[base]}
        event, once = view.event, self._same
        return Kept(
            Event(event.id, event.time, event.log, event.file, {}),
            once(view.actor),
            once(view.assets),
            once(view.resources),
            once(view.region),
            view.failed,
            once(Key.of(view)),
            view.read,
            once(bases),
            once(detections),
            once(routines),
            {name: self._values(view, name) for name in asked},
        )

    def _values(self, view: View, name: str) -> Sequence[Any]:
        values = tuple(view.values(name))
        # Texts only: 1, 1.0 and true are equal, and are not the same to a correlation.
        return self._same(values) if all(type(value) is str for value in values) else values

    def _same(self, value: T) -> T:
        """The value that was kept before and equals this one: a million events have few callers."""
        if len(self._once) > MOST:
            self._once.clear()
        same: T = self._once.setdefault(value, value)
        return same


def is_call(view: View) -> bool:
    """Whether the event is a call to AWS: what a guard reports or a balancer served is nobody's use of an API."""
    return not view.event_source.endswith((".finding", ".request"))
