"""Every kind of correlation, every condition: the engine finds what trying every window finds."""

import random
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.engine.sigma import slow_correlate
from tests.engine.sigma.correlating import START, Event, base, correlate, numbered, read

from stanch.engine import sigma
from stanch.engine.fields import RecordFields
from stanch.engine.sigma.sightings import Sightings

BOUNDS: list[dict[str, float]] = [
    {"gte": 2}, {"gt": 2}, {"lt": 3}, {"lte": 2}, {"eq": 3}, {"neq": 2}, {"gte": 1.5},
    {"gte": 2, "lt": 4}, {"gt": 1, "lte": 3, "neq": 2},
]  # fmt: skip
EXPRESSIONS = ["A and B", "A or B", "A and not B", "(A or C) and B", "not (A and B)", "not A and not C or B"]
TURNS = ["A and B", "A and B and C", "(A or B) and C", "C and (B or A)"]


def conditions() -> st.SearchStrategy[dict[str, Any]]:
    """A correlation's type and condition."""
    count = st.sampled_from(BOUNDS).map(lambda bounds: {"type": "event_count", "condition": bounds})
    kinds = ["value_count", "value_sum", "value_avg", "value_median", "value_percentile"]
    value = st.tuples(st.sampled_from(kinds), st.sampled_from(BOUNDS), st.sampled_from([0, 33, 90, 100])).map(
        lambda drawn: {
            "type": drawn[0],
            "condition": {
                **drawn[1],
                "field": "n",
                **({"percentile": drawn[2]} if drawn[0] == "value_percentile" else {}),
            },
        }
    )
    temporal = st.sampled_from(BOUNDS[:7]).map(lambda bounds: {"type": "temporal", "condition": bounds})
    wanted = st.sampled_from(EXPRESSIONS).map(lambda text: {"type": "temporal", "condition": text, "rules": None})
    turns = st.sampled_from(TURNS).map(lambda text: {"type": "temporal_ordered", "condition": text, "rules": None})
    plain = st.sampled_from([{"type": "temporal"}, {"type": "temporal_ordered"}])
    return st.one_of(count, value, value, temporal, wanted, turns, plain)


def records() -> st.SearchStrategy[list[Event]]:
    number = st.one_of(st.integers(0, 4), st.sampled_from([0.5, "2", "x", None, [1, 3], True]))
    record = st.fixed_dictionaries(
        {"eventName": st.sampled_from("ABC")},
        optional={"n": number, "who": st.sampled_from(["x", "y", ["x", "y"], None]), "other": st.just("x")},
    )
    return st.lists(st.tuples(st.integers(0, 200).map(float), record), max_size=14)


@settings(max_examples=600, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(conditions(), st.booleans(), st.booleans(), records())
def test_the_engine_finds_what_trying_every_window_finds(
    condition: dict[str, Any], grouped: bool, aliased: bool, drawn: list[Event]
) -> None:
    more: dict[str, Any] = {"group-by": ["who"]} if grouped else {}
    if aliased:
        more["aliases"] = {"who": {"B": "other"}}
    correlation = {"rules": ["A", "B", "C"], "timespan": "60s", **condition, **more}
    if correlation["rules"] is None:
        del correlation["rules"]
    rules = read(correlation, base("A"), base("B"), base("C"))
    events = numbered(drawn)
    slowly = slow_correlate.found(
        correlation, [(name, *event) for name, event in events], lambda rule, record: record["eventName"] == rule
    )
    assert sorted(correlate(rules, events)) == sorted(slowly)


def test_a_median_lies_between_two_values_and_a_percentile_in_proportion() -> None:
    def fires(kind: str, gte: float, **more: int) -> bool:
        condition = {"gte": gte, "lte": gte, "field": "n", **more}
        rules = read({"type": kind, "rules": ["A"], "condition": condition}, base("A"))
        return bool(correlate(rules, numbered([(0, {"eventName": "A", "n": n}) for n in (1, 2, 4, 10)])))

    assert fires("value_median", 3)
    assert fires("value_avg", 4.25)
    assert fires("value_percentile", 2, percentile=50) is False
    assert fires("value_percentile", 3, percentile=50)
    assert fires("value_percentile", 10, percentile=100)
    assert fires("value_percentile", 1, percentile=0)


def test_a_mean_of_nothing_is_no_mean() -> None:
    rules = read({"type": "value_avg", "rules": ["A"], "condition": {"lt": 5, "field": "n"}}, base("A"))
    assert correlate(rules, numbered([(0, {"eventName": "A"}), (1, {"eventName": "A", "n": "many"})])) == []


def counted(correlator: sigma.Correlator, rules: list[sigma.Rule], events: list[tuple[str, Event]]) -> sigma.Correlator:
    matcher = sigma.compile(rules)
    for id, (seconds, record) in events:  # noqa: A001
        fields = RecordFields(record)
        for rule in matcher.match("", record["eventName"], fields):
            correlator.feed(rule, id, START + timedelta(seconds=seconds), fields)
    return correlator


@settings(max_examples=100, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(conditions(), records(), st.integers(0, 99))
def test_the_order_in_which_events_are_fed_does_not_matter(
    condition: dict[str, Any], drawn: list[Event], seed: int
) -> None:
    correlation = {"rules": ["A", "B", "C"], "group-by": ["who"], **condition}
    if correlation["rules"] is None:
        del correlation["rules"]
    rules = read(correlation, base("A"), base("B"), base("C"))
    events = numbered(drawn)
    expected = list(counted(sigma.Correlator(rules), rules, events).done())
    random.Random(seed).shuffle(events)  # noqa: S311 - any order, no secret
    assert list(counted(sigma.Correlator(rules), rules, events).done()) == expected


BURST: dict[str, Any] = {
    "title": "Burst",
    "name": "burst",
    "correlation": {
        "type": "event_count",
        "rules": ["A"],
        "group-by": ["who"],
        "timespan": "60s",
        "condition": {"gte": 3},
    },
}


@pytest.mark.parametrize(
    ("seconds", "hits"),
    [
        ([(0, "A"), (1, "A"), (2, "A"), (9, "B")], 1),
        ([(0, "A"), (1, "A"), (2, "A"), (9, "B"), (10, "A")], 1),
        ([(0, "A"), (1, "A"), (9, "B")], 0),
        ([(9, "B"), (10, "A"), (11, "A"), (12, "A")], 0),
        ([(0, "A"), (1, "A"), (2, "A"), (200, "B")], 0),
    ],
)
def test_a_burst_and_then_a_success_is_a_correlation_of_a_correlation(
    seconds: list[tuple[float, str]], hits: int
) -> None:
    then = {"type": "temporal_ordered", "rules": ["burst", "B"], "group-by": ["who"], "timespan": "60s"}
    rules = read(then, BURST, base("A"), base("B"))
    assert [rule.generates for rule in rules] == [True, False, False, False]
    events = numbered([(at, {"eventName": name, "who": "x"}) for at, name in seconds])
    found = correlate(rules, events)
    assert len(found) == hits
    if hits:
        assert set(found[0][1]) == {name for name, _ in events}, "a burst brings all its events"


def test_bursts_are_counted_as_often_as_they_happen_and_not_as_often_as_they_fire() -> None:
    many = {"type": "event_count", "rules": ["burst"], "timespan": "1h", "condition": {"gte": 2}}
    rules = read(many, BURST, base("A"))
    once: list[Event] = [(float(at), {"eventName": "A", "who": "x"}) for at in range(50)]
    assert correlate(rules, numbered(once)) == []
    twice = [*once, *((float(at), {"eventName": "A", "who": "y"}) for at in range(600, 603))]
    assert [len(events) for _, events in correlate(rules, numbered(twice))] == [53]


def test_a_correlation_that_generates_lets_the_inner_one_speak_too() -> None:
    many = {"type": "value_count", "rules": ["burst"], "condition": {"gte": 2, "field": "who"}, "generate": True}
    rules = read(many, BURST, base("A"))
    events = numbered([(float(at), {"eventName": "A", "who": who}) for who in "xy" for at in range(3)])
    assert [group for group, _ in correlate(rules, events)] == [("x",), ("y",), ()]


def test_a_million_sightings_cost_their_columns() -> None:
    sightings = Sightings()
    for at in range(1000):
        sightings.add(at, 0, "the same id", None)
    assert sightings.times.itemsize + sightings.bases.itemsize == 10
    assert not sightings.measured
