"""A unit of the lake and the raw logs it was made from come to the same part."""

import gzip
import io
import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.engine.scan.lakes import PLAIN, same, scanned, unit, without_profile
from tests.engine.scan.records import ACCOUNT, ESTATE, EXPORT, records
from tests.engine.scan.test_fast_way import Kept, delivered

from stanch import estate
from stanch.domain.estate import Estate
from stanch.engine import lineage
from stanch.engine.scan.lake.rows import Rows
from stanch.engine.scan.span import Span

SHARED = Path(__file__).parents[4] / "shared" / "data"
SETTINGS = settings(max_examples=60, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))


@SETTINGS
@given(st.lists(records(), min_size=1, max_size=3))
def test_generated_records_come_to_the_same_from_the_lake(batches: list[list[dict[str, Any]]]) -> None:
    files = [
        Kept(delivered(some).content, f"AWSLogs/{ACCOUNT}/CloudTrail/{number}.json")
        for number, some in enumerate(batches)
    ]
    same(files, estate.read(ESTATE, "test"))
    same(files, estate.read(ESTATE + EXPORT, "test"))


@SETTINGS
@given(records(), st.integers(0, 23), st.integers(1, 48))
def test_a_span_cuts_the_lake_where_it_cuts_raw_logs(some: list[dict[str, Any]], since: int, hours: int) -> None:
    begin = datetime(2026, 11, 22, since, 0, 0, 1, tzinfo=UTC)
    same([delivered(some)], Estate(), Span(since=begin))
    same([delivered(some)], Estate(), Span(until=datetime.fromtimestamp(begin.timestamp() + 1800 * hours, UTC)))


@SETTINGS
@given(records())
def test_what_lies_raw_and_in_the_lake_counts_once(some: list[dict[str, Any]]) -> None:
    file = delivered([{**record, "eventID": str(number)} for number, record in enumerate(some)])
    raw = scanned([file], Estate())
    both = scanned([file, unit([file])], Estate())
    assert (both.tally.events, both.tally.first) == (raw.tally.events, raw.tally.first)
    assert both.tally.duplicates == raw.tally.events
    assert {key: sums.count for key, sums in both.cells.sums.items()} == {
        key: sums.count for key, sums in raw.cells.sums.items()
    }
    seen = {number for numbers in raw.ids.values() for number in numbers}
    assert scanned([unit([file])], Estate(), seen).tally.events == 0


@pytest.mark.skipif(not SHARED.is_dir(), reason="../shared/data, the recorded logs, is absent")
def test_recorded_logs_come_to_the_same_from_the_lake() -> None:
    files = [
        Kept(gzip.compress(json.dumps(json.loads(path.read_text())).encode()), str(path))
        for path in sorted((SHARED / "cloudtrail").rglob("*.json"))
    ]
    assert len(files) > 30
    part = same(files, Estate())
    assert len(part.gatherer.groups) + len(part.kept) > 100


def test_rows_of_many_chunks_partitions_and_groups_come_to_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("stanch.engine.scan.lake.rows.MOST_ROWS", 300)
    monkeypatch.setattr("stanch.engine.scan.lake.keeping.GROUP", 16)
    some = [
        {"eventID": f"e{n % 912}", "eventTime": f"2026-11-{22 + n % 3}T{n % 24:02}:00:00Z", "eventName": "GetObject",
         "eventSource": "s3.amazonaws.com", "userIdentity": {"type": "Root", "accountId": ACCOUNT}, "awsRegion": "r",
         "recipientAccountId": str(n % 2), "requestParameters": {"bucketName": "b", "key": f"k{n % 7}"},
         "additionalEventData": {"bytesTransferredOut": float(n),
                                 "AuthenticationMethod": "" if n % 5 else "QueryString"}}
        for n in range(1000)
    ]  # fmt: skip
    files = [Kept(delivered(some[at : at + 250]).content, f"f{at}.json") for at in range(0, 1000, 250)]
    part = same(files, Estate())
    assert (part.tally.events, part.tally.duplicates) == (912, 88)
    pieces = unit(files).receipt().pieces
    assert len({piece.chunk for piece in pieces}) > 1
    assert {(piece.account, piece.day) for piece in pieces} == {
        (account, f"2026-11-{day}") for account in "01" for day in (22, 23, 24)
    }


@pytest.mark.parametrize(
    "record",
    [
        {"eventTime": "2026-11-22T09:00:00.123456Z", "eventName": "x", "eventSource": "y"},
        {
            "eventID": 7,
            "eventTime": "2026-11-22T09:00:00Z",
            "eventName": "GetObject",
            "eventSource": "s3.amazonaws.com",
        },
        {"eventID": "\ud800", "eventTime": "2026-11-22T09:00:00Z", "eventName": "\udfff", "eventSource": "y"},
        {"eventID": 'a"\\\n', "eventTime": "2026-11-22T09:00:00+01:00", "requestParameters": [1e300, 10**40, None]},
        {"eventID": "é\u2028", "eventTime": "1970-01-01T00:00:00Z", "recipientAccountId": "../..", "awsRegion": {}},
        {"eventTime": "no time at all"},
        {"eventID": "i", "eventTime": "2026-11-22T09:00:00Z", "eventCategory": "Insight"},
        "no record",
    ],
)
def test_a_record_in_no_normal_form_is_kept_whole_or_told(record: object) -> None:
    plain = {"eventID": "e", "eventTime": "2026-11-22T09:00:00Z", "eventName": "x", "eventSource": "y"}
    content = json.dumps({"Records": [plain, record, plain]}).encode()
    same([Kept(content)], Estate())
    same([Kept(b"\n".join(json.dumps(one).encode() for one in (plain, record)))], Estate())


def test_what_could_not_be_read_is_told_again_whenever_the_lake_is_hunted() -> None:
    whole = gzip.compress(delivered([{"eventID": "e", "eventTime": "2026-11-22T09:00:00Z"}] * 50).content)
    files = [Kept(whole[:-20], "cut.json.gz"), Kept(b"", "empty"), Kept(b"\xff\xfe", "strange")]
    part = same(files, Estate())
    assert {skip.path for skip in part.tally.skipped} == {"cut.json.gz", "empty", "strange"}
    assert set(part.tally.digests) == {"cut.json.gz", "empty", "strange"}


def test_invalid_utf8_inside_a_record_goes_the_slow_way_and_is_told() -> None:
    content = delivered([{"eventID": "e", "eventTime": "2026-11-22T09:00:00Z", "eventName": "x", "eventSource": "y"}])
    broken = content.content.replace(b'"eventName":"x"', b'"eventName":"x","other":"\xff"')
    part = same([Kept(broken)], Estate())
    assert part.tally.events == 1
    assert any("UTF-8" in skip.why for skip in part.tally.skipped)


def test_a_piece_that_is_damaged_is_told_with_what_is_lost() -> None:
    made = without_profile(unit([delivered([PLAIN])]))
    made.pieces["0"] = made.pieces["0"][:-10]
    part = scanned([made], Estate())
    assert part.tally.events == 0
    assert part.tally.skipped[0].fault
    assert "1 events of 2026-11-22 are lost" in part.tally.skipped[0].why


def test_a_unit_of_another_form_says_so() -> None:
    made = unit([delivered([])])
    made.said = msgspec.structs.replace(made.receipt(), form=99)
    (skip,) = scanned([made], Estate()).tally.skipped
    assert "another version" in skip.why


def test_the_columns_have_the_names_that_cloudtrail_gives_them() -> None:
    event = {
        "eventID": "e",
        "eventTime": "2026-11-22T09:00:00Z",
        "eventName": "x",
        "eventSource": "y",
        "awsRegion": "r",
    }
    made = unit([delivered([{**event, "sessionCredentialFromConsole": "true"}])])
    (row,) = pq.read_table(io.BytesIO(made.pieces["0"])).to_pylist()
    assert (row["eventID"], row["eventName"], row["awsRegion"]) == ("e", "x", "r")
    assert row["eventTime"] == datetime(2026, 11, 22, 9, tzinfo=UTC)
    assert json.loads(row["raw"])["eventSource"] == "y"


def test_rows_that_left_are_not_left_twice() -> None:
    rows = Rows()
    assert list(rows.chunk()) == []
    assert not rows.full


def test_what_the_lineage_of_a_unit_forgot_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    handed_out = [
        {
            **PLAIN,
            "eventID": str(n),
            "eventSource": "sts.amazonaws.com",
            "eventName": "GetSessionToken",
            "userIdentity": {"type": "IAMUser", "arn": f"arn:aws:iam::{ACCOUNT}:user/u", "accessKeyId": "AKIA1"},
            "responseElements": {"credentials": {"accessKeyId": f"ASIA{n}"}},
        }
        for n in range(30)
    ]
    made = unit([delivered(handed_out)])
    assert not [*scanned([made], Estate()).lineage.told()]
    monkeypatch.setattr(lineage, "MOST_LINKS", 10)
    (told,) = scanned([made], Estate()).lineage.told()
    assert told.fault
    assert told.why.startswith("20 of the oldest")
