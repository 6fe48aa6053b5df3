"""The drill from end to end, in a range of its own: what `make demo` shows must hold."""

from pathlib import Path

import pytest

from stanch import app
from stanch.contracts.scenario import Attempt
from stanch.domain.coverage import Coverage
from stanch.domain.incident import Incident, IncidentState
from stanch.domain.step import Step, StepState
from stanch.engine.rehearse import Drilled


class Silent:
    """Nobody watches."""

    def chapter(self, title: str) -> None: ...
    def attempt(self, attempt: Attempt) -> None: ...
    def incident(self, incident: Incident, coverage: Coverage) -> None: ...
    def plan(self, steps: object) -> None: ...
    def step(self, step: Step) -> None: ...
    def written(self, path: Path) -> None: ...


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("drill") / "stolen"


@pytest.fixture(scope="module")
def done(folder: Path) -> Drilled:
    return app.drill("stolen_instance_credentials", folder, Silent())


def test_every_expectation_of_the_drill_holds(done: Drilled) -> None:
    assert [check for check in done.checks if not check.holds] == []


def test_the_attack_worked_before_it_was_contained(done: Drilled) -> None:
    assert done.strike
    assert all(attempt.allowed for attempt in done.strike)


def test_the_incident_says_exactly_what_left(done: Drilled) -> None:
    (incident,) = done.found
    read = [attempt for attempt in done.strike if attempt.bytes]
    assert incident.left.bytes == sum(attempt.bytes for attempt in read)
    assert incident.left.objects == len({attempt.what for attempt in read})
    assert incident.left.shards is not None
    assert (incident.left.shards.read, incident.left.shards.total) == (4, 6)


def test_the_routine_alone_is_no_incident(done: Drilled) -> None:
    (incident,) = done.found
    assert {finding.actor.address for finding in incident.findings} == {"203.0.113.66", "198.51.100.23"}


def test_what_was_saved_is_what_was_refused(done: Drilled) -> None:
    objects, size = done.saved
    assert objects == 3
    assert size > 8_000_000


def test_the_journal_tells_planned_applied_verified_undone_for_each_step(done: Drilled, folder: Path) -> None:
    (incident,) = done.found
    with app.stores(folder) as stores:
        history = stores.journal.history(incident.id)
        assert stores.incidents.get(incident.id).state is IncidentState.OPEN, "undone is not contained"
    proven = {step.key for step in done.steps if step.state is StepState.VERIFIED}
    assert len(proven) >= 10
    for key in proven:
        states = list(dict.fromkeys(step.state for step in history if step.key == key))  # an identity is proven twice
        assert states == [StepState.PLANNED, StepState.APPLIED, StepState.VERIFIED, StepState.UNDONE]


def test_the_report_names_the_incident_and_marks_its_blanks(done: Drilled) -> None:
    markdown, html = done.reports
    (incident,) = done.found
    assert incident.id in markdown.read_text()
    assert "TO BE FILLED" in markdown.read_text()
    assert "<script" not in html.read_text()
