"""A drill is scored: what had to be found was found, what had to stop stopped, and the business went on."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Protocol

from stanch.contracts.scenario import Attempt, Must, Scenario, World
from stanch.domain.coverage import Coverage
from stanch.domain.incident import Incident
from stanch.domain.step import Phase, Step, StepState


@dataclass(frozen=True, slots=True)
class Check:
    """One thing a drill had to show."""

    what: str
    holds: bool
    why: str


@dataclass(slots=True)
class Drilled:
    """What a drill did and measured; times in seconds, `saved` in bytes that were refused to the attacker.

    `contain_seconds` end with the last effect proven, `settled_seconds` with evidence sealed and all tried again.
    """

    routine: list[Attempt] = field(default_factory=list)
    strike: list[Attempt] = field(default_factory=list)
    retried: list[Attempt] = field(default_factory=list)
    lived: list[Attempt] = field(default_factory=list)
    found: list[Incident] = field(default_factory=list)
    steps: list[Step] = field(default_factory=list)
    undone: list[Step] = field(default_factory=list)
    reports: list[Path] = field(default_factory=list)
    coverage: Coverage | None = None
    detect_seconds: float = 0.0
    contain_seconds: float = 0.0
    settled_seconds: float = 0.0
    checks: list[Check] = field(default_factory=list)

    @property
    def passed(self) -> bool:
        """True when every check holds."""
        return bool(self.checks) and all(check.holds for check in self.checks)

    @property
    def saved(self) -> tuple[int, int]:
        """Objects and bytes refused to the attacker, sized by what the business read of them afterwards."""
        sizes = {attempt.what: attempt.bytes for attempt in (*self.lived, *self.routine) if attempt.allowed}
        refused = {attempt.what for attempt in self.retried if not attempt.allowed and attempt.what in sizes}
        return len(refused), sum(sizes[what] for what in refused)


@dataclass(frozen=True, slots=True)
class Tools:
    """What a drill works with: the same functions as the verbs of the command line."""

    hunt: Callable[[], tuple[list[Incident], Coverage]]
    plan: Callable[[Incident], list[Step]]
    apply: Callable[[Sequence[Step], Callable[[Step], None]], list[Step]]
    undo: Callable[[Incident, Callable[[Step], None]], list[Step]]
    report: Callable[[Incident], list[Path]]
    clock: Callable[[], datetime]


class Audience(Protocol):
    """Who watches a drill."""

    def chapter(self, title: str) -> None:
        """A new part begins."""

    def attempt(self, attempt: Attempt) -> None:
        """Somebody tried something."""

    def incident(self, incident: Incident, coverage: Coverage) -> None:
        """The hunt found this."""

    def plan(self, steps: Sequence[Step]) -> None:
        """This would be done."""

    def step(self, step: Step) -> None:
        """A step changed its state."""

    def written(self, path: Path) -> None:
        """A report was written."""


def rehearse(scenario: Scenario, world: World, tools: Tools, audience: Audience) -> Drilled:
    """Run one scenario through the whole way: routine, strike, hunt, contain, retry, go on, undo, report."""
    drill = Drilled()
    audience.chapter("A working day: the model is loaded, the training data is read")
    drill.routine = _watched(scenario.routine(world), audience)
    audience.chapter("The strike")
    drill.strike = _watched(scenario.strike(world), audience)

    audience.chapter("The hunt")
    began = tools.clock()
    drill.found, drill.coverage = tools.hunt()
    drill.detect_seconds = (tools.clock() - began).total_seconds()
    for incident in drill.found:
        audience.incident(incident, drill.coverage)

    audience.chapter("Containment")
    began = tools.clock()

    def told(step: Step) -> None:
        audience.step(step)
        if step.state is StepState.VERIFIED and step.phase is not Phase.SEAL:
            drill.contain_seconds = (tools.clock() - began).total_seconds()

    for incident in drill.found:
        plan = tools.plan(incident)
        audience.plan(plan)
        drill.steps += tools.apply(plan, told)
    drill.settled_seconds = (tools.clock() - began).total_seconds()

    audience.chapter("The attacker comes back")
    drill.retried = _watched(scenario.retry(world), audience)
    audience.chapter("The business goes on")
    drill.lived = _watched(scenario.live_on(world), audience)

    audience.chapter("Undo")
    for incident in drill.found:
        drill.undone += tools.undo(incident, audience.step)

    audience.chapter("The report")
    for incident in drill.found:
        for path in tools.report(incident):
            drill.reports.append(path)
            audience.written(path)
    drill.checks = score(scenario.MUST, drill)
    return drill


def score(must: Must, drill: Drilled) -> list[Check]:
    """Judge a drill; every expectation is one check, and what was never tried counts as failed."""
    fired = {finding.detection for incident in drill.found for finding in incident.findings}
    verified = {step.action for step in drill.steps if step.state is StepState.VERIFIED}
    stopped = [attempt for attempt in drill.retried if not attempt.allowed]
    alive = [attempt for attempt in drill.lived if attempt.allowed]
    back = [step for step in drill.undone if step.state is StepState.UNDONE]
    return [
        Check("the attack is one incident", len(drill.found) == 1, f"{len(drill.found)} found"),
        *(Check(f"found {id_}", id_ in fired, "fired" if id_ in fired else "silent") for id_ in must.detect),
        *(Check(f"{id_} proven", id_ in verified, "verified" if id_ in verified else "not") for id_ in must.contain),
        _all("the attacker is refused afterwards", len(stopped), len(drill.retried)),
        _all("the business goes on", len(alive), len(drill.lived)),
        _all("undo restores every step", len(back), len(drill.undone)),
        Check("the report is written", bool(drill.reports), f"{len(drill.reports)} files"),
    ]


def _watched(attempts: Iterable[Attempt], audience: Audience) -> list[Attempt]:
    seen = []
    for attempt in attempts:
        audience.attempt(attempt)
        seen.append(attempt)
    return seen


def _all(what: str, good: int, of: int) -> Check:
    return Check(what, good == of and of > 0, f"{good} of {of}")
