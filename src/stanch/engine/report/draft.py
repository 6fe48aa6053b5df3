"""The report before it is text: its sections and their rows, alike for Markdown and HTML."""

from collections.abc import Sequence
from dataclasses import dataclass

from stanch.domain.incident import Evidence
from stanch.domain.regime import Content, Deadline, Trigger, Unit
from stanch.domain.step import Method, Step, StepState
from stanch.engine.clocks import bound
from stanch.engine.report.chart import Chart, chart
from stanch.engine.report.facts import FACTS, Paragraphs, title_of
from stanch.engine.report.matter import Matter
from stanch.engine.report.phrase import Blank, Phrase, Value
from stanch.engine.report.quantities import local, size, utc
from stanch.engine.report.summary import Figure, figures, summary, time_left
from stanch.engine.report.timeline import Entry, timeline
from stanch.engine.report.unproven import unproven

_METHODS = {
    Method.EFFECT: "by effect: it was tried",
    Method.SIMULATION: "by AWS's policy simulator: not tried",
    Method.STATE: "by reading the configuration back: not tried",
}

_FIRST_YEAR = 2006


@dataclass(frozen=True, slots=True)
class ClockRow:
    """One clock. `state` is filed, late, running, owed (no period, but it is due) or waiting."""

    title: str
    article: str
    recipient: str
    utc: str
    local: str
    left: str
    state: str
    why: str
    note: str


@dataclass(frozen=True, slots=True)
class Item:
    """One thing the law asks, with what is known."""

    article: str
    text: str
    paragraphs: Paragraphs


@dataclass(frozen=True, slots=True)
class Stage:
    """What one notification must say."""

    title: str
    article: str
    recipient: str
    items: Sequence[Item]


@dataclass(frozen=True, slots=True)
class Measure:
    """One step with its proof."""

    title: str
    resource: Value
    state: str
    at: str
    method: str
    proof: Paragraphs
    calls: Paragraphs
    breaks: Paragraphs
    undo: str


@dataclass(frozen=True, slots=True)
class Draft:
    """The whole report."""

    matter: Matter
    summary: Paragraphs
    figures: Sequence[Figure]
    clocks: Sequence[ClockRow]
    conservative: Sequence[ClockRow]
    conservative_from: str
    stages: Sequence[Stage]
    left: Sequence[tuple[str, Phrase]]
    chart: Chart | None
    entries: Sequence[Entry]
    measures: Sequence[Measure]
    unproven: Paragraphs
    techniques: Sequence[tuple[Phrase, Phrase]]
    evidence: Sequence[Evidence]
    blanks: Sequence[Blank]


def draft(matter: Matter) -> Draft:
    """Build the report; blanks are numbered in the order in which the reader meets them."""
    clocks = [_clock(deadline, matter) for deadline in matter.deadlines]
    since = min(matter.detected_at or matter.incident.first_seen, matter.now)
    # An event's time comes from a log: one from before there was a cloud is no bound of anything.
    supposed = bound(matter.regime, since, matter.zone.key) if since.year >= _FIRST_YEAR else []
    stages = _stages(matter)
    return Draft(
        matter=matter,
        summary=summary(matter),
        figures=figures(matter),
        clocks=clocks,
        conservative=[_clock(deadline, matter) for deadline in supposed],
        conservative_from=f"{'detection' if matter.detected_at else 'the first event'} at {utc(since)}",
        stages=stages,
        left=_left(matter),
        chart=chart(matter),
        entries=timeline(matter),
        measures=[_measure(step) for step in matter.steps],
        unproven=unproven(matter),
        techniques=_techniques(matter),
        evidence=sorted(matter.evidence, key=lambda item: item.path),
        blanks=tuple(matter.blanks),
    )


def _clock(deadline: Deadline, matter: Matter) -> ClockRow:
    clock, due = deadline.clock, deadline.due
    filed = matter.submitted.get(clock.id)
    if filed:
        late = due is not None and filed > due
        state, left = ("late" if late else "filed"), f"filed {utc(filed)}" + (", late" if late else "")
    elif due is None:
        owed = clock.trigger is Trigger.AWARE and matter.aware is not None
        state, left = ("owed", "without delay") if owed else ("waiting", "waiting")
    else:
        state, left = ("late" if matter.now > due else "running"), time_left(due, matter.now)
    return ClockRow(
        title=clock.title,
        article=clock.article,
        recipient=clock.recipient,
        utc=utc(due) if due else "",
        local=local(due, matter.zone, end_of_day=clock.unit is not Unit.HOURS) if due else "",
        left=left,
        state=state,
        why=deadline.why[:1].upper() + deadline.why[1:],
        note=clock.note,
    )


def _stages(matter: Matter) -> list[Stage]:
    """What to decide first, then what to write, in the order of the clocks."""
    decide = [_item(matter, content) for content in matter.regime.content if content.stage is None]
    stages = [Stage("For the decision to notify", "", "", decide)] if decide else []
    for clock in matter.regime.clocks:
        items = [_item(matter, content) for content in matter.regime.content if content.stage == clock.id]
        if items:
            stages.append(Stage(clock.title, clock.article, clock.recipient, items))
    return stages


def _item(matter: Matter, content: Content) -> Item:
    fact = FACTS.get(content.evidence or "")
    asked: Paragraphs = [] if fact else [(matter.blank(content.text[:1].lower() + content.text[1:]),)]
    known = fact(matter, content) if fact else asked
    return Item(content.article, content.text, known)


def _left(matter: Matter) -> list[tuple[str, Phrase]]:
    left = matter.incident.left
    rows: list[tuple[str, Phrase]] = [
        ("Objects read", (f"{left.objects:,}",)),
        ("Bytes of the answers", (f"{size(left.bytes)} ({left.bytes:,})",)),
    ]
    if left.shards:
        words = (f"{left.shards.read} of {left.shards.total} of ", Value(left.shards.asset))
        rows.append(("Shards of a model", words))
    for what in ("persons", "records"):
        most = matter.at_most(what)
        known = (
            f"at most {most:,}, by the estate file" if most is not None else "not known: the estate file does not say"
        )
        rows.append((what.capitalize(), (known,)))
    assets = dict.fromkeys(matter.incident.assets)
    return [*rows, *(("Asset touched", (Value(ref.name), f" ({ref.kind}) ", Value(ref.arn))) for ref in assets)]


def _measure(step: Step) -> Measure:
    proof, done = step.proof, step.state is not StepState.SKIPPED
    return Measure(
        title=title_of(step),
        resource=Value(step.resource),
        state=step.state,
        at=utc(step.at) if step.at else "",
        method=(_METHODS[proof.method] if proof.holds else "the proof failed") if proof else "not proven",
        proof=[(text,) for text in proof.what] if proof else [(step.why,)] if step.why else [],
        calls=[(text,) for text in step.calls if done],
        breaks=[(text,) for text in step.breaks if done],
        undo=step.undo if done else "",
    )


def _techniques(matter: Matter) -> list[tuple[Phrase, Phrase]]:
    """Each technique with the findings that show it."""
    shown: dict[str, list[Phrase]] = {}
    for finding in matter.incident.findings:
        for technique in finding.techniques:
            name = {"attack": "ATT&CK", "atlas": "ATLAS"}.get(technique.framework, technique.framework)
            shown.setdefault(f"{name} {technique.version}: {technique.id}", []).append((finding.title,))
    return [((name,), _joined(titles)) for name, titles in sorted(shown.items())]


def _joined(phrases: Sequence[Phrase]) -> Phrase:
    texts = dict.fromkeys(str(phrase[0]) for phrase in phrases)
    return ("; ".join(texts),)
