"""CloudTrail records: what is an event becomes one, what is none is told with the reason, whatever the bytes are."""

import io
import json
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stanch.catalog.sources import cloudtrail
from stanch.domain.event import Event, Skipped

RECORD = {"eventID": "id-1", "eventTime": "2026-11-22T03:00:00Z", "eventName": "GetObject"}


def reading(*documents: Any) -> tuple[list[Event], list[Skipped]]:
    text = b"\n".join(json.dumps(document).encode() for document in documents)
    items: list[Event | Skipped] = list(cloudtrail.read("trail.json", io.BytesIO(text)))
    return [item for item in items if isinstance(item, Event)], [item for item in items if isinstance(item, Skipped)]


def records(*more: Any) -> dict[str, list[Any]]:
    return {"Records": list(more)}


@pytest.mark.parametrize(
    "document",
    [records(RECORD), [RECORD], RECORD, {"detail-type": "AWS API Call via CloudTrail", "detail": RECORD}],
    ids=["delivery file", "list", "line", "EventBridge envelope"],
)
def test_finds_the_record_in_every_wrapping(document: Any) -> None:
    events, skipped = reading(document)
    assert [(event.id, event.log, event.record) for event in events] == [("id-1", "cloudtrail", RECORD)]
    assert skipped == []


def test_reads_the_time_as_utc_whatever_zone_it_is_written_in() -> None:
    times = ["2026-11-22T03:00:00Z", "2026-11-22T04:00:00+01:00", "2026-11-22T03:00:00"]
    events, _ = reading(*({**RECORD, "eventTime": time} for time in times))
    assert {event.time for event in events} == {datetime(2026, 11, 22, 3, tzinfo=UTC)}


def test_tells_records_without_a_time_once_with_a_count_and_reads_the_others() -> None:
    broken = {"eventID": "a", "eventName": "x"}
    events, skipped = reading(records(broken, RECORD, broken, {**RECORD, "eventTime": "yesterday"}, 5))
    assert [event.id for event in events] == ["id-1"]
    assert sorted(skip.why for skip in skipped) == [
        "a record that is no JSON object",
        "a record whose eventTime is not a time",
        "a record without eventTime (2 records, the first is number 1)",
    ]


@pytest.mark.parametrize(
    "document",
    [
        {"digestStartTime": "2026-11-22T00:00:00Z", "logFiles": []},
        records({**RECORD, "eventCategory": "Insight"}),
        records({**RECORD, "eventType": "AwsCloudTrailInsight"}),
    ],
    ids=["digest", "insight by category", "insight by type"],
)
def test_leaves_digests_and_insights_out_without_calling_it_a_fault(document: Any) -> None:
    events, skipped = reading(document)
    assert events == []
    assert [skip.fault for skip in skipped] == [False]


def test_a_record_without_an_id_is_told_apart_by_what_it_says() -> None:
    nameless = {key: value for key, value in RECORD.items() if key != "eventID"}
    events, _ = reading(records(nameless, nameless, {**nameless, "eventName": "PutObject"}))
    assert len({event.id for event in events}) == 2


def test_one_bad_line_does_not_cost_the_others() -> None:
    text = json.dumps(RECORD).encode() + b"\n{bad\n\n" + json.dumps({**RECORD, "eventID": "id-2"}).encode()
    items: Iterator[Event | Skipped] = cloudtrail.read("x", io.BytesIO(text))
    assert [item.id if isinstance(item, Event) else "bad" for item in items] == ["id-1", "id-2", "bad"]


@pytest.mark.parametrize(
    ("path", "head", "expected"),
    [
        ("x.json", b'{"Records": [', True),
        ("x.json", b'\xef\xbb\xbf [ {"eventVersion": "1.08"', True),
        ("AWSLogs/1/CloudTrail/eu-central-1/x.json", b'{"a": 1}', True),
        ("x.json", b'{"a": 1}', False),
        ("x.log", b"2 123456789012 eni-1 10.0.0.1", False),
        ("x", b"", False),
    ],
)
def test_recognises_its_own_files(path: str, head: bytes, expected: bool) -> None:
    assert cloudtrail.recognises(path, head) is expected


@settings(max_examples=300, deadline=None)
@given(
    st.binary(max_size=200),
    st.sampled_from(
        [b"", b'{"Records":[', b'[{"eventTime":', b'{"eventTime":', b'2026-11-22T09:00:00Z {"eventVersion":']
    ),
)
def test_never_raises_on_any_bytes(noise: bytes, start: bytes) -> None:
    for item in cloudtrail.read("x", io.BytesIO(start + noise)):
        assert isinstance(item, Event | Skipped)


def test_one_odd_record_does_not_cost_its_file_the_others() -> None:
    odd = '{"eventID": "id-2", "eventTime": "2026-11-22T03:00:00Z", "a": "\\ud800", "b": ' + "9" * 5000 + "}"
    text = f'{{"Records": [{json.dumps(RECORD)}, {odd}, {{"eventID": , }}]}}'
    broken = list(cloudtrail.read("x", io.BytesIO(text.encode())))
    assert [item for item in broken if isinstance(item, Event)] == []  # the document itself is no JSON
    text = f'{{"Records": [{json.dumps(RECORD)}, {odd}]}}'
    items = list(cloudtrail.read("x", io.BytesIO(text.encode())))
    assert [item.id for item in items if isinstance(item, Event)] == ["id-1", "id-2"]


@pytest.mark.parametrize("time", ["0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00", "1999-01-01T00:00:00Z"])
def test_a_time_that_no_clock_can_reckon_with_is_told(time: str) -> None:
    events, skipped = reading(records({**RECORD, "eventTime": time}, RECORD))
    assert [event.id for event in events] == ["id-1"]
    assert len(skipped) == 1
