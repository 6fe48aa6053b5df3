"""What every behaviour on calls promises: its page's recipes are baked, summed into cells, and judged."""

import dataclasses
import inspect
import re
from datetime import UTC, datetime

import pytest

from stanch import app, estate
from stanch.contracts.behaviour import Behaviour, Cell, History, Sighting
from stanch.domain.estate import Estate
from stanch.engine.shelf import Unit, implementing
from tests.catalog import pages
from tests.catalog.behaviour_cells import histories
from tests.catalog.recipes import baked

BEHAVIOURS = [unit for unit in app.shelf("detections", ".py") if hasattr(unit.module(), "judge")]
each_behaviour = pytest.mark.parametrize("unit", BEHAVIOURS, ids=[unit.id for unit in BEHAVIOURS])


def seen(unit: Unit, example: pages.Example) -> list[Sighting]:
    """All that a behaviour sees in an example."""
    behaviour = implementing(unit, Behaviour)
    ours = estate.read(example.estate, "page") if example.estate else Estate()
    known = histories(baked(example.records), ours, behaviour.ABOUT.whose)
    return [sighting for history in known for sighting in behaviour.judge(history, behaviour.LIMITS)]


@each_behaviour
def test_a_behaviour_sees_its_example_once_with_proof(unit: Unit) -> None:
    (sighting,) = seen(unit, pages.example(pages.sections(unit.page)["Example that fires"]))
    assert sighting.cells
    assert all(isinstance(cell, Cell) and cell.events for cell in sighting.cells)
    assert re.search(r"\w", sighting.why)


@each_behaviour
def test_a_behaviour_needs_no_order_within_the_hour(unit: Unit) -> None:
    behaviour = implementing(unit, Behaviour)
    example = pages.example(pages.sections(unit.page)["Example that fires"])
    ours = estate.read(example.estate, "page") if example.estate else Estate()
    (before,) = seen(unit, example)
    turned = [
        dataclasses.replace(history, cells=sorted(history.cells, key=lambda cell: (cell.start, -cell.first)))
        for history in histories(baked(example.records), ours, behaviour.ABOUT.whose)
    ]
    (after,) = [sighting for history in turned for sighting in behaviour.judge(history, behaviour.LIMITS)]
    assert (after.severity, set(after.cells)) == (before.severity, set(before.cells))


@each_behaviour
def test_a_behaviour_is_quiet_on_its_near_miss(unit: Unit) -> None:
    example = pages.example(pages.sections(unit.page)["Example that does not"])
    assert example.records, "a near miss needs records"
    assert seen(unit, example) == []


@each_behaviour
def test_a_behaviour_says_who_must_answer_and_how_sure_it_is(unit: Unit) -> None:
    about = implementing(unit, Behaviour).ABOUT
    assert pages.title(unit.page) == about.title
    assert 0 < about.confidence <= 1
    assert about.techniques
    assert about.playbook is None or about.playbook in app.playbooks()


@each_behaviour
def test_a_behaviour_documents_each_threshold_beside_it(unit: Unit) -> None:
    limits = implementing(unit, Behaviour).LIMITS
    assert type(limits).__dataclass_params__.frozen
    source = inspect.getsource(type(limits))
    for field in dataclasses.fields(limits):
        assert re.search(rf'^    {field.name}: [^\n]+\n    """', source, re.MULTILINE), f"{field.name} says nothing"


@each_behaviour
def test_a_behaviour_has_nothing_to_say_of_nobody(unit: Unit) -> None:
    behaviour = implementing(unit, Behaviour)
    noon = datetime(2026, 5, 4, 12, tzinfo=UTC)
    nobody = History("arn:aws:iam::111122223333:role/idle", (), Estate(), None, noon, noon)
    assert list(behaviour.judge(nobody, behaviour.LIMITS)) == []
