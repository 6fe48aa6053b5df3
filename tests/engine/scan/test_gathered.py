"""What a rule matches of callers whose keys change all the time is told the same, wherever its groups lie."""

import tracemalloc
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.engine.scan.records import ACCOUNT
from tests.engine.scan.test_fast_way import SETTINGS, delivered, everything, trail_of_roles

from stanch import app
from stanch.domain.estate import Estate
from stanch.domain.event import Actor
from stanch.engine.findings import by_origin
from stanch.engine.gather import KEPT_EVENTS, Gatherer
from stanch.engine.lineage import Lineage
from stanch.engine.scan import gathered as gathered_module
from stanch.engine.scan.gathered import Gathered
from stanch.engine.scan.scanner import Scanner

DETECTION = everything()[0].detection
BEGIN = datetime(2026, 11, 22, 9, tzinfo=UTC)
ROLE = f"arn:aws:sts::{ACCOUNT}:assumed-role/reader/job"

Parts = list[list[tuple[int, int]]]
"""The parts of a search; of each group in them the number of its key, and how many events it is of."""
parts = st.lists(st.lists(st.tuples(st.integers(0, 5), st.integers(1, 700)), max_size=4), max_size=8)


def gatherers(some: Parts) -> Iterator[Gatherer]:
    """Each part anew, for whoever takes one in may change it."""
    count = 0
    for number, part in enumerate(some):
        gatherer = Gatherer()
        for key, events in part:
            when = BEGIN + timedelta(hours=number)
            group = gatherer.group(DETECTION, Actor(ROLE, access_key=f"ASIA{key}", address=f"10.0.0.{key}"), (),
                                   f"eu-central-{number}", when)  # fmt: skip
            ids = [f"e{count + at:07}" for at in range(events)]
            count += events
            group.absorb(
                replace(group.copy(), ids=ids, count=events, files={f"{number}.json\ud800": None}, days={number},
                        last=when + timedelta(minutes=events), callers={(ROLE, group.actor.address): None})
            )  # fmt: skip
        yield gatherer


def gathered(some: Parts, held: int) -> Gathered:
    made = Gathered(held)
    for gatherer in gatherers(some):
        made.absorb(gatherer)
    return made


@SETTINGS
@given(parts, st.integers(0, 200_000))
def test_groups_come_back_from_a_file_as_they_would_have_stayed_in_memory(some: Parts, held: int) -> None:
    near = [*gathered(some, 1 << 40).told()]
    assert [*gathered(some, held).told()] == near
    assert [group.actor.access_key for group in near] == list(
        dict.fromkeys(f"ASIA{key}" for part in some for key, _ in part)
    )


@SETTINGS
@given(parts)
def test_what_was_told_can_be_told_again_and_grow(some: Parts) -> None:
    far, near = gathered(some, 0), gathered(some, 1 << 40)
    first = [*far.told()]
    assert [*far.told()] == first
    for gatherer in gatherers([[(7, 2), (0, 3)]]):
        far.absorb(gatherer)
    for gatherer in gatherers([[(7, 2), (0, 3)]]):
        near.absorb(gatherer)
    assert [*far.told()] == [*near.told()]


def test_a_finding_has_the_first_thousand_ids_of_all_keys_and_counts_the_others() -> None:
    some = [[(key, 300)] for key in (0, 1, 0, 2, 1)]
    (group,) = by_origin(gathered(some, 0).told(), Lineage()).values()
    assert group.count == 1500
    assert len(group.ids) == KEPT_EVENTS
    # Those of the key that came first, in whatever part, then those of the next.
    assert group.ids[:600] == [f"e{at:07}" for at in (*range(300), *range(600, 900))]
    assert group.ids[600:900] == [f"e{at:07}" for at in range(300, 600)]


def test_files_of_a_rule_that_matches_everything_come_to_the_same_in_a_file() -> None:
    some = trail_of_roles(4000)
    for number, record in enumerate(some):  # a key for each hundred events
        record["userIdentity"]["accessKeyId"] = f"ASIAEXAMPLE{number // 100:09}"
    files = [delivered(some[at : at + 500]) for at in range(0, 4000, 500)]
    near, far = Gathered(1 << 40), Gathered(20_000)
    for one in (near, far):
        scanner = Scanner(everything(), Estate(), app.sources(), (ACCOUNT,), profiles=False)
        for file in files:
            one.absorb(scanner.scan([file]).gatherer)
    assert len(told := [*near.told()]) > 40
    assert [*far.told()] == told


def test_a_group_of_many_callers_or_resources_does_not_stay_in_memory() -> None:
    def held(gathered: Gathered) -> int:
        """Bytes that come back to memory's owner when it is gone."""
        tracemalloc.start()
        for part in range(40):
            gatherer = Gatherer()
            group = gatherer.group(DETECTION, Actor(ROLE), (), "eu-central-1", BEGIN)
            for number in range(part * 500, part * 500 + 500):
                group.callers[f"{ROLE}-{number:040}", f"10.0.{number // 250}.{number % 250}"] = None
                group.resources[f"arn:aws:iam::{ACCOUNT}:role/{number:030}"] = None
            gathered.absorb(gatherer)
        del gatherer, group
        size, _ = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        return size

    near, far = Gathered(1 << 40), Gathered(500_000)
    assert held(near) > 8_000_000
    assert held(far) < 1_000_000
    assert [*far.told()] == [*near.told()]
    (group,) = far.told()
    assert len(group.callers) == len(group.resources) == 20_000


def test_what_comes_again_grows_nothing_and_stays_in_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gathered_module, "database", None)  # whoever opens one fails
    gathered = Gathered(100_000)
    for _ in range(1000):
        gatherer = Gatherer()
        group = gatherer.group(DETECTION, Actor(ROLE), (), "eu-central-1", BEGIN)
        group.callers.update(dict.fromkeys((f"{ROLE}-{number}", None) for number in range(100)))
        gathered.absorb(gatherer)
    assert [len(group.callers) for group in gathered.told()] == [100]
