"""`stanch drill`: rehearse a leak in an embedded AWS, from the theft to the report, and score it."""

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer
from rich.rule import Rule
from rich.table import Table
from rich.text import Text

from stanch import app
from stanch.cli import show, show_steps
from stanch.cli.face import Exit, Face, Format, WrongUse, command, one_line, stoppable
from stanch.cli.options import STATE, Output, StateDir
from stanch.contracts import lines
from stanch.contracts.scenario import Attempt
from stanch.domain.coverage import Coverage
from stanch.domain.incident import Incident
from stanch.domain.step import Step, StepState
from stanch.engine.rehearse import Drilled

DEFAULT = "stolen_instance_credentials"
_EXAMPLE = """
Examples:

- `stanch drill`: the default scenario: credentials stolen from an inference host

- `stanch drill --list`: the scenarios there are

It needs the extra `range` (`pip install 'stanch[range]'`), and no AWS account: nothing leaves this machine.
"""


def register(cli: typer.Typer) -> None:
    """Add the verb."""
    cli.command(name="drill", epilog=_EXAMPLE)(stoppable(drill))


def drill(
    scenario: Annotated[str, typer.Argument(help="The scenario's id.")] = DEFAULT,
    list_: Annotated[bool, typer.Option("--list", help="List the scenarios and end.")] = False,
    state: StateDir = STATE,
    format_: Output = Format.TABLE,
) -> None:
    """Rehearse a leak for real in an embedded AWS, and score what stanch did about it."""
    face = Face(format_)
    if list_:
        for name, story in app.scenarios().items():
            face.emit({"kind": "scenario", "id": name, "story": story})
            face.say(f"{name}: {story}")
        return
    if scenario not in app.scenarios():
        raise WrongUse(f"no scenario {scenario!r}", f"there are: {', '.join(app.scenarios())}")
    folder = state / "drills" / f"{app.now():%Y%m%dT%H%M%S}-{scenario}"
    done = app.drill(scenario, folder, Stage(face))
    _score(face, done, folder)
    raise typer.Exit(Exit.DONE if done.passed else Exit.PARTIAL)


class Stage:
    """Implements `engine.rehearse.Audience` on a terminal and as JSON Lines."""

    def __init__(self, face: Face) -> None:
        self._face = face
        self._pending: Attempt | None = None
        self._same = 0

    def chapter(self, title: str) -> None:
        """A rule across the terminal."""
        self._flush()
        self._face.say(Rule(Text(title, style="bold"), align="left", style="dim"))

    def attempt(self, attempt: Attempt) -> None:
        """One line for each thing somebody tried; a run of reads is told as one."""
        self._face.emit(
            {
                "kind": "attempt",
                "who": attempt.who,
                "what": attempt.what,
                "allowed": attempt.allowed,
                "code": attempt.code,
                "bytes": attempt.bytes,
            }
        )
        last = self._pending
        reads = attempt.what.startswith("reads ")
        if last and reads and last.what.startswith("reads ") and _alike(last, attempt):
            self._same += 1
            self._pending = Attempt(
                last.who, last.what, allowed=last.allowed, code=last.code, bytes=last.bytes + attempt.bytes
            )
            return
        self._flush()
        self._pending, self._same = attempt, 0

    def incident(self, incident: Incident, coverage: Coverage) -> None:
        """The incident as `stanch hunt` shows it."""
        self._flush()
        for finding in incident.findings:
            self._face.emit(lines.finding(finding))
        self._face.emit(lines.incident(incident))
        self._face.emit(lines.coverage(coverage))
        self._face.say(show.incident(incident))
        for line in show.coverage(coverage):
            self._face.say(line)

    def plan(self, steps: Sequence[Step]) -> None:
        """The plan as `stanch contain` shows it."""
        self._face.say(show_steps.steps(steps))

    def step(self, step: Step) -> None:
        """Each step, live."""
        self._face.emit(lines.step(step))
        if step.state is not StepState.PLANNED and not show_steps.idle(step):  # people have just read the plan
            kept = step.why.startswith("not undone: ")
            self._face.say(show_steps.not_undone(step) if kept else show_steps.progress(step))

    def written(self, path: Path) -> None:
        """The path of a report."""
        self._face.say(f"wrote {path}")

    def _flush(self) -> None:
        one, self._pending = self._pending, None
        if one is None:
            return
        mark = Text(" allowed ", style="red" if "attacker" in one.who or "stranger" in one.who else "green")
        if not one.allowed:
            mark = Text(
                f" {one.code or 'refused'} ",
                style="bold green" if "attacker" in one.who or "stranger" in one.who else "red",
            )
        more = f" and {self._same} more" if self._same else ""
        bytes_ = f", {show.size(one.bytes)}" if one.bytes else ""
        self._face.say(Text.assemble(mark, one_line(f"{one.who} {one.what}{more}{bytes_}")))


def _alike(one: Attempt, other: Attempt) -> bool:
    return (one.who, one.allowed, one.code) == (other.who, other.allowed, other.code)


def _score(face: Face, done: Drilled, folder: Path) -> None:
    for check in done.checks:
        face.emit({"kind": "check", "what": check.what, "holds": check.holds, "why": check.why})
    count, bytes_ = done.saved
    saved = f"{show.counted(count, 'object')}, {show.size(bytes_)}"
    figures = Table(show_header=False, box=None, padding=(0, 2))
    figures.add_column(style="dim")
    figures.add_column()
    events = done.coverage.events if done.coverage else 0
    figures.add_row("events read", f"{events:,}")
    figures.add_row(
        "time to detect",
        f"{done.detect_seconds:.2f} s from the delivered log to the incident (AWS delivers after about 5 min)",
    )
    figures.add_row("time to contain", f"{done.contain_seconds:.2f} s from the incident to the last proof")
    figures.add_row(
        "time to settle", f"{done.settled_seconds:.2f} s until it was tried again and traces were looked for"
    )
    for incident in done.found:
        figures.add_row("what had left", one_line(show.left(incident.left)))
    figures.add_row("what was saved", f"{saved}: refused to the attacker who came back for them")
    face.say(Rule(Text("Score", style="bold"), align="left", style="dim"))
    face.say(figures)
    for check in done.checks:
        mark = ("  pass  ", "green") if check.holds else ("  FAIL  ", "bold red")
        face.say(Text.assemble(mark, one_line(f"{check.what}: {check.why}")))
    face.say(f"Everything is kept in {folder}. To hunt its trail yourself:")
    face.say(command("hunt", str(folder / "trail"), state=folder / "again", estate=folder / "stanch.toml"))
