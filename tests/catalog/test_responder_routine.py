"""The responder's own work is folded with its reason; whoever holds its role and does anything else is told."""

from typing import Any

import pytest

from stanch import app, estate
from stanch.domain.finding import Finding
from stanch.domain.severity import Severity
from tests.catalog import pages
from tests.catalog.test_intrusions import Log

(UNIT,) = [unit for unit in app.shelf("routines", ".yml") if unit.id == "responder_contains"]
(ROUTINE,) = [routine for routine in app.routines() if routine.id == UNIT.id]
WORK = pages.example(pages.sections(UNIT.page)["Example that folds"])
THIEF = pages.example(pages.sections(UNIT.page)["Example that does not"])


def hunted(*records: dict[str, Any]) -> list[Finding]:
    ours = estate.read(WORK.estate or "", "page")
    result = app.hunt([Log([*records])], ours, app.rules(), watches=app.behaviours(), routines=app.routines())
    folded = sum(one.findings for one in result.coverage.folded)
    found = [finding for incident in result.incidents for finding in incident.findings]
    assert folded >= sum(finding.folded is not None for finding in found)
    return found


def named(name: str, at: int = 0) -> dict[str, Any]:
    return [record for record in (*WORK.records, *THIEF.records) if record["eventName"] == name][at]


def test_what_containment_does_is_folded_and_counted_with_its_reason() -> None:
    ours = estate.read(WORK.estate or "", "page")
    result = app.hunt([Log(WORK.records)], ours, app.rules(), watches=app.behaviours(), routines=app.routines())
    (told,) = result.coverage.folded
    assert (told.routine, told.why) == ("responder_contains", ROUTINE.why)
    assert told.findings >= 1


@pytest.mark.parametrize("name", ["ModifySnapshotAttribute", "PutRolePolicy", "CreateAccessKey"])
def test_a_thief_of_the_responders_role_is_told_in_the_midst_of_its_work(name: str) -> None:
    found = [one for one in hunted(*WORK.records, named(name)) if one.folded is None]
    assert found, name
    assert max(finding.severity for finding in found) >= Severity.MEDIUM


def test_one_call_that_is_none_of_ours_keeps_the_whole_finding_from_being_folded() -> None:
    opened = named("AuthorizeSecurityGroupIngress")
    assert all(finding.folded for finding in hunted(opened))
    away = {**opened, "eventID": "00000000-0000-4000-8000-000000000099", "sourceIPAddress": "203.0.113.66"}
    (finding,) = [one for one in hunted(opened, away) if one.detection.endswith("port_opened_to_the_world")]
    assert (finding.folded, finding.count) == (None, 2)
