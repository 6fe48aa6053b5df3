"""What every routine promises: it explains its example, not its near miss, and never what is grave."""

from datetime import datetime

import pytest

from stanch import app, estate
from stanch.app.snapshot import collectors
from stanch.domain.estate import Estate
from stanch.domain.event import Event
from stanch.domain.severity import Severity
from stanch.engine.enrich import Enricher
from stanch.engine.findings import by_origin
from stanch.engine.routines import Routine, Routines, read_routine
from stanch.engine.scan.hits import gather_hits
from stanch.engine.scan.judge import Judge
from stanch.engine.scan.part import Part
from stanch.engine.shelf import Unit
from stanch.engine.sigma import RuleError
from tests.catalog import pages

UNITS = app.shelf("routines", ".yml")
ROUTINES = {routine.id: routine for routine in app.routines()}
SECTIONS = ["Why", "Example that folds", "Example that does not", "What it may hide"]
each_unit = pytest.mark.parametrize("unit", UNITS, ids=[unit.id for unit in UNITS])


def setting(example: pages.Example) -> tuple[Estate, tuple[str, ...], list[Event]]:
    """The example's estate, the accounts that are ours, and its events."""
    ours = estate.read(example.estate, "page") if example.estate else Estate()
    accounts = ours.perimeter.accounts or tuple({record["recipientAccountId"] for record in example.records})
    events = [
        Event(record["eventID"], datetime.fromisoformat(record["eventTime"]), "cloudtrail", "page", record)
        for record in example.records
    ]
    return ours, accounts, events


def explained(routine: Routine, example: pages.Example) -> list[datetime]:
    """The times of the example's events that the routine explains."""
    ours, accounts, events = setting(example)
    enricher, routines = Enricher(ours, accounts), Routines([routine])
    return [event.time for event in events if routine.id in routines.of(enricher.view(event))]


def folded(routine: Routine, example: pages.Example, severity: Severity | None = None) -> bool:
    """Whether a finding of these events, of a detection that the routine may fold, is folded."""
    if routine.bases:
        return any(folded_together(routine, example, severity))
    times = explained(routine, example)
    if not times:
        return False
    detection = routine.folds[0].replace("*", "anything")
    grave = routine.up_to if severity is None else severity
    counts = {routine.id: len(times)}
    days = len({time.date() for time in times})
    found = Routines([routine]).folding(detection, grave, counts, len(example.records), min(times), max(times), days)
    return found == routine.id


def folded_together(routine: Routine, example: pages.Example, severity: Severity | None = None) -> list[bool]:
    """Of a routine that is a correlation: for each finding of the detections that it folds, whether it folds it."""
    ours, accounts, events = setting(example)
    rules = [rule for rule in app.rules()[0] if rule.id in routine.folds]
    judge, part = Judge(rules, ours, accounts, [routine], profiles=False), Part()
    for event in events:
        judge.take(event, part)
    gather_hits(judge.rules, part.kept, part.gatherer, part.matches, len(events), judge.routines.correlated)
    return [
        judge.routines.folding(
            detection,
            group.detection.severity if severity is None else severity,
            group.explained,
            group.count,
            group.first,
            group.last,
            len(group.days),
        )
        == routine.id
        for (detection, *_), group in by_origin(part.gatherer.groups.values(), part.lineage).items()
    ]


def shown(unit: Unit, section: str) -> pages.Example:
    return pages.example(pages.sections(unit.page)[section])


@each_unit
def test_a_routine_page_says_why_and_what_it_may_hide(unit: Unit) -> None:
    assert list(pages.sections(unit.page)) == SECTIONS
    assert all(text.strip() for text in pages.sections(unit.page).values())
    assert f"title: {pages.title(unit.page)}\n" in unit.text()


@each_unit
def test_a_routine_folds_its_example(unit: Unit) -> None:
    assert folded(ROUTINES[unit.id], shown(unit, "Example that folds"))


@each_unit
def test_a_routine_does_not_fold_its_near_miss_not_even_one_record_of_it(unit: Unit) -> None:
    near = shown(unit, "Example that does not")
    assert near.records
    assert not folded(ROUTINES[unit.id], near)
    for record in near.records:
        assert not folded(ROUTINES[unit.id], pages.Example([record], near.estate)), record["eventID"]


@pytest.mark.parametrize("routine", [one for one in ROUTINES.values() if one.bases], ids=lambda one: one.id)
def test_a_routine_that_is_a_correlation_folds_detections_of_single_events(routine: Routine) -> None:
    rules = {rule.id: rule for rule in app.rules()[0]}
    assert all(rules[pattern].correlation is None for pattern in routine.folds)
    assert not Routines([routine]).counted(set(rules) - set(routine.folds))
    page = next(shown(unit, "Example that folds") for unit in UNITS if unit.id == routine.id)
    assert folded_together(routine, page) == [True]


@each_unit
def test_a_routine_never_folds_what_is_grave(unit: Unit) -> None:
    example = shown(unit, "Example that folds")
    assert not folded(ROUTINES[unit.id], example, Severity.HIGH)
    assert not folded(ROUTINES[unit.id], example, Severity.CRITICAL)


@each_unit
def test_a_routine_that_believes_a_user_agent_asks_for_more(unit: Unit) -> None:
    if "userAgent" in unit.text():
        routine = ROUTINES[unit.id]
        assert max(routine.regular.days, routine.days) >= 2
        assert "*" not in routine.folds
        assert not routine.anywhere


@each_unit
def test_a_routine_folds_detections_that_exist_or_whole_tactics(unit: Unit) -> None:
    known = {detection.id for detection in app.shelf("detections", ".yml", ".py")}
    for pattern in ROUTINES[unit.id].folds:
        assert "*" in pattern or pattern in known, pattern


def test_no_page_stands_without_its_routine() -> None:
    assert {page.stem for page in (app.CATALOG / "routines").glob("*.md")} == set(ROUTINES)


@pytest.mark.parametrize(
    ("said", "remedy"),
    [
        ("{why: x, folds: ['a/*'], up_to: high}", "no routine folds more than medium"),
        ("{why: x, folds: ['a/*'], up_to: bad}", "not a severity"),
        ("{why: x, folds: [], up_to: low}", "list of detection ids"),
        ("{why: x, folds: ['a/*'], up_to: low, regular_days: -1}", "whole number of days"),
        ("{why: x, folds: ['a/*'], up_to: low, on_days: many}", "whole number of days"),
        ("{why: x, folds: ['a/*'], up_to: low, anywhere: 1}", "true or false"),
        ("{why: x, folds: ['a/*'], up_to: low, own_calls: 'yes'}", "true or false"),
        ("{folds: ['a/*'], up_to: low}", "must be a mapping of why"),
        ("{why: '', folds: ['a/*'], up_to: low}", "one sentence"),
        ("nothing", "must be a mapping"),
    ],
)
def test_a_routine_that_says_too_much_or_too_little_is_refused_with_the_remedy(said: str, remedy: str) -> None:
    text = f"title: x\nlogsource: {{product: aws}}\ndetection: {{a: {{eventName: b}}, condition: a}}\nroutine: {said}\n"
    with pytest.raises(RuleError, match=remedy):
        read_routine(text, "x.yml", "x")


@pytest.mark.parametrize(
    "correlation",
    [
        "type: temporal\n  group-by: [actor.arn]",
        "type: temporal_ordered\n  group-by: [actor.principal]",
        "type: temporal_ordered",
    ],
)
def test_a_routine_that_is_a_correlation_is_of_one_hand_and_in_order(correlation: str) -> None:
    text = f"""
title: x
correlation:
  {correlation}
  rules: [made, unmade]
  timespan: 1h
routine: {{why: x, folds: ['a/*'], up_to: low}}
---
title: made
name: made
logsource: {{product: aws}}
detection: {{a: {{eventName: b}}, condition: a}}
---
title: unmade
name: unmade
logsource: {{product: aws}}
detection: {{a: {{eventName: c}}, condition: a}}
"""
    with pytest.raises(RuleError, match="one temporal_ordered correlation"):
        read_routine(text, "x.yml", "x")


def test_a_routine_about_our_own_calls_knows_what_every_action_and_collector_declares() -> None:
    declared = {permission for action in app.actions().values() for permission in action.PERMISSIONS}
    declared |= {permission for collector in collectors().values() for permission in collector.PERMISSIONS}
    about_us = [routine for routine in ROUTINES.values() if routine.own_calls]
    assert about_us
    for routine in about_us:
        assert routine.calls == declared, "python -m deploy.generate"


def test_a_routine_about_our_own_calls_explains_nothing_where_nobody_says_what_they_are() -> None:
    (unit,) = [unit for unit in UNITS if unit.id == "responder_contains"]
    alone = read_routine(unit.text(), str(unit.path), unit.id)
    assert not folded(alone, shown(unit, "Example that folds"))
