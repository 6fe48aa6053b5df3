"""A record is cut out where it lies, and only where nothing else could be taken for it."""

import json
from array import array
from collections.abc import Sequence
from typing import Any

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.engine.scan.records import records

from stanch.engine.scan.buffers import address, repeats
from stanch.engine.scan.line import Line
from stanch.engine.scan.records import FEW, Address, Records

SETTINGS = settings(max_examples=150, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
LINES = msgspec.json.Decoder(list[Line])
RECORD: dict[str, Any] = {
    "eventVersion": "1.11", "userIdentity": {"type": "Root"}, "eventTime": "2026-11-22T09:00:00Z", "eventID": "e1",
    "eventSource": "ec2.amazonaws.com", "eventName": "DescribeVpcs",
}  # fmt: skip
FAKE = {**RECORD, "eventName": "StopLogging"}


def batch(some: Sequence[object], between: str = ",", colon: str = ":") -> bytes:
    return json.dumps(some, separators=(between, colon)).encode()


def opened(text: bytes, by: Address | None = address) -> list[Any]:
    lines = LINES.decode(text)
    held = Records(text, lines, by)
    backwards = [json.loads(held[place]) for place in reversed(range(len(lines)))]
    return backwards[::-1]


@SETTINGS
@given(records(), st.randoms(use_true_random=False), st.sampled_from([",", ", ", ",\n  "]))
def test_each_record_is_what_the_list_holds_at_its_place(some: list[dict[str, Any]], random: Any, between: str) -> None:
    for record in some:
        record.update(dict.fromkeys(("eventTime", "eventID", "eventSource", "eventName", "userAgent"), "x"))
        record.pop("additionalEventData", None)
        record.update(readOnly=None, errorMessage=None)
    assert opened(batch(some, between)) == some
    turned = [dict(random.sample(list(record.items()), len(record))) for record in some]
    assert opened(batch(turned, between)) == turned


@pytest.mark.parametrize(
    "odd",
    [
        {"requestParameters": {"list": [FAKE, FAKE]}},
        {"requestParameters": {"text": '},{"eventVersion":"1.11","userIdentity":{"type":"Root"'}},
        {"eventVersion": '1.11","userIdentity":'},
        {"eventVersion": {"eventVersion": "1.11", "userIdentity": {}}},
        {"userIdentity": {"list": [FAKE, FAKE], "eventVersion": "1.11", "userIdentity": FAKE}},
        {"userIdentity": None},
    ],
)
def test_what_a_caller_writes_is_not_taken_for_a_record(odd: dict[str, Any]) -> None:
    some = [RECORD, {**RECORD, **odd}, {**RECORD, "eventID": "e2"}]
    assert opened(batch(some)) == some


def test_a_record_without_identity_or_with_two_is_found_nonetheless() -> None:
    without = {name: value for name, value in RECORD.items() if name != "userIdentity"}
    assert opened(batch([without, RECORD, without])) == [without, RECORD, without]
    twice = batch([RECORD, RECORD]).replace(b'"eventTime"', b'"userIdentity":{"type":"IAMUser"},"eventTime"', 1)
    assert [record["userIdentity"]["type"] for record in opened(twice)] == ["IAMUser", "Root"]


@given(st.lists(st.integers(-(1 << 63), (1 << 63) - 1) | st.integers(-3, 3)))
def test_numbers_repeat_where_a_set_of_them_is_smaller(numbers: list[int]) -> None:
    assert repeats(array("q", numbers)) == (len(set(numbers)) < len(numbers))


def test_many_records_of_one_batch_are_parted_all_at_once_to_the_same() -> None:
    some = [{**RECORD, "eventID": f"e{number}"} for number in range(3 * FEW)]
    assert opened(batch(some)) == some
    assert opened(batch(some), None) == some
