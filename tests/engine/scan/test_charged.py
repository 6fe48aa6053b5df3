"""What a planned export covers is charged in the order of time, whatever lies where, and is small while it waits."""

import pickle
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.engine.scan.records import ACCOUNT, ESTATE, EXPORT
from tests.engine.scan.test_fast_way import SETTINGS, delivered, rules

from stanch import app, estate
from stanch.domain.estate import Export
from stanch.domain.event import Event
from stanch.engine.scan.charged import Charged
from stanch.engine.scan.packed import packed_part, unpacked_part
from stanch.engine.scan.scanner import Scanner
from stanch.engine.sigma.packed import Unpackable

BEGIN = datetime(2026, 11, 22, tzinfo=UTC)
EXPORTS = estate.read(ESTATE + EXPORT + EXPORT.replace("partner-export", "other"), "test").exports

One = tuple[int, int, int, bool, bool]
"""An event: its second, its export, its bytes, and whether some rule matches it within and beyond the bounds."""
events = st.lists(
    st.tuples(st.integers(0, 5), st.integers(0, 1), st.integers(0, 900), st.booleans(), st.booleans()), max_size=60
)


def charged(some: list[One], held: int | None) -> Charged:
    """Events in files of seven."""
    whole = Charged(held)
    for at in range(0, len(some), 7):
        part = Charged()
        for number, (second, export, size, within, beyond) in enumerate(some[at : at + 7], at):
            when = (BEGIN + timedelta(seconds=second)).astimezone(timezone(timedelta(hours=number % 3)))
            one = Event(f"{chr(0xD7FE + number)}", when, "log", "file\ud800", {"number": number, "text": "\ud800"})
            part.append(one, export, size, within=within, beyond=beyond)
        whole.absorb(pickle.loads(pickle.dumps(part)))  # noqa: S301 - our own bytes
    return whole


def slowly(some: list[One], exports: tuple[Export, ...]) -> list[tuple[int, bool]]:
    """The numbers of the events that matter, and whether their export is spent."""
    spent = dict.fromkeys(range(len(exports)), 0)
    told = []
    for number, (_, export, size, within, beyond) in sorted(enumerate(some), key=lambda one: (one[1][0], one[0])):
        spent[export] += size
        over = spent[export] > exports[export].max_bytes
        if (beyond and over) or (within and not over):
            told.append((number, over))
    return told


@SETTINGS
@given(events, st.sampled_from([None, 0, 300]), st.sampled_from([0, 3, 10_000]))
def test_each_is_charged_in_the_order_of_time_and_of_ids(some: list[One], held: int | None, at_once: int) -> None:
    late = [one for piece in charged(some, held).late(EXPORTS, at_once) for one in piece]
    assert [(one.event.record["number"], one.spent) for one in late] == slowly(some, EXPORTS)
    assert all(one.event.id == chr(0xD7FE + one.event.record["number"]) for one in late)


def test_a_read_that_an_export_covers_costs_few_bytes_and_comes_back_from_a_file() -> None:
    identity = {"type": "AssumedRole", "arn": f"arn:aws:sts::{ACCOUNT}:assumed-role/partner-export/s"}
    reads = [
        {
            "eventID": f"{number:08x}-0000-4000-8000-{number * 7919:012x}",
            "eventTime": f"2026-11-22T09:{number // 60 % 60:02}:{number % 60:02}Z",
            "eventSource": "s3.amazonaws.com",
            "eventName": "GetObject",
            "userIdentity": {**identity, "accountId": ACCOUNT},
            "sourceIPAddress": "203.0.113.9",
            "requestParameters": {"bucketName": "acme-training", "key": f"tickets/{number}"},
            "additionalEventData": {"bytesTransferredOut": 100, "x-amz-id-2": "x" * 900},
        }
        for number in range(3000)
    ]
    part = Scanner(rules(), estate.read(ESTATE + EXPORT, "test"), app.sources(), (ACCOUNT,)).scan([delivered(reads)])
    assert len(part.charged) == len(reads)
    assert sum(len(block) for block, _ in part.charged.blocks()) < 150 * len(reads)
    again = unpacked_part(packed_part(part))
    assert again is not None
    assert [*again.charged.charges()] == [*part.charged.charges()]


def test_a_record_that_was_spoilt_is_no_part() -> None:
    spoilt = Charged()
    spoilt.append(Event("e", BEGIN, "log", "file", {"made of": SETTINGS}), 0, 1, within=True, beyond=True)
    with pytest.raises(Unpackable):
        spoilt.prove()
