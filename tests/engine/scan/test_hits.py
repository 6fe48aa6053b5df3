"""What correlations make of events that lie packed in a file is what they make of events that lie before them."""

import pickle
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stanch.domain.event import Actor, Event
from stanch.domain.finding import AssetRef
from stanch.engine import sigma
from stanch.engine.gather import Gatherer
from stanch.engine.scan.blocks import IN_BLOCK
from stanch.engine.scan.cells import Key, Who
from stanch.engine.scan.hits import gather_hits
from stanch.engine.scan.matches import Matches
from stanch.engine.scan.packed import packed_part, unpacked_part
from stanch.engine.scan.part import Part
from stanch.engine.scan.waiting import Kept, Waiting
from stanch.engine.sigma import Correlator, Rule

BEGIN = datetime(2026, 5, 4, 9, tzinfo=UTC)


def text(name: str, body: str) -> str:
    return f"""
title: {name}
name: {name}
level: high
logsource: {{product: aws, service: cloudtrail}}
detection: {{selection: {{eventName: {name}}}, condition: selection}}
---
title: many {name}
level: high
correlation:
  type: event_count
  rules: [{name}]
  {body}
  timespan: 10s
  condition: {{gte: 3}}
"""


def rules() -> list[Rule]:
    several = {"by_user": "group-by: [userIdentity.userName]", "by_address": "group-by: [sourceIPAddress]"}
    return [
        rule
        for name, body in several.items()
        for rule in sigma.read_rules(text(name, body), f"{name}.yml", f"discovery/{name}")
    ]


RULES = rules()
BASES = [rule.id for rule in RULES if rule.correlation is None]


def event(number: int, second: int, who: int, *, alone: bool = False, reads: bool = False) -> Kept:
    """An event that both bases match, by one of a few callers; it matched by itself, or reads an object, on demand."""
    caller = Who(f"user{who}", None, "111122223333", None, f"10.0.0.{who}", "", False, "", "", "")
    key = Key(0, caller, "s3", "GetObject", False, False, "bucket", "", "", False, False)
    return Kept(
        Event(f"{number * 7919 % 10007:08x}", BEGIN + timedelta(seconds=second), "cloudtrail", "a.json", {}),
        Actor(f"user{who}", address=f"10.0.0.{who}"),
        (AssetRef("bucket", "bucket", "weights"),) if reads else (),
        (f"resource{who}",),
        "eu-central-1",
        bool(number % 5),
        key,
        (f"bucket/{number % 4}", number) if reads else None,
        tuple(BASES),
        frozenset({"alone"}) if alone else frozenset(),
        ("routine",) if number % 3 else (),
        {"userIdentity.userName": (f"user{who}",), "sourceIPAddress": (f"10.0.{who % 2}.0",)},
    )


EVENTS = st.lists(st.tuples(st.integers(0, 60), st.integers(0, 3), st.booleans(), st.booleans()), max_size=60).map(
    lambda drawn: [
        event(number, second, who, alone=alone, reads=reads) for number, (second, who, alone, reads) in enumerate(drawn)
    ]
)


def at_hand(events: list[Kept]) -> tuple[dict[Any, Any], list[Any]]:
    """What is told of events that all lie in memory, written down as plainly as can be."""
    gatherer, matches, correlator = Gatherer(), Matches(), Correlator(RULES)
    by_id = {one.event.id: one for one in events}
    detections = {id_: set(one.detections) for id_, one in by_id.items()}
    rule_of = {rule.id: rule for rule in RULES}
    for id_, one in by_id.items():
        for base in one.bases:
            correlator.feed(rule_of[base], id_, one.event.time, Fields(one))
    for hit in correlator.done():
        assert hit.rule.correlation
        by_user = hit.rule.correlation.group_by == ("userIdentity.userName",)
        for id_ in hit.events:
            one = by_id[id_]
            told = one if by_user else replace(one, actor=by_id[hit.events[-1]].actor, whence=one.actor.address)
            gatherer.add(hit.rule.detection, told, one.routines)
            detections[id_].add(hit.rule.detection.id)
    for id_, one in by_id.items():
        if one.read and detections[id_]:
            matches.note((one.key, frozenset(detections[id_]), one.assets), *one.read)
    return gatherer.groups, list(matches.shares())


class Fields:
    """What was asked of an event."""

    def __init__(self, one: Kept) -> None:
        self._fields = one.fields

    def values(self, name: str) -> Any:
        return self._fields.get(name, ())

    def everything(self) -> Any:
        return ()


def waiting(events: list[Kept], held: int | None, apart: int) -> Waiting:
    """The events as several files bring them."""
    whole = Waiting(held)
    for begin in range(0, len(events), apart):
        part = Waiting()
        for one in events[begin : begin + apart]:
            part.append(one)
        sent = pickle.loads(pickle.dumps(part)) if begin % 2 else part  # noqa: S301 - as between two processes
        whole.absorb(sent)
    return whole


@given(EVENTS, st.sampled_from([0, 300, 1 << 20]), st.integers(1, 20), st.sampled_from([0, 1, 3, 1000]))
def test_however_little_is_held_and_opened_at_once_the_same_is_told(
    events: list[Kept], held: int, apart: int, at_once: int
) -> None:
    gatherer, matches = Gatherer(), Matches()
    gather_hits(RULES, waiting(events, held, apart), gatherer, matches, at_once)
    groups, shares = at_hand(events)
    assert list(gatherer.groups.items()) == list(groups.items())
    assert list(matches.shares()) == shares
    for mine, other in zip(gatherer.groups.values(), groups.values(), strict=True):
        assert list(mine.callers) == list(other.callers)
        assert list(mine.resources) == list(other.resources)


def test_a_pattern_across_callers_tells_the_address_of_each_and_the_name_of_the_last() -> None:
    events = [event(number, number, who) for number, who in enumerate((0, 2, 0))]  # two callers of one sourceIPAddress
    gatherer = Gatherer()
    gather_hits(RULES, waiting(events, None, 5), gatherer, Matches(), 10)
    (group,) = gatherer.groups.values()
    assert [*group.callers] == [("user0", "10.0.0.0"), ("user0", "10.0.0.2")]


def test_a_read_that_matched_by_itself_is_noted_although_no_correlation_hit_it() -> None:
    gatherer, matches = Gatherer(), Matches()
    gather_hits(RULES, waiting([event(1, 0, 0, alone=True, reads=True)], 0, 1), gatherer, matches, 1)
    assert not gatherer.groups
    assert [detections for (_, detections, _), _, _ in matches.shares()] == [frozenset({"alone"})]


def test_a_hit_that_explains_is_no_finding_and_counts_nothing_a_second_time() -> None:
    explains = next(rule for rule in RULES if rule.correlation)
    base = next(rule for rule in RULES if explains.correlation and rule.id in explains.correlation.bases)
    gatherer = Gatherer()
    seen = [replace(event(number, number, 0), bases=(base.id,), detections=frozenset({base.id})) for number in range(4)]
    for one in seen:
        gatherer.add(base.detection, one)
    gather_hits([base, explains], waiting(seen, 0, 2), gatherer, Matches(), 1, {explains.id})
    (group,) = gatherer.groups.values()
    assert (group.count, group.explained[explains.id], len(group.ids)) == (4, 4, 4)


def test_a_hit_of_more_events_than_are_opened_at_once_is_told_whole() -> None:
    gatherer, matches = Gatherer(), Matches()
    events = [event(number, number, 0, reads=True) for number in range(3 * IN_BLOCK)]
    gather_hits(RULES, waiting(events, 0, len(events)), gatherer, matches, 100)
    assert {group.count for group in gatherer.groups.values()} == {3 * IN_BLOCK}
    ((_, _, size),) = matches.shares()
    assert size == sum(range(3 * IN_BLOCK))


@given(EVENTS)
def test_what_waits_comes_back_as_it_was_and_in_order(events: list[Kept]) -> None:
    whole = waiting(events, 0, 7)
    assert list(whole) == events
    assert len(whole) == len(events)
    assert whole.some(range(0, len(events), 2)) == {at: events[at] for at in range(0, len(events), 2)}


def test_the_events_of_a_large_file_are_packed_while_it_is_read() -> None:
    some = Waiting()
    for number in range(20 * IN_BLOCK):
        some.append(event(number, number, number % 50))
    sizes = [len(block) for block, _ in some.blocks()]
    assert len(sizes) == 20
    assert sum(sizes) < 60 * len(some)
    assert all(one.event.time <= other.event.time for one, other in pairwise(some))


@pytest.mark.parametrize("spoilt", [b"", b"x" * 50, pickle.dumps([(1, 2)])])
def test_a_part_whose_events_were_spoilt_is_none(spoilt: bytes) -> None:
    part = Part()
    part.kept.append(event(1, 1, 1))
    assert unpacked_part(packed_part(part)) is not None
    (block,) = (block for block, _ in part.kept.blocks())
    part.kept.__setstate__(([spoilt or block], part.kept.__getstate__()[1], 1 if spoilt else 2))
    assert unpacked_part(packed_part(part)) is None


def test_a_part_of_a_version_that_kept_events_in_a_list_is_none() -> None:
    part = Part()
    part.kept = []  # type: ignore[assignment]
    assert unpacked_part(packed_part(part)) is None
