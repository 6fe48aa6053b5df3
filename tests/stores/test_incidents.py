"""Searching the same logs again must neither double an incident nor forget what was decided on it."""

import subprocess
import sys
import textwrap
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from tests.stores.in_aws import responders
from tests.stores.stories import NOON, finding, incident

from stanch.contracts.store import Incidents, StoreError
from stanch.domain.event import Actor
from stanch.domain.incident import Evidence, IncidentState, Left, Shards
from stanch.domain.regime import Awareness
from stanch.domain.severity import Severity
from stanch.stores.open import open_stores

LATER = NOON + timedelta(days=3)
OTHER = Actor("arn:aws:iam::111122223333:user/mallory")


@pytest.fixture(params=["sqlite", "dynamodb"])
def incidents(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Incidents]:
    if request.param == "sqlite":
        with open_stores(tmp_path) as stores:
            yield stores.incidents
    else:
        with responders() as made:
            yield made().incidents


def test_gives_back_the_incident_that_was_saved(incidents: Incidents) -> None:
    (saved,) = incidents.save([incident("inc-1", finding("f1"), finding("f2"))])
    assert incidents.get("inc-1") == saved
    assert {f.incident for f in saved.findings} == {"inc-1"}


def test_keeps_id_and_state_when_the_same_findings_come_again(incidents: Incidents) -> None:
    incidents.save([incident("inc-1", finding("f1"))])
    incidents.move("inc-1", IncidentState.CONTAINED)
    (again,) = incidents.save([incident("inc-2", finding("f1", count=1500), finding("f2"))])
    assert (again.id, again.state) == ("inc-1", IncidentState.CONTAINED)
    assert [(f.id, f.count, f.incident) for f in again.findings] == [("f1", 1500, "inc-1"), ("f2", 1000, "inc-1")]
    assert incidents.all() == [again]


def test_joins_what_one_actor_did_at_overlapping_times(incidents: Incidents) -> None:
    incidents.save([incident("inc-1", finding("f1"))])
    incidents.save([incident("inc-2", finding("f2"), at=NOON + timedelta(minutes=4))])
    (one,) = incidents.all()
    assert {f.id for f in one.findings} == {"f1", "f2"}
    assert one.last_seen == NOON + timedelta(minutes=9)


def test_who_stands_behind_is_told_until_he_stands_in_the_story_himself(incidents: Incidents) -> None:
    mallory, ann = OTHER.arn, "arn:aws:iam::111122223333:user/ann"
    incidents.save([incident("inc-1", finding("f1"), behind=(mallory,))])
    elsewhere = (Evidence("trail/2.json.gz", "cd" * 32, 512),)
    (both,) = incidents.save([incident("inc-1", finding("f2"), behind=(ann,), evidence=elsewhere)])
    assert set(both.behind) == {mallory, ann}
    (accused,) = incidents.save([incident("inc-1", finding("f3", actor=OTHER), evidence=elsewhere)])
    assert accused.behind == (ann,)


def test_keeps_apart_other_times_and_other_actors(incidents: Incidents) -> None:
    incidents.save([incident("inc-1", finding("f1"))])
    incidents.save([incident("inc-2", finding("f2"), at=LATER)])
    incidents.save([incident("inc-3", finding("f3"), actor=OTHER)])
    assert [one.id for one in incidents.all()] == ["inc-2", "inc-1", "inc-3"]


def test_never_says_that_less_left_than_it_said_before(incidents: Incidents) -> None:
    incidents.save([incident("inc-1", finding("f1"), finding("f2"), severity=Severity.CRITICAL)])
    part = incident("inc-1", finding("f2"), left=Left(2, 99_000_000, Shards("llama", 2, 6), 7), confidence=0.5)
    (merged,) = incidents.save([part])
    assert merged.left == Left(6, 99_000_000, Shards("llama", 6, 6), 7, 120)
    assert (merged.severity, merged.confidence) == (Severity.CRITICAL, 0.8)
    assert len(merged.findings) == 2


def test_a_contained_incident_is_open_again_when_the_actor_got_through_once_more(incidents: Incidents) -> None:
    incidents.save([incident("inc-1", finding("f1"))])
    incidents.move("inc-1", IncidentState.CONTAINED)
    (refused,) = incidents.save([incident("inc-1", finding("f1", count=1003, failed=3), last_seen=LATER)])
    assert refused.state is IncidentState.CONTAINED
    much_later = LATER + timedelta(hours=1)
    (again,) = incidents.save([incident("inc-1", finding("f1", count=1004, failed=3), last_seen=much_later)])
    assert again.state is IncidentState.OPEN


def test_does_not_open_a_closed_incident_for_the_same_logs(incidents: Incidents) -> None:
    incidents.save([incident("inc-1", finding("f1"))])
    incidents.move("inc-1", IncidentState.CLOSED)
    (again,) = incidents.save([incident("inc-1", finding("f1"))])
    assert again.state is IncidentState.CLOSED
    assert len(incidents.all()) == 1


def test_opens_a_new_incident_when_a_closed_one_goes_on(incidents: Incidents) -> None:
    incidents.save([incident("inc-1", finding("f1"))])
    incidents.move("inc-1", IncidentState.CLOSED)
    (new,) = incidents.save([incident("inc-1", finding("f1"), finding("f9"), at=LATER)])
    assert (new.id, new.state) == ("inc-1-2", IncidentState.OPEN)
    (again,) = incidents.save([incident("inc-1", finding("f1"), finding("f9"), at=LATER)])
    assert again.id == "inc-1-2"
    assert len(incidents.all()) == 2


def test_takes_an_incident_opened_by_hand_for_its_id_alone(incidents: Incidents) -> None:
    incidents.save([incident("inc-1", by_hand=("arn:aws:s3:::one",)), incident("inc-2", by_hand=("arn:aws:s3:::two",))])
    assert len(incidents.all()) == 2
    (again,) = incidents.save([incident("inc-1", by_hand=("arn:aws:s3:::three",))])
    assert again.by_hand == ("arn:aws:s3:::one", "arn:aws:s3:::three")


def test_finds_an_incident_by_a_prefix_that_fits_only_one(incidents: Incidents) -> None:
    incidents.save([incident("inc-ab", finding("f1")), incident("inc-ac", finding("f2"), actor=OTHER)])
    assert incidents.get("inc-ab").id == "inc-ab"
    assert incidents.get("inc-ac").id == "inc-ac"
    with pytest.raises(StoreError, match="fits 2 incidents: inc-a"):
        incidents.get("inc-")
    with pytest.raises(StoreError, match="there are: inc-a"):
        incidents.get("nope")
    with pytest.raises(StoreError, match="no incident ''"):
        incidents.get("")


def test_says_what_to_do_when_nothing_is_stored(incidents: Incidents) -> None:
    with pytest.raises(StoreError, match="stanch hunt"):
        incidents.get("inc-1")


def test_takes_no_wildcard_from_an_id(incidents: Incidents) -> None:
    incidents.save([incident("inc-1", finding("f1")), incident("inc%", finding("f2"), actor=OTHER)])
    assert {one.id for one in incidents.all()} == {"inc-1", "inc%"}
    with pytest.raises(StoreError):
        incidents.get("%")


def test_keeps_every_decision_on_awareness(incidents: Incidents) -> None:
    first = Awareness("inc-1", NOON, NOON + timedelta(hours=1), "ciso", "confirmed by the owner")
    second = Awareness("inc-1", NOON - timedelta(hours=2), LATER, "dpo", "mail found")
    incidents.decide(first)
    incidents.decide(second)
    assert incidents.awareness("inc-1") == [first, second]
    assert incidents.awareness("inc-2") == []


def test_saves_thousands_of_findings_in_one_piece(tmp_path: Path) -> None:
    many = tuple(finding(f"f{number}") for number in range(3000))
    with open_stores(tmp_path) as stores:
        stores.incidents.save([incident("inc-1", *many)])
        (again,) = stores.incidents.save([incident("inc-9", *many)])
    assert again.id == "inc-1"


@pytest.mark.parametrize("moment", range(1, 7))
def test_keeps_the_old_story_whole_when_killed_while_saving_the_new(tmp_path: Path, moment: int) -> None:
    with open_stores(tmp_path) as stores:
        (old,) = stores.incidents.save([incident("inc-1", finding("f1"))])
    code = """
        import os, sys, pathlib
        from sqlalchemy import event
        from stanch.domain.event import Actor
        from stanch.stores.open import open_stores
        from tests.stores.stories import finding, incident
        stores = open_stores(pathlib.Path(sys.argv[1]))
        left = [int(sys.argv[2])]
        def die(connection, cursor, statement, *rest):
            if statement.startswith(("INSERT", "UPDATE", "DELETE")):
                left[0] -= 1
                if not left[0]:
                    os._exit(9)
        event.listen(stores.engine, "after_cursor_execute", die)
        other = Actor("arn:aws:iam::111122223333:user/mallory")
        more = incident("inc-1", finding("f1"), finding("f2"))
        stores.incidents.save([more, incident("inc-2", finding("f3"), actor=other)])
    """
    died = subprocess.run([sys.executable, "-c", textwrap.dedent(code), str(tmp_path), str(moment)], check=False)
    with open_stores(tmp_path) as stores:
        if died.returncode == 9:
            assert stores.incidents.all() == [old]
        else:
            assert moment > 5
            assert len(stores.incidents.all()) == 2


DAY_TWO = (Evidence("trail/2.json.gz", "cd" * 32, 512),)


def test_adds_up_what_two_searches_of_different_logs_saw(incidents: Incidents) -> None:
    incidents.save([incident("inc-1", finding("f1", count=40), left=Left(40, 40_000))])
    newer = incident("inc-1", finding("f1", count=1), left=Left(1, 10), evidence=DAY_TWO)
    (both,) = incidents.save([newer])
    assert (both.left.objects, both.left.bytes) == (40, 40_010)
    assert [f.count for f in both.findings] == [41]


def test_a_contained_incident_is_open_again_for_deeds_in_the_next_days_logs(incidents: Incidents) -> None:
    incidents.save([incident("inc-1", finding("f1", count=40))])
    incidents.move("inc-1", IncidentState.CONTAINED)
    (again,) = incidents.save([incident("inc-1", finding("f1", count=1), evidence=DAY_TWO, last_seen=LATER)])
    assert again.state is IncidentState.OPEN


def test_strangers_without_an_identity_are_not_one_actor(incidents: Incidents) -> None:
    nobody = Actor("anonymous", account="anonymous")
    incidents.save([incident("inc-1", finding("f1"), actor=nobody), incident("inc-2", finding("f2"), actor=nobody)])
    assert {one.id for one in incidents.all()} == {"inc-1", "inc-2"}
