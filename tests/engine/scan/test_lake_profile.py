"""What is summed when a log is kept comes to what is summed when it is hunted, and is no more than a help."""

import json
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import BinaryIO

import msgspec
import pytest
from tests.engine.scan.lakes import PLAIN, Memory, calls, everything, same, scanned, unit, without_profile
from tests.engine.scan.records import ACCOUNT, ESTATE
from tests.engine.scan.test_fast_way import Kept, delivered, rules, told

from stanch import app, estate
from stanch.contracts.lake import Piece
from stanch.domain.estate import Estate
from stanch.engine.scan.lake.keeping import kept, offered
from stanch.engine.scan.lake.profile import read, written
from stanch.engine.scan.lake.scanner import LakeScanner
from stanch.engine.scan.span import Span

MATCHED = ("groups", "matches", "kept", "tally", "links", "ids")


def test_calls_of_many_kinds_of_several_originals_come_to_the_same() -> None:
    some = calls(900)
    files = [
        Kept(delivered(some[at : at + 300]).content, f"{name}.json") for name, at in (("b", 0), ("c", 300), ("a", 600))
    ]
    ours = estate.read(ESTATE, "test")
    part = same(files, ours)
    assert part.tally.events == 900
    assert len(part.lineage.links) + len(part.gatherer.groups) > 10
    assert any(len(sums.files) > 1 for sums in part.cells.sums.values())


def test_in_any_hunt_the_events_that_a_profile_opens_are_few() -> None:
    opened: list[str] = []

    @dataclass
    class Watched(Memory):
        def piece(self, piece: Piece) -> BinaryIO:
            opened.append(piece.name)
            return super().piece(piece)

    quiet = [record for record in calls(900) if record["eventName"] in ("GetObject", "DescribeVpcs", "AssumeRole")]
    quiet = [record for record in quiet if (record["requestParameters"] or {}).get("bucketName") != "logs"]
    (made,), _ = kept([offered(delivered(quiet))], app.sources(), Watched)
    assert isinstance(made, Watched)
    part = LakeScanner([], Estate(), app.sources(), (ACCOUNT,)).scan([made])
    assert part.tally.events == len(quiet) > 100
    assert opened == []


@pytest.mark.parametrize(
    ("since", "until"), [(9.5, None), (None, 12.25), (10.0, 12.0), (9.1, 9.2), (10.5, 10.75), (None, 8.0), (20.0, None)]
)
def test_a_span_that_cuts_through_hours_of_a_profile_tells_the_same(since: float | None, until: float | None) -> None:
    midnight = datetime(2026, 11, 22, tzinfo=UTC)
    first, last = (None if hour is None else midnight + timedelta(hours=hour) for hour in (since, until))
    part = same([delivered(calls(500))], Estate(), Span(first, last))
    assert part.tally.events + part.tally.left_out == 500


def test_ids_that_repeat_inside_a_unit_or_elsewhere_are_counted_once() -> None:
    some = calls(200)
    files = [Kept(delivered(some[:150]).content, "a.json"), Kept(delivered(some[100:]).content, "b.json")]
    part = same(files, Estate())
    assert (part.tally.events, part.tally.duplicates) == (200, 50)
    elsewhere = Kept(delivered(some[150:]).content, "c.json")
    raw, lake = scanned([*files, elsewhere], Estate()), scanned([unit(files), elsewhere], Estate())
    assert everything(lake) == everything(raw)
    seen = {number for numbers in scanned([files[0]], Estate()).ids.values() for number in numbers}
    assert everything(scanned([unit(files)], Estate(), seen)) == everything(scanned(list(files), Estate(), seen))


def test_a_unit_of_which_some_partitions_are_asked_for_is_hunted_by_these_alone() -> None:
    some = [{**record, "recipientAccountId": str(number % 2)} for number, record in enumerate(calls(300))]
    made = unit([delivered(some)])
    assert made.said is not None
    asked = [piece for piece in made.said.pieces if piece.account == "1"]
    made.said = msgspec.structs.replace(made.said, pieces=asked)
    part = scanned([made], Estate())
    assert part.tally.events == sum(piece.rows for piece in asked) == 150
    assert told(part) == told(scanned([without_profile(made)], Estate()))


def test_rules_alone_match_the_same_where_nothing_is_summed() -> None:
    files = [delivered(calls(400))]
    whole = told(scanned(list(files), Estate()))
    for made in (unit(files), without_profile(unit(files))):
        part = LakeScanner(rules(), Estate(), app.sources(), (ACCOUNT,), profiles=False).scan([made])
        assert {name: told(part)[name] for name in MATCHED} == {name: whole[name] for name in MATCHED}
        assert not len(part.cells)


def test_a_profile_that_would_take_too_much_is_not_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("stanch.engine.scan.lake.profiling.MOST", 2000)
    monkeypatch.setattr("stanch.engine.scan.lake.rows.MOST_ROWS", 50)
    made = unit([delivered(calls(300))])
    assert made.receipt().profile == ""
    assert everything(scanned([made], Estate())) == everything(scanned([delivered(calls(300))], Estate()))


@pytest.mark.parametrize("name", ["requestParameters", "userIdentity", "resources"])
def test_what_is_nested_so_deep_that_it_cannot_be_opened_hides_nothing_else(name: str) -> None:
    for depth in range(900, 1000, 3):
        deep = '{"roleName":"x","a":' + "[" * depth + "]" * depth + "}"
        text = json.dumps({**PLAIN, "eventName": "GetRole", "eventSource": "iam.amazonaws.com"})
        records = f'{json.dumps({**PLAIN, "eventID": "f"})},{text[:-1]},"{name}":{deep}}}'
        part = scanned([unit([Kept(f'{{"Records":[{records}]}}'.encode())])], Estate())
        assert part.tally.events + len(part.tally.skipped) >= 2
        assert not any("defect" in skip.why for skip in part.tally.skipped), depth
        assert any(key.name == "x" for key in part.cells.sums)


def test_what_a_damaged_piece_held_still_counts_and_is_told_where_it_must_be_opened() -> None:
    opened = {**PLAIN, "eventID": "o", "eventSource": "cloudtrail.amazonaws.com", "eventName": "StopLogging"}
    made = unit([delivered([PLAIN, opened])])
    made.pieces["0"] = made.pieces["0"][:-10]
    part = scanned([made], Estate())
    assert part.tally.events == 2
    (skip,) = part.tally.skipped
    assert skip.fault
    assert "2 events of 2026-11-22 cannot be opened" in skip.why


@pytest.mark.parametrize("damage", [b"", b"no profile", b"\x00" * 2000])
def test_a_profile_that_is_damaged_is_told_and_costs_no_event(damage: bytes) -> None:
    files = [delivered([{**PLAIN, "eventID": str(number)} for number in range(40)])]
    made = unit(files)
    whole = everything(scanned([made], Estate()))
    made.sums = damage
    part = scanned([made], Estate())
    (skip,) = part.tally.skipped
    assert not skip.fault
    assert "its events are read one by one" in skip.why
    assert everything(part) == {**whole, "skipped": everything(part)["skipped"]}


def test_a_profile_of_when_fewer_calls_were_opened_in_any_hunt_tells_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    files = [delivered(calls(400))]
    with monkeypatch.context() as before:
        for module in ("draft.profile", "profiling"):
            before.setattr(f"stanch.engine.scan.lake.{module}.opens", lambda source, name: False)
        old = unit(files)
    assert len(old.sums) < len(unit(files).sums)
    part = scanned([old], Estate())
    assert everything(part) == everything(scanned(list(files), Estate()))
    assert part.lineage.links


def test_a_profile_of_another_law_is_passed_over() -> None:
    made = unit([delivered([PLAIN])])
    assert made.said is not None
    profile = read(made.sums, made.said.profile)
    made.sums = written(msgspec.structs.replace(profile, law="another"))
    made.said = msgspec.structs.replace(made.said, profile=sha256(made.sums).hexdigest())
    part = scanned([made], Estate())
    assert "another version" in part.tally.skipped[0].why
    assert part.tally.events == 1
