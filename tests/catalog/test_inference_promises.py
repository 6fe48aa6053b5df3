"""What every behaviour on calls of models promises: its page's recipes are baked, summed as a hunt does, and judged."""

import dataclasses
import inspect
import random
import re
from datetime import UTC, datetime

import pytest

from stanch import app, estate
from stanch.contracts.behaviour import CallCell, Sighting
from stanch.contracts.inference import InferenceBehaviour, KeyHistory, Peers, Traffic, TrafficBehaviour
from stanch.domain.baseline import Baseline
from stanch.domain.estate import Estate
from stanch.domain.inference import Inference
from stanch.engine.shelf import Unit, implementing
from tests.catalog import pages
from tests.catalog.calls import of_page, traffic

BEHAVIOURS = [
    unit for unit in app.shelf("detections", ".py") if re.search(r"^def (examine|compare)\(", unit.text(), re.MULTILINE)
]
each_behaviour = pytest.mark.parametrize("unit", BEHAVIOURS, ids=[unit.id for unit in BEHAVIOURS])
NOON = datetime(2026, 6, 10, 12, tzinfo=UTC)
NO_PEERS = Peers(0, 0, Baseline(0, 0.0, 0.0), Baseline(0, 0.0, 0.0))


def behaviour_of(unit: Unit) -> InferenceBehaviour | TrafficBehaviour:
    if hasattr(unit.module(), "examine"):
        return implementing(unit, InferenceBehaviour)
    return implementing(unit, TrafficBehaviour)


def judged(unit: Unit, of: Traffic) -> list[Sighting]:
    """All that a behaviour sees in this traffic."""
    behaviour = behaviour_of(unit)
    if hasattr(behaviour, "compare"):
        return list(behaviour.compare(of, behaviour.LIMITS))
    return [seen for history in of.histories() for seen in behaviour.examine(history, behaviour.LIMITS)]


def shown(unit: Unit, section: str) -> tuple[list[Inference], Estate]:
    """The calls and the estate of one section of its page."""
    example = pages.example(pages.sections(unit.page)[section])
    assert example.records
    return of_page(example.records), estate.read(example.estate, "page") if example.estate else Estate()


def seen(unit: Unit, section: str) -> list[Sighting]:
    """All that a behaviour sees in a section's example."""
    calls, ours = shown(unit, section)
    with traffic(calls, ours) as of:
        return judged(unit, of)


def test_there_are_behaviours_on_calls_of_models() -> None:
    assert len(BEHAVIOURS) >= 15


@each_behaviour
def test_it_sees_its_example_once_with_proof(unit: Unit) -> None:
    (sighting,) = seen(unit, "Example that fires")
    assert sighting.cells
    assert all(isinstance(cell, CallCell) and cell.files for cell in sighting.cells)
    assert re.search(r"\d", sighting.why)


@each_behaviour
def test_it_is_quiet_on_its_near_miss(unit: Unit) -> None:
    assert seen(unit, "Example that does not") == []


@each_behaviour
def test_the_order_in_which_its_calls_are_read_is_no_matter(unit: Unit) -> None:
    calls, ours = shown(unit, "Example that fires")
    random.Random(1).shuffle(calls)  # noqa: S311 - any order does
    with traffic(calls, ours) as of:
        (turned,) = judged(unit, of)
    (straight,) = seen(unit, "Example that fires")
    assert (turned.why, turned.severity, turned.resources) == (straight.why, straight.severity, straight.resources)


@each_behaviour
def test_a_declared_job_of_the_key_is_quiet_within_its_bounds_where_the_page_says_so(unit: Unit) -> None:
    calls, ours = shown(unit, "Example that fires")
    says_so = "[[export]]" in pages.sections(unit.page)["False positives"]
    for size, quiet in (("1TB", says_so), ("1B", False)):
        declared = dataclasses.replace(ours, exports=estate.read(DECLARED.replace("SIZE", size), "page").exports)
        with traffic(calls, declared) as of:
            assert (judged(unit, of) == []) is quiet


DECLARED = """
[[asset]]
name = "model"
kind = "inference-api"
where = "arn:aws:elasticloadbalancing:eu-central-1:111122223333:loadbalancer/app/model/1"

[[export]]
by = "arn:gateway:litellm:*:*:key/*"
asset = "model"
from = 2026-01-01T00:00:00Z
until = 2027-01-01T00:00:00Z
max_bytes = "SIZE"
owner = "ml-platform"
why = "an evaluation"
"""


@each_behaviour
def test_its_page_says_what_it_is_and_when_it_is_cold(unit: Unit) -> None:
    about = behaviour_of(unit).ABOUT
    assert pages.title(unit.page) == about.title
    assert 0 < about.confidence <= 1
    assert about.techniques
    assert about.playbook is None or about.playbook in app.playbooks()
    assert about.playbook or about.by_hand
    assert re.search(r"[Cc]old start", pages.sections(unit.page)["Goal"])


@each_behaviour
def test_it_documents_each_threshold_beside_it(unit: Unit) -> None:
    limits = behaviour_of(unit).LIMITS
    assert type(limits).__dataclass_params__.frozen
    source = inspect.getsource(type(limits))
    for field in dataclasses.fields(limits):
        assert re.search(rf'^    {field.name}: [^\n]+\n    """', source, re.MULTILINE), f"{field.name} says nothing"


@each_behaviour
def test_it_has_nothing_to_say_of_a_key_that_was_not_used(unit: Unit) -> None:
    behaviour = behaviour_of(unit)
    if hasattr(behaviour, "examine"):
        nobody = KeyHistory("arn:gateway:litellm:main::key/a", (), (), NO_PEERS, Estate(), NOON, NOON)
        assert list(behaviour.examine(nobody, behaviour.LIMITS)) == []


@each_behaviour
def test_numbers_that_no_model_can_have_break_nothing(unit: Unit) -> None:
    wild = [
        Inference(
            time=1e9 + hour * 3600.0, log="litellm", file="x", request=f"r{hour}", key="k\x1b[2J<script>", n=-5,
            tokens_in=1 << 70, tokens_out=-(1 << 70), cost=float("inf"), status=10**9, first_ms=float("nan"),
            asked=1 << 62, biases=1, bias_tokens=("\ud800",), agent="\ud800" * 9, model="m" * 5000, address="no",
            temperature=float("nan"), logprobs=0, prompt_logprobs=0, max_tokens=0, prompt="\ud800 a", answer="\0",
        )
        for hour in range(200)
    ]  # fmt: skip
    with traffic(wild) as of:
        for sighting in judged(unit, of):
            assert all("<" not in arn and "\x1b" not in arn for arn in sighting.resources)
