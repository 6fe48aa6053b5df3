"""The same hours as a picture: one bar a finding, one dot a change of a step, one line for what ended it."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from stanch.domain.finding import Finding
from stanch.domain.step import StepState
from stanch.engine.report.matter import Matter
from stanch.engine.report.phrase import visible

WIDTH, LEFT, RIGHT, ROW, TOP = 920, 270, 24, 30, 34
_MOST_BARS = 12
_LONGEST = timedelta(days=3650)
_STEPS = (1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 10800, 21600, 43200, 86400, 172800, 604800)
_DOTS = (StepState.APPLIED, StepState.VERIFIED, StepState.FAILED, StepState.UNDONE)


@dataclass(frozen=True, slots=True)
class Bar:
    """A finding from its first to its last event."""

    label: str
    severity: str
    y: int
    x: float
    width: float


@dataclass(frozen=True, slots=True)
class Dot:
    """A step that changed its state."""

    state: str
    title: str
    x: float


@dataclass(frozen=True, slots=True)
class Line:
    """A moment across all rows."""

    label: str
    kind: str
    x: float
    y: int
    anchor: str = "middle"


@dataclass(frozen=True, slots=True)
class Chart:
    """Everything placed, in pixels; `ticks` are x and label."""

    height: int
    bars: tuple[Bar, ...]
    dots: tuple[Dot, ...]
    dots_y: int
    lines: tuple[Line, ...]
    ticks: tuple[tuple[float, str], ...]
    day: str
    left_out: int
    width: int = WIDTH
    left: int = LEFT
    right: int = WIDTH - RIGHT
    top: int = TOP


@dataclass(frozen=True, slots=True)
class _Scale:
    """Time to pixels."""

    start: datetime
    end: datetime

    def x(self, at: datetime) -> float:
        return round(LEFT + (WIDTH - LEFT - RIGHT) * ((at - self.start) / (self.end - self.start)), 1)


def chart(matter: Matter) -> Chart | None:
    """The picture, or None when there is nothing to draw: no finding, or times that no incident has."""
    findings = sorted(matter.incident.findings, key=lambda f: (-f.severity, f.first_seen))[:_MOST_BARS]
    findings.sort(key=lambda f: f.first_seen)
    rows = [(s.at, s) for s in (matter.history or matter.steps) if s.at and s.state in _DOTS]
    times = [t for f in findings for t in (f.first_seen, f.last_seen)] + [at for at, _ in rows]
    if not findings or max(times) - min(times) > _LONGEST:
        return None
    scale = _scale(times)
    bars = tuple(_bar(finding, TOP + ROW * row, scale) for row, finding in enumerate(findings))
    dots_y = TOP + ROW * len(bars)
    dots = tuple(Dot(step.state, visible(f"{step.action} {step.state}"), scale.x(at)) for at, step in rows)
    return Chart(
        height=dots_y + ROW + 36,
        bars=bars,
        dots=dots,
        dots_y=dots_y,
        lines=_lines(matter, scale),
        ticks=_ticks(scale),
        day=f"{scale.start.astimezone(UTC):%Y-%m-%d} UTC",
        left_out=len(matter.incident.findings) - len(bars),
    )


def _bar(finding: Finding, y: int, scale: _Scale) -> Bar:
    x = scale.x(finding.first_seen)
    return Bar(_short(finding.title), finding.severity.word, y, x, max(round(scale.x(finding.last_seen) - x, 1), 5))


def _scale(times: list[datetime]) -> _Scale:
    start, end = min(times), max(times)
    pad = max((end - start) * 0.04, timedelta(seconds=1))
    return _Scale(start - pad, end + pad)


def _lines(matter: Matter, scale: _Scale) -> tuple[Line, ...]:
    """Awareness and containment, where they fall into the picture; their labels are kept apart."""
    moments = [("aware", "aware", matter.aware.aware_at if matter.aware else None)]
    moments.append(("last step verified", "contained", matter.contained_at))
    inside = [(label, kind, at) for label, kind, at in moments if at and scale.start <= at <= scale.end]
    return tuple(
        Line(label, kind, x := scale.x(at), 10 + 12 * i, "end" if x > WIDTH - 90 else "middle")
        for i, (label, kind, at) in enumerate(inside)
    )


def _ticks(scale: _Scale) -> tuple[tuple[float, str], ...]:
    whole = (scale.end - scale.start).total_seconds()
    step = next((s for s in _STEPS if whole / s <= 6), whole / 6)
    form = "%H:%M:%S" if step < 60 else "%H:%M" if whole <= 2 * 86400 else "%d %b %H:%M"
    first = scale.start.timestamp() // step + 1
    instants = [datetime.fromtimestamp((first + i) * step, UTC) for i in range(8)]
    return tuple((scale.x(at), at.strftime(form)) for at in instants if at <= scale.end)


def _short(title: str) -> str:
    text = visible(title)
    return text if len(text) <= 42 else text[:41] + "\u2026"
