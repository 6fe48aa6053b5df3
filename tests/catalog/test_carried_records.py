"""Whatever carries CloudTrail's records, the same deeds are the same findings, and what is broken is told."""

import gzip
import io
import json
import tracemalloc
from datetime import UTC, datetime
from typing import Any, BinaryIO

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stanch import app, estate
from stanch.catalog.sources import _members, cloudtrail
from stanch.domain.event import Event, Skipped
from stanch.engine.scan.span import ALWAYS, Span
from tests.catalog.carriers import CARRIERS, CONTROL, filtered, looked_up, queried, subscribed
from tests.catalog.test_sources import KEY, OURS, Recorded, in_cloudtrail
from tests.engine.scan.records import records
from tests.engine.scan.test_fast_way import SETTINGS

BASE = json.loads(in_cloudtrail().content)["Records"][0]
STOLEN = [
    {**BASE, "eventVersion": "1.11", "eventID": f"id-{part}", "eventTime": f"2026-05-06T09:1{part}:00Z",
     "requestParameters": {"bucketName": "acme-weights", "key": KEY.replace("00001", f"0000{part}")},
     "userAgent": 'a "quoted" \\ agent\n {"Events":[{"EventId":"]}'}
    for part in range(1, 7)
]  # fmt: skip
each = pytest.mark.parametrize("shape", CARRIERS.values(), ids=CARRIERS)


def reading(text: str | bytes) -> tuple[list[Event], list[Skipped]]:
    stored = text.encode() if isinstance(text, str) else text
    items = list(cloudtrail.read("x", io.BytesIO(stored)))
    return [item for item in items if isinstance(item, Event)], [item for item in items if isinstance(item, Skipped)]


def ids(text: str | bytes) -> list[str]:
    return [event.id for event in reading(text)[0]]


def whys(text: str | bytes) -> list[str]:
    return [skipped.why.partition(" (")[0] for skipped in reading(text)[1]]


def told(result: app.Hunted) -> list[Any]:
    return [
        (
            one.id,
            one.title,
            one.left,
            sorted((f.id, f.detection, f.count, tuple(f.events), f.first_seen, f.last_seen) for f in one.findings),
        )
        for one in result.incidents
    ]


def hunted(*files: Recorded, span: Span = ALWAYS) -> app.Hunted:
    ours = estate.read(OURS, "test")
    return app.hunt(list(files), ours, app.rules(), watches=app.behaviours(), span=span)


@each
@pytest.mark.parametrize("packed", [bytes, gzip.compress], ids=["plain", "gzip"])
def test_the_same_theft_is_the_same_incident_in_every_carrier(shape: Any, packed: Any) -> None:
    delivered = hunted(Recorded("trail.json", json.dumps({"Records": STOLEN}).encode()))
    carried = hunted(Recorded("what-i-got.json", packed(shape(STOLEN).encode())))
    assert delivered.incidents
    assert told(carried) == told(delivered)
    assert carried.coverage.complete, carried.coverage
    assert carried.coverage.logs == {"cloudtrail": 1}
    assert (carried.coverage.events, carried.coverage.files_read) == (6, 1)


@each
def test_no_carrier_is_cut_like_a_delivered_file(shape: Any) -> None:
    assert not cloudtrail.splittable(shape(STOLEN).encode()[: 1 << 14])


@each
def test_since_and_until_bound_what_is_carried(shape: Any) -> None:
    span = Span(datetime(2026, 5, 6, 9, 12, tzinfo=UTC), datetime(2026, 5, 6, 9, 14, tzinfo=UTC))
    assert hunted(Recorded("x", shape(STOLEN).encode()), span=span).coverage.events == 2


@each
def test_an_event_that_is_delivered_too_counts_once(shape: Any) -> None:
    delivered = Recorded("trail.json", json.dumps({"Records": STOLEN}).encode())
    coverage = hunted(delivered, Recorded("x", shape(STOLEN).encode())).coverage
    assert (coverage.events, coverage.duplicates) == (6, 6)


@each
@pytest.mark.parametrize("size", [1, 5, 64])
def test_it_matters_nowhere_where_a_piece_of_the_stream_ends(
    monkeypatch: pytest.MonkeyPatch, shape: Any, size: int
) -> None:
    monkeypatch.setattr(_members, "_CHUNK", size)
    assert ids(shape(STOLEN)) == [record["eventID"] for record in STOLEN]


@SETTINGS
@given(records(), st.sampled_from(sorted(CARRIERS)))
def test_any_records_are_the_same_carried_and_on_lines(some: list[dict[str, Any]], name: str) -> None:
    some = [{"eventVersion": "1.11"} | record for record in some]
    lines = reading("\n".join(map(json.dumps, some)))
    carried = reading(CARRIERS[name](some))
    assert [event.record for event in carried[0]] == [event.record for event in lines[0]]
    faults = [sorted(skip.why.partition(",")[0] for skip in skipped if skip.fault) for _, skipped in (carried, lines)]
    assert faults[0] == faults[1]


def test_a_control_message_is_no_event_and_no_fault() -> None:
    assert cloudtrail.recognises("x", CONTROL.encode())
    events, skipped = reading(CONTROL + json.dumps(subscribed(STOLEN)) + CONTROL)
    assert len(events) == 6
    assert [(skip.why.partition(" (")[0], skip.fault) for skip in skipped] == [
        ("a control message of CloudWatch Logs, no event", False)
    ]


@pytest.mark.parametrize("empty", ['{"Events": []}', '{"events": [], "searchedLogStreams": []}'])
def test_an_answer_without_events_is_read(empty: str) -> None:
    assert cloudtrail.recognises("x", empty.encode())
    assert reading(empty) == ([], [])


@pytest.mark.parametrize(
    "message",
    ["2 111122223333 eni-1 10.0.0.1 10.0.0.2 1 2 6 1 40 1 2 ACCEPT OK", '{"level": "info", "eventName": "x"}'],
)
def test_what_else_cloudwatch_logs_carries_is_no_cloudtrail(message: str) -> None:
    page = subscribed([]) | {"logEvents": [{"id": "1", "timestamp": 1, "message": message}]}
    for text in (json.dumps(page), CONTROL + json.dumps(page), '{"a":1}{"b":2}'):
        assert not cloudtrail.recognises("x", text.encode())


ODD: dict[str, tuple[Any, str]] = {
    "no JSON": ("oops", "a carried text that is no record"),
    "an empty text": ("", "a carried text that is no record"),
    "cut short": ('{"eventVersion": "1.11", "eventTi', "broken JSON: Input data was truncated"),
    "null": (None, "a carried record that is no text"),
    "a number": (5, "a carried record that is no text"),
    "a list": ([], "a carried record that is no text"),
    "an empty object": ({}, "a record without eventTime"),
    "nested too deeply": ('{"a":' * 5000 + "1" + "}" * 5000, "JSON nested too deeply"),
}


@pytest.mark.parametrize(("odd", "why"), ODD.values(), ids=ODD)
def test_one_that_carries_no_record_is_told_and_costs_no_other(odd: Any, why: str) -> None:
    pages: list[tuple[Any, Any]] = [(page := looked_up(STOLEN), page["Events"][2])]
    pages += [(page := subscribed(STOLEN), page["logEvents"][2]), (page := filtered(STOLEN), page["events"][2])]
    for page, event in pages:
        event["CloudTrailEvent" if "CloudTrailEvent" in event else "message"] = odd
        assert len(ids(json.dumps(page))) == 5
        assert whys(json.dumps(page)) == [why]


@pytest.mark.parametrize("page", [{"Events": 5}, {"logEvents": None}, {"events": "x"}, {"results": {}}], ids=str)
def test_a_page_of_another_type_is_told_and_the_next_is_read(page: Any) -> None:
    text = json.dumps(page) + json.dumps(looked_up(STOLEN))
    assert (len(ids(text)), whys(text)) == (6, ["a record without eventTime"])


@pytest.mark.parametrize("item", ["5", "null", "[]", '"x"', "true, false"])
def test_what_stands_in_a_list_and_is_no_event_is_told(item: str) -> None:
    text = json.dumps(looked_up(STOLEN)).replace('{"EventId": "id-3"', item + ', {"EventId": "id-3"')
    assert len(ids(text)) == 6
    assert len(whys(text)) == 1


def test_rows_of_insights_without_the_message_are_told() -> None:
    page = queried(STOLEN)
    page["results"][0] = [{"field": "eventName", "value": "x"}]
    assert whys(json.dumps(page)) == ["a row of a query's answer without @message or eventJson"]


CUT = ("pages of lookup-events", "Firehose, a line each", "jq -c .Events[]", "EventBridge")


@pytest.mark.parametrize("name", CUT)
@pytest.mark.parametrize("at", range(7, 1200, 61))
def test_a_page_that_was_cut_costs_no_page_after_it(name: str, at: int) -> None:
    pages = [CARRIERS[name]([record]) for record in STOLEN]
    text = "\n".join([pages[0], pages[1][:at], *pages[2:]])
    found = ids(text)
    assert {"id-1", "id-3", "id-4", "id-5", "id-6"} <= set(found)
    assert whys(text) or len(found) == 6


@pytest.mark.parametrize("name", CARRIERS)
def test_a_file_that_ends_early_gives_what_it_has_and_says_so(name: str) -> None:
    text = CARRIERS[name](STOLEN)
    text = text[: text.rindex("id-6")]
    if not cloudtrail.recognises("x", text.encode()[: 1 << 14]) or name.startswith("--query Events["):
        return
    assert ids(text) == [f"id-{part}" for part in range(1, 6)]
    (why,) = (skip.why for skip in reading(text)[1] if skip.fault)
    assert why.startswith("broken JSON: ")


def test_bytes_that_are_no_text_are_told_and_cost_no_record() -> None:
    for shape in (looked_up, subscribed):
        text = json.dumps(shape(STOLEN)).encode().replace(b'a \\\\\\"quoted', b"\xff\xfe", 1)
        events, skipped = reading(text)
        assert len(events) == 6
        assert events[0].record["userAgent"].startswith("\ufffd")
        assert ["UTF-8" in skip.why for skip in skipped] == [True]


def test_half_of_a_surrogate_pair_costs_no_record() -> None:
    text = json.dumps(looked_up(STOLEN))
    for half in (r"\ud800", r"\\ud800"):
        assert len(ids(text.replace("quoted", half))) == 6


class Endless(io.RawIOBase):
    """A stream that begins, repeats, and is not held."""

    def __init__(self, begin: bytes, piece: bytes, times: int) -> None:
        self._left = b""
        self._pieces = iter([begin, *([piece] * times)])

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        while len(self._left) < len(buffer) and (piece := next(self._pieces, b"")):
            self._left += piece
        count = min(len(buffer), len(self._left))
        buffer[:count], self._left = self._left[:count], self._left[count:]
        return count


def streamed(begin: bytes, piece: bytes, times: int) -> tuple[int, list[str], int]:
    stream: BinaryIO = io.BufferedReader(Endless(begin, piece, times), 1 << 16)
    tracemalloc.start()
    try:
        items = [item if isinstance(item, Skipped) else None for item in cloudtrail.read("x", stream)]
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    return items.count(None), [item.why for item in items if item is not None], peak


def test_a_page_of_any_length_is_never_held_whole() -> None:
    event = json.dumps(looked_up(STOLEN)["Events"][0]).encode() + b",\n"
    count, why, peak = streamed(b'{"Events": [\n', event * 20, 600)
    assert (count, why) == (12_000, ["broken JSON: a document ends early"])
    assert peak < 8 << 20 < len(event) * 12_000


PIECES = {
    "text": b"x" * 4096,
    "lists": b"[" * 4096,
    "numbers": b"5," * 2048,
    "quotes": b'\\"' * 2048,
    "objects": b'{"a":' * 800,
    "empty lists": b"[]" * 2048,
}


@pytest.mark.parametrize("piece", PIECES.values(), ids=PIECES)
@pytest.mark.parametrize("begin", ['{"EventId": "', '{"EventId": 5, "x": ', '{"EventId": "1"}, '])
def test_what_never_ends_is_bounded_and_told(monkeypatch: pytest.MonkeyPatch, begin: str, piece: bytes) -> None:
    monkeypatch.setattr(_members, "LARGEST_RECORD", 1 << 19)
    monkeypatch.setattr(_members, "_MOST_SIGNS", 100_000)
    count, why, peak = streamed(f'{{"Events": [{begin}'.encode(), piece, 300)
    assert count == 0
    assert 1 <= len(why) <= 4
    assert peak < 4 << 20


def test_what_else_a_log_group_holds_is_told_and_costs_no_record() -> None:
    stamp = "2026-11-22T09:00:00.123Z "
    cut, other = json.dumps(STOLEN[0])[:200], "START RequestId: 0a1b"
    lines = [other, json.dumps(STOLEN[0]), cut, "", json.dumps(STOLEN[1])]
    text = "\n".join(stamp + line for line in lines) + "\n" + json.dumps(STOLEN[2]) + "\n"
    assert cloudtrail.recognises("000000", text.encode())
    assert ids(text) == ["id-1", "id-2", "id-3"]
    assert sorted(why.partition(":")[0] for why in whys(text)) == [
        "a line of a log group that is no record of CloudTrail", "broken JSON"
    ]  # fmt: skip


@pytest.mark.parametrize(
    "line",
    ['{"level": "info", "eventName": "x"}', "2 111122223333 eni-1 10.0.0.1 10.0.0.2 1 2 6 1 40 1 2 ACCEPT OK", "x" * 9],
)
def test_a_line_behind_a_time_that_is_no_record_is_no_cloudtrail(line: str) -> None:
    assert not cloudtrail.recognises("x", f"2026-11-22T09:00:00.123Z {line}\n".encode())
