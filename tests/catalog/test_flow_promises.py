"""What every behaviour on flow logs promises: its page's log makes it speak once, the near miss leaves it quiet."""

import io
import re
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from itertools import product
from pathlib import Path
from typing import Any, BinaryIO

import pytest

from stanch import app, estate
from stanch.contracts.behaviour import FlowBehaviour, FlowCell, FlowHistory, Sighting
from stanch.domain.estate import Estate, Side
from stanch.domain.severity import Severity
from stanch.engine.flows import aggregate
from stanch.engine.inference.traffic import KeyTraffic
from stanch.engine.shelf import Unit, implementing
from tests.catalog import pages
from tests.catalog.calls import of_page, traffic

SECTIONS = ["Goal", "Example that fires", "Example that does not", "Blind spots", "False positives", "Response"]
LOG = re.compile(r"^```text\n(.*?)^```$", re.MULTILINE | re.DOTALL)
BEHAVIOURS = [unit for unit in app.shelf("detections", ".py") if "\ndef weigh(" in unit.text()]


def each(units: list[Unit]) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("unit", units, ids=[unit.id for unit in units])


@dataclass
class Written:
    """A log as a page shows it."""

    content: bytes
    path: str = "AWSLogs/111122223333/vpcflowlogs/eu-central-1/page.log"
    size: int | None = None

    def open(self) -> BinaryIO:
        return io.BytesIO(self.content)


def weighed(unit: Unit, section: str, *, declared: bool = True) -> list[Sighting]:
    """What a behaviour says of one section's log, with the section's estate or without any."""
    text = pages.sections(unit.page)[section]
    behaviour = implementing(unit, FlowBehaviour)
    shown = pages.example(text).estate
    ours = estate.read(shown, "page") if shown and declared else Estate()
    logs = [Written(log.encode()) for log in LOG.findall(text)]
    assert logs, f"{unit.page}: no log under {section}"
    asked = hours_of(pages.example(text).records)
    with aggregate(logs, ours.perimeter) as table:
        assert not table.read.skipped
        histories = [replace(flows, asked=asked) for flows in table.histories(ours)]
        return [one for flows in histories for one in behaviour.weigh(flows, behaviour.LIMITS)]


def hours_of(records: list[dict[str, Any]]) -> dict[int, int] | None:
    """The calls by the hour of a gateway's log, where a page shows one."""
    if not records:
        return None
    with traffic(of_page(records)) as of:
        assert isinstance(of, KeyTraffic)
        return of.by_hour()


def test_there_are_behaviours_on_flow_logs() -> None:
    assert len(BEHAVIOURS) >= 7


@each(BEHAVIOURS)
def test_its_page_has_the_sections_of_an_alert_and_its_title(unit: Unit) -> None:
    assert list(pages.sections(unit.page)) == SECTIONS
    assert pages.title(unit.page) == implementing(unit, FlowBehaviour).ABOUT.title


@each(BEHAVIOURS)
def test_it_speaks_once_of_the_host_on_its_page(unit: Unit) -> None:
    (seen,) = weighed(unit, "Example that fires")
    assert seen.cells
    assert seen.resources == ("arn:aws:ec2:eu-central-1:111122223333:instance/i-0123456789abcdef0",)
    assert (seen.severity or Severity.INFORMATIONAL) >= Severity.MEDIUM
    assert "i-0123456789abcdef0" in seen.why


@each(BEHAVIOURS)
def test_it_is_quiet_on_its_near_miss(unit: Unit) -> None:
    assert weighed(unit, "Example that does not") == []


@each(BEHAVIOURS)
def test_without_an_estate_it_is_quiet_on_the_near_miss_and_never_surer(unit: Unit) -> None:
    assert weighed(unit, "Example that does not", declared=False) == []
    declared = weighed(unit, "Example that fires")[0]
    for seen in weighed(unit, "Example that fires", declared=False):
        assert (seen.severity or 0) <= (declared.severity or 0)
        assert (seen.confidence or 1) <= (declared.confidence or 1)


@each(BEHAVIOURS)
def test_it_says_how_sure_it_is_and_what_is_to_be_done(unit: Unit) -> None:
    about = implementing(unit, FlowBehaviour).ABOUT
    assert 0 < about.confidence <= 1
    assert about.techniques
    assert about.playbook in app.playbooks()


@each(BEHAVIOURS)
def test_each_of_its_thresholds_is_explained(unit: Unit) -> None:
    limits = implementing(unit, FlowBehaviour).LIMITS
    text = Path(unit.path).read_text()
    for name in limits.__dataclass_fields__:
        assert re.search(rf'    {name}: .*\n    """', text), f"{unit.path}: {name} has no reason"


@each(BEHAVIOURS)
def test_it_is_quiet_on_a_host_that_sent_nothing(unit: Unit) -> None:
    behaviour = implementing(unit, FlowBehaviour)
    when = datetime(2026, 5, 27, tzinfo=UTC)
    assert list(behaviour.weigh(FlowHistory("i-0", (), Estate(), when, when), behaviour.LIMITS)) == []


@each(BEHAVIOURS)
def test_what_its_cells_call_themselves_is_no_matter_and_is_no_resource(unit: Unit) -> None:
    behaviour = implementing(unit, FlowBehaviour)
    when = datetime(2026, 5, 27, tzinfo=UTC)
    for port, serves, accepted in product((53, 443, 4444, 8000), (False, True), (False, True)):
        cells = tuple(
            FlowCell(
                start=1779840000 + 86400 * day, account="*", region="../..", vpc="", host="i-<script>",
                interface="eni-*", address="::1", to=to, port=port, protocol=6, service="\x1b[2J", side=Side.UNKNOWN,
                accepted=accepted, bytes=1 << 50, packets=0, count=0, first=1779840000, last=1779840000, serves=serves,
            )
            for day in range(8)
            for to in ("198.51.100.7", "2001:db8::1")
        )  # fmt: skip
        for seen in behaviour.weigh(FlowHistory("i-<script>", cells, Estate(), when, when), behaviour.LIMITS):
            assert seen.resources == ()
