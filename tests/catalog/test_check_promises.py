"""What every check promises: a page whose examples are judged, a row, controls, and a remedy for each failure."""

import re
import shlex

import pytest

from stanch import app
from stanch.contracts.check import CIS, FSBP, GDPR, ISO, NIS2, NIST
from stanch.domain.verdict import Row, Ruling
from stanch.engine.shelf import Unit
from tests.catalog import pages
from tests.posturing import posture, verdicts

CHECKS = app.shelf("checks", ".py")
SECTIONS = [
    "Goal",
    "How it judges",
    "What an attacker does",
    "Example that fails",
    "Example that passes",
    "Remedy",
    "Blind spots",
]
CONTROL = {
    CIS: r"\d\.\d+(\.\d+)?",
    FSBP: r"[A-Z][A-Za-z0-9]+\.\d+",
    NIST: r"[A-Z]{2}-\d+(\(\d+\))?",
    ISO: r"A\.\d\.\d+",
    GDPR: r"Art\. (25|32|33|34|44|46)(\(\d\))?(\([a-z]\))?",
    NIS2: r"Art\. (21|23)(\(\d\))?(\([a-z]\))?",
}
pytestmark = pytest.mark.parametrize("unit", CHECKS, ids=[unit.id for unit in CHECKS])


def test_a_check_page_has_its_sections(unit: Unit) -> None:
    assert list(pages.sections(unit.page)) == SECTIONS
    assert all(text.strip() for text in pages.sections(unit.page).values())


def test_a_check_fails_on_its_example_and_says_how_to_mend_it(unit: Unit) -> None:
    example = pages.example(pages.sections(unit.page)["Example that fails"])
    failed = [one for one in verdicts(unit.id, posture(example.records, example.estate)) if one.ruling is Ruling.FAIL]
    assert failed, "nothing fails"
    for verdict in failed:
        assert verdict.why
        assert verdict.evidence, "a failure is proven by a place in the snapshot"
        assert verdict.remedy is not None
        assert verdict.remedy.words.endswith(".")
        for command in verdict.remedy.commands:
            assert command[0] in ("aws", "stanch", "kubectl"), shlex.join(command)


def test_a_check_passes_on_its_other_example(unit: Unit) -> None:
    example = pages.example(pages.sections(unit.page)["Example that passes"])
    found = verdicts(unit.id, posture(example.records, example.estate))
    assert {one.ruling for one in found} == {Ruling.PASS}, found


def test_a_check_says_nothing_is_well_where_nobody_looked(unit: Unit) -> None:
    found = verdicts(unit.id, posture([], looked=[]))
    assert not [one for one in found if one.ruling is not Ruling.UNKNOWN], found


def test_a_check_names_its_page_its_row_and_its_controls(unit: Unit) -> None:
    about = unit.module().ABOUT
    assert pages.title(unit.page) == about.title
    assert isinstance(about.row, Row)
    assert set(about.controls) >= {NIST, ISO}, "every hole is one of confidentiality, integrity or accountability"
    for standard, controls in about.controls.items():
        assert controls, standard
        for control in controls:
            assert re.fullmatch(CONTROL[standard], control), f"{standard} {control}"
