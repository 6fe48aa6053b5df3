"""What a reader must know in ten seconds: who, what left, whether it stopped, how long is left."""

from dataclasses import dataclass
from datetime import datetime

from stanch.domain.incident import IncidentState
from stanch.domain.step import Method, Step, StepState
from stanch.engine.report.facts import NotDone, Paragraphs, listed, not_done_as, title_of, what_left, who
from stanch.engine.report.matter import Matter
from stanch.engine.report.phrase import Phrase, Value
from stanch.engine.report.quantities import count, size, span, utc

MOST_NAMED = 3
"""Steps left out that the summary names; all of them stand under what could not be proven."""


@dataclass(frozen=True, slots=True)
class Figure:
    """One of the numbers at the top; `kind` is bad, warn, good or nothing."""

    value: str
    label: str
    kind: str = ""


def summary(matter: Matter) -> Paragraphs:
    """Three sentences: what was seen, what left, whether it stopped."""
    incident = matter.incident
    if not incident.findings:
        by_hand: Phrase = ("This incident was opened by hand for ", *listed(incident.by_hand), ".")
        return [by_hand, what_left(matter), _stopped(matter)]
    # Several findings may rest on one event, and a finding keeps the ids of its first thousand only.
    ids = {id_ for finding in incident.findings for id_ in finding.events}
    whole = all(finding.count == len(finding.events) for finding in incident.findings)
    events = count(len(ids), "event") if whole else f"at least {count(len(ids), 'event')}"
    told = f"{events} and {count(len(incident.findings), 'finding')}"
    seen = f", seen from {utc(incident.first_seen)} to {utc(incident.last_seen)} in {told}."
    return [("The actor is ", *who(incident.actor), seen), what_left(matter), _stopped(matter)]


def _stopped(matter: Matter) -> Phrase:
    """Whether it stopped, as far as it is proven."""
    if not matter.steps:
        return ("Nothing was done to stop it yet: no containment step is recorded.",)
    proven = _proven(matter)
    if matter.contained_at:
        took = span(matter.contained_at - matter.incident.first_seen)
        stood = "It was contained" if matter.incident.state is not IncidentState.OPEN else "The last step was verified"
        return (f"{stood} at {utc(matter.contained_at)}, {took} after the first event: ", *proven, ".")
    return ("It is not proven to have stopped: ", *proven, ".")


def _proven(matter: Matter) -> Phrase:
    """How many of the steps hold, and what became of the others: what was left out is named with its reason."""
    verified = matter.in_state(StepState.VERIFIED)
    tried = sum(1 for step in verified if step.proof and step.proof.method is Method.EFFECT)
    skipped = [(not_done_as(step), step) for step in matter.in_state(StepState.SKIPPED)]
    idle = sum(how is NotDone.NOTHING_TO_DO for how, _ in skipped)
    answered = sum(how is NotDone.ANSWERED_FOR for how, _ in skipped)
    undone = len(matter.in_state(StepState.UNDONE))
    asked = len(matter.steps) - idle - answered
    words = f"{len(verified)} of {count(asked, 'containment step')} verified, {tried} of them by effect"
    words += f"; {undone} verified before and undone since" if undone else ""
    words += f"; {idle} more had nothing to do" if idle else ""
    words += f"; {answered} more answered for by a person" if answered else ""
    left_out = [step for how, step in skipped if how is NotDone.LEFT_OUT]
    return (f"{words}; {len(left_out)} left out: ", *_named(left_out)) if left_out else (words,)


def _named(left_out: list[Step]) -> Phrase:
    words: list[str | Value] = []
    for step in left_out[:MOST_NAMED]:
        words += [", " if words else "", f"{title_of(step).lower()} on ", Value(step.resource)]
        words.append(f" ({step.why})" if step.why else "")
    more = len(left_out) - MOST_NAMED
    return (*words, f", and {more} more, each with its reason below") if more > 0 else tuple(words)


def figures(matter: Matter) -> list[Figure]:
    """The numbers, worst first; the next deadline is always there, even to say that no clock runs."""
    left = matter.incident.left
    found = [Figure(size(left.bytes), f"left, in {count(left.objects, 'object')}", "bad" if left.bytes else "")]
    if left.shards and left.shards.total:
        found.append(Figure(f"{left.shards.read} of {left.shards.total}", "shards of the model read", "bad"))
    persons = matter.at_most("persons")
    if persons is not None:
        found.append(Figure(f"\u2264 {persons:,}", "persons concerned", "bad" if persons else ""))
    if matter.contained_at:
        took = span(matter.contained_at - matter.incident.first_seen)
        found.append(Figure(took, "from first event to last step verified", "good"))
    return [*found, _next_deadline(matter)]


def _next_deadline(matter: Matter) -> Figure:
    open_ = [(d.due, d.clock.title) for d in matter.deadlines if d.due and d.clock.id not in matter.submitted]
    if not open_:
        return Figure("no clock", "runs" if matter.aware else "runs: awareness is not recorded", "warn")
    due, title = min(open_)
    return Figure(time_left(due, matter.now), f"for: {title}", "bad" if matter.now > due else "warn")


def time_left(due: datetime, now: datetime) -> str:
    """`2 d 23 h left`, `40 min late`."""
    return span(due - now) + (" late" if now > due else " left")
