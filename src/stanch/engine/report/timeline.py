"""What happened in order: the events that findings rest on, each change of each step, each decision of a person."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from stanch.domain.step import Step, StepState
from stanch.engine.report.facts import title_of, who
from stanch.engine.report.matter import Matter
from stanch.engine.report.phrase import Phrase, Value


class Lane(StrEnum):
    """Whose doing an entry is."""

    ATTACK = "attack"
    CONTAINMENT = "containment"
    DECISION = "decision"


@dataclass(frozen=True, slots=True)
class Entry:
    """One moment."""

    at: datetime
    lane: Lane
    what: Phrase


def timeline(matter: Matter) -> list[Entry]:
    """Every entry, oldest first."""
    entries = [*_attack(matter), *_containment(matter), *_decisions(matter)]
    return sorted(entries, key=lambda entry: entry.at)


def _attack(matter: Matter) -> list[Entry]:
    entries = []
    for finding in matter.incident.findings:
        begins = "one event" if finding.count == 1 else f"the first of {finding.count:,} events"
        tried = ", all refused" if finding.attempt else f", {finding.failed:,} refused" if finding.failed else ""
        # Said once at the top; again only where it was somebody else.
        by: Phrase = (", by ", *who(finding.actor)) if finding.actor != matter.incident.actor else ()
        entries.append(Entry(finding.first_seen, Lane.ATTACK, (f"{finding.title}: {begins}{tried}", *by)))
        if finding.last_seen != finding.first_seen:
            entries.append(Entry(finding.last_seen, Lane.ATTACK, (f"{finding.title}: the last event",)))
    return entries


def _containment(matter: Matter) -> list[Entry]:
    rows = [(step.at, step) for step in (matter.history or matter.steps) if step.at]
    return [Entry(at, Lane.CONTAINMENT, _change(step)) for at, step in rows]


def _change(step: Step) -> Phrase:
    words: Phrase = (f"{title_of(step)} {step.state}: ", Value(step.resource))
    return (*words, f" ({step.why})") if step.state in (StepState.FAILED, StepState.SKIPPED) and step.why else words


def _decisions(matter: Matter) -> list[Entry]:
    entries = []
    for decision in matter.awareness:
        held = "" if decision is matter.aware else " (superseded later)"
        what: Phrase = (f"Aware{held}, decided by ", Value(decision.by), f": {decision.why}")
        entries.append(Entry(decision.aware_at, Lane.DECISION, what))
    for stage, at in matter.submitted.items():
        title = next((clock.title for clock in matter.regime.clocks if clock.id == stage), stage)
        entries.append(Entry(at, Lane.DECISION, (f"{title} submitted",)))
    if matter.detected_at:
        entries.append(Entry(matter.detected_at, Lane.DECISION, ("Detected by stanch",)))
    return entries
