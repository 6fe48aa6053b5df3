"""Counting events within a timespan: when a correlation fires, how often, and for whom."""

import random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.engine.sigma.correlating import Event, Found, base, correlate, numbered, read, reads

from stanch.engine import sigma


def count(**condition: Any) -> list[sigma.Rule]:
    return read({"type": "event_count", "rules": ["Get"], "group-by": ["who"], "condition": condition}, base("Get"))


def test_a_thousand_reads_are_one_hit() -> None:
    events = reads(*range(1000), who="x")
    assert correlate(count(gte=10), numbered(events)) == [(("x",), [f"e{at}" for at in range(1000)])]


def test_two_bursts_far_apart_are_two_hits() -> None:
    found = correlate(count(gte=3), numbered(reads(0, 1, 2, 500, 501, 502, who="x")))
    assert found == [(("x",), ["e0", "e1", "e2"]), (("x",), ["e3", "e4", "e5"])]


def test_too_few_within_the_timespan_are_none_though_there_are_enough_over_all() -> None:
    assert correlate(count(gte=3), numbered(reads(0, 40, 80, 120, who="x"))) == []


def test_the_bounds_of_a_window_are_inclusive() -> None:
    assert len(correlate(count(gte=2), numbered(reads(0, 60, who="x")))) == 1
    assert correlate(count(gte=2), numbered(reads(0, 60.001, who="x"))) == []


def test_groups_do_not_mix_and_an_event_without_the_field_belongs_to_none() -> None:
    events = [*reads(0, 1, who="x"), *reads(2, 3, who="y"), *reads(4, 5, 6), *reads(7, 8, who=None), *reads(9, who={})]
    assert correlate(count(gte=2), numbered(events)) == [(("x",), ["e0", "e1"]), (("y",), ["e2", "e3"])]


def test_several_values_of_a_group_field_are_one_group() -> None:
    assert correlate(count(gte=2), numbered(reads(0, 1, who=["x", 5]))) == [(('["x", "5"]',), ["e0", "e1"])]


def test_an_event_fed_twice_counts_once() -> None:
    events = numbered(reads(0, 1, who="x"))
    assert correlate(count(gte=3), events * 2) == []


def test_an_event_that_two_base_rules_match_counts_once() -> None:
    either = {"type": "event_count", "rules": ["Get", "Twin"], "condition": {"gte": 3}}
    twin = base("Twin", detection={"s": {"eventName": ["Get", "Put"]}, "condition": "s"})
    events = reads(0, 1)
    assert correlate(read(either, base("Get"), twin), numbered(events)) == []
    assert len(correlate(read(either, base("Get"), twin), numbered([*events, (2, {"eventName": "Put"})]))) == 1


@pytest.mark.parametrize(
    ("condition", "hits"),
    [
        *[({"gte": 5}, 1), ({"gt": 5}, 0), ({"gt": 4}, 1), ({"lt": 5}, 0), ({"lt": 6}, 1), ({"lte": 5}, 1)],
        *[({"eq": 5}, 1), ({"eq": 3}, 0), ({"neq": 5}, 0)],
    ],
)
def test_each_comparison_counts_a_burst_of_five_as_five(condition: dict[str, int], hits: int) -> None:
    assert len(correlate(count(**condition), numbered(reads(0, 1, 2, 3, 4, who="x")))) == hits


def test_distinct_values_are_counted_once_and_absent_ones_never() -> None:
    rules = read(
        {"type": "value_count", "rules": "Get", "condition": {"gte": 3, "field": "key"}, "group-by": ["who"]},
        base("Get"),
    )
    assert correlate(rules, numbered([(at, {"eventName": "Get", "who": "x", "key": "same"}) for at in range(9)])) == []
    missing = [(at, {"eventName": "Get", "who": "x", "key": None}) for at in range(9)]
    assert correlate(rules, numbered(missing)) == []
    different = [(at, {"eventName": "Get", "who": "x", "key": f"k{at // 2}"}) for at in range(6)]
    assert correlate(rules, numbered(different)) == [(("x",), [f"e{at}" for at in range(6)])]
    at_once = [(0.0, {"eventName": "Get", "who": "x", "key": ["a", "b", "c"]})]
    assert correlate(rules, numbered(at_once)) == [(("x",), ["e0"])]


def test_bytes_are_added_up_exactly_and_what_is_no_number_adds_nothing() -> None:
    rules = read({"type": "value_sum", "rules": ["Get"], "condition": {"gte": 1.2, "field": "out"}}, base("Get"))
    values: list[Any] = [0.5, "0.5", 0.25, float("nan"), "many", None, True]
    events = [(float(at), {"eventName": "Get", "out": value}) for at, value in enumerate(values)]
    assert correlate(rules, numbered(events))[0] == ((), [f"e{at}" for at in range(7)])
    assert correlate(rules, numbered([*events[:2], *events[3:]])) == []


def test_temporal_wants_each_base_rule_in_any_order() -> None:
    rules = read({"type": "temporal", "rules": ["A", "B"], "group-by": ["who"]}, base("A"), base("B"))
    assert correlate(rules, numbered([(0, {"eventName": "B", "who": 1}), (9, {"eventName": "A", "who": 1})])) == [
        (("1",), ["e0", "e1"])
    ]
    assert correlate(rules, numbered([(0, {"eventName": "B", "who": 1}), (9, {"eventName": "A", "who": 2})])) == []
    assert correlate(rules, numbered([(0, {"eventName": "A", "who": 1}), (9, {"eventName": "A", "who": 1})])) == []


def test_temporal_ordered_wants_the_order_and_takes_one_second_as_any() -> None:
    rules = read({"type": "temporal_ordered", "rules": ["A", "B", "C"]}, base("A"), base("B"), base("C"))

    def found(*events: tuple[float, str]) -> list[Found]:
        return correlate(rules, numbered((at, {"eventName": name}) for at, name in events))

    assert found((0, "A"), (5, "B"), (9, "C")) == [((), ["e0", "e1", "e2"])]
    assert found((0, "C"), (5, "B"), (9, "A")) == []
    assert found((0, "A"), (5, "C"), (9, "B")) == []
    assert found((5, "C"), (5, "B"), (5, "A")) == [((), ["e2", "e1", "e0"])]
    assert found((0, "A"), (50, "B"), (70, "C")) == []
    assert found((0, "A"), (50, "A"), (55, "B"), (70, "C")) == [((), ["e1", "e2", "e3"])]


def test_an_alias_is_another_field_in_each_base() -> None:
    aliases = {"user": {"A": "made", "B": "used"}}
    rules = read(
        {"type": "temporal", "rules": ["A", "B"], "group-by": ["user"], "aliases": aliases}, base("A"), base("B")
    )
    events: list[Event] = [
        (0, {"eventName": "A", "made": "eve"}),
        (1, {"eventName": "B", "used": "eve", "made": "bob"}),
    ]
    assert correlate(rules, numbered(events)) == [(("eve",), ["e0", "e1"])]


def test_the_order_of_feeding_does_not_matter() -> None:
    events = numbered([*reads(0, 1, 2, 30, 500, 501, 502, who="x"), *reads(*range(9), who="y")])
    expected = correlate(count(gte=3), events)
    shuffled = random.Random(1)  # noqa: S311 - a fixed order, no secret
    for _ in range(20):
        shuffled.shuffle(events)
        assert correlate(count(gte=3), events) == expected


@settings(max_examples=150, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 300), st.integers(0, 4)), max_size=25), st.integers(1, 6), st.booleans())
def test_windows_agree_with_trying_every_stretch_of_events(
    drawn: list[tuple[int, int]], wanted: int, distinct: bool
) -> None:
    kind, field = ("value_count", {"field": "key"}) if distinct else ("event_count", {})
    rules = read({"type": kind, "rules": ["Get"], "condition": {"gte": wanted, **field}}, base("Get"))
    ordered = sorted(drawn)
    firing: set[int] = set()
    joined: set[int] = set()
    for first in range(len(ordered)):
        for last in range(first, len(ordered)):
            inside = ordered[first : last + 1]
            size = len({key for _, key in inside}) if distinct else len(inside)
            if inside[-1][0] - inside[0][0] <= 60 and size >= wanted:
                firing.update(range(first, last + 1))
                joined.update(range(first, last))
    events = [
        (f"e{at:02}", (float(second), {"eventName": "Get", "key": key})) for at, (second, key) in enumerate(ordered)
    ]
    hits = [found for _, found in correlate(rules, events)]
    assert [event for hit in hits for event in hit] == [f"e{at:02}" for at in sorted(firing)]
    assert len(hits) == sum(at in firing and at - 1 not in joined for at in firing)


def test_base_rules_are_findings_of_their_own_only_when_told_so() -> None:
    quiet = {"type": "event_count", "rules": ["Base A"], "condition": {"gte": 1}}
    assert [rule.generates for rule in read(quiet, base("A"), base("B"))] == [True, False, True]
    assert [rule.generates for rule in read({**quiet, "generate": True}, base("A"))] == [True, True]


def test_a_base_rule_is_found_by_name_by_id_and_by_title() -> None:
    uuid = "4a6b8c0d-2e3f-5a7b-9c1d-3e4f5a6b7c8d"
    for reference in ("A", uuid, "Base A"):
        rules = read({"type": "event_count", "rules": [reference], "condition": {"gte": 1}}, base("A", id=uuid))
        assert [rule.id for rule in rules] == ["c", "c#A"]
        assert rules[0].correlation is not None
        assert rules[0].correlation.bases == ("c#A",)


@pytest.mark.parametrize(
    ("name", "id"), [("by_day.2", "c#by_day.2"), ("\x1b[2J Räuber <b>", "c#2j_r_uber_b"), ("\u2022", "c#1")]
)
def test_a_base_rules_id_is_plain_whatever_its_name(name: str, id: str) -> None:  # noqa: A002
    rules = read({"type": "event_count", "rules": [name], "condition": {"gte": 1}}, {**base("A"), "name": name})
    assert rules[1].id == id


@pytest.mark.parametrize(
    ("correlation", "why"),
    [
        ({"type": "event_count", "rules": ["Z"], "condition": {"gte": 1}}, "no rule has the name, id or title 'Z'"),
        ({"type": "event_count", "rules": ["Same"], "condition": {"gte": 1}}, "two rules have the title 'Same'"),
        ({"type": "event_count", "rules": ["A", "A"], "condition": {"gte": 1}}, "names a base rule twice"),
        ({"type": "event_count", "rules": [], "condition": {"gte": 1}}, "names no `rules`"),
        ({"type": "event_count", "rules": ["A"]}, "without condition"),
        ({"type": "event_count", "rules": ["A"], "condition": {"gte": "many"}}, "no valid"),
        ({"type": "event_count", "rules": ["A"], "condition": {"gte": 1}, "timespan": "soon"}, "Timespan"),
        ({"type": "event_count", "rules": ["A"], "condition": {"gte": 1}, "timespan": "99y"}, "longer than ten years"),
        ({"type": "value_count", "rules": ["A"], "condition": {"gte": 1}}, "without field reference"),
        ({"type": "value_sum", "rules": ["A"], "condition": {"gte": 1, "field": ["a", "b"]}}, "one field"),
        ({"type": "value_median", "rules": ["A"], "condition": {"gte": 1, "field": ["a", "b"]}}, "one field"),
        ({"type": "value_percentile", "rules": ["A"], "condition": {"gte": 1, "field": "a"}}, "wants a `percentile`"),
        ({"type": "event_count", "rules": ["A"], "condition": {"gte": 1, "lt": "few"}}, "no valid"),
        ({"type": "temporal", "rules": ["A", "B"], "condition": "A and"}, "Failed to parse"),
        ({"type": "temporal", "rules": ["A"], "condition": "A and Z"}, "not defined in rules list"),
        ({"type": "temporal_ordered", "condition": "A and not B"}, "each rule once, no `not`"),
        ({"type": "event_count", "rules": ["Top"], "condition": {"gte": 1}}, "no rule has the name"),
        ({"type": "temporal_ordered", "rules": ["A", "B"], "condition": {"gte": 1}}, "leave out the `condition`"),
        ({"type": "sometimes", "rules": ["A"], "condition": {"gte": 1}}, "no valid Sigma correlation type"),
    ],
)
def test_a_correlation_that_cannot_be_evaluated_is_refused(correlation: dict[str, Any], why: str) -> None:
    twins = [base("C", title="Same"), base("D", title="Same")]
    with pytest.raises(sigma.RuleError, match=r"^c\.yml: ") as caught:
        read(correlation, base("A"), base("B"), *twins)
    assert why in str(caught.value)
