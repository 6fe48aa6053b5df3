"""The fast way and the slow way through a log come to the same: what is never decoded would have changed nothing."""

import gzip
import io
import json
import zlib
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, BinaryIO

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.engine.scan.records import ACCOUNT, ESTATE, EXPORT, records, session
from tests.engine.sigma.asking import rule_text

from stanch import app, estate
from stanch.contracts.source import Source
from stanch.domain.estate import Estate
from stanch.engine import sigma
from stanch.engine.gather import KEPT_EVENTS
from stanch.engine.scan.part import Part
from stanch.engine.scan.scanner import Scanner
from stanch.engine.sigma import Rule

SHARED = Path(__file__).parents[4] / "shared" / "data" / "cloudtrail"
SETTINGS = settings(max_examples=120, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))


@dataclass(frozen=True)
class Kept:
    content: bytes
    path: str = "AWSLogs/111122223333/CloudTrail/x.json"

    @property
    def size(self) -> int:
        return len(self.content)

    def open(self) -> BinaryIO:
        return io.BytesIO(self.content)


class Slow:
    """A source that cannot be cut: every record of it is decoded."""

    def __init__(self, source: Source) -> None:
        self.LOG, self.recognises, self.read = source.LOG, source.recognises, source.read


@cache
def rules() -> list[Rule]:
    return app.rules()[0]


SELECTIONS: dict[str, dict[str, Any]] = {
    "of_a_call": {"eventName": "StopLogging"},
    "of_a_caller": {"userIdentity.type": "Root"},
    "of_a_refusal": {"errorCode|contains": "Denied"},
    "of_a_request": {"eventSource": "s3.amazonaws.com", "requestParameters.key|endswith": ".safetensors"},
    "of_an_address": {"sourceIPAddress|cidr": "10.0.0.0/8", "userAgent|exists": True},
}


EVERYTHING: dict[str, dict[str, Any]] = {
    "of_everything": {"eventSource|exists": True},
    "of_all_roles": {"userIdentity.type": "AssumedRole"},
    "of_all_that_is_given": {"eventName": "GetObject", "errorCode": None},
}


COUNTED = """
title: Many
logsource: {product: aws, service: cloudtrail}
name: of_decryptions
detection: {selection: {eventName: [Decrypt, DescribeInstances]}, condition: selection}
---
title: Very many
correlation: {type: event_count, rules: [of_decryptions], group-by: [awsRegion], timespan: 1h, condition: {gte: 2}}
"""


@cache
def everything() -> list[Rule]:
    """Rules that all events of a class match, whatever they touch; what some match a correlation counts."""
    every = [
        rule
        for name, asked in EVERYTHING.items()
        for rule in sigma.read_rules(rule_text({"selection": asked}), f"{name}.yml", name)
    ]
    return [*every, *sigma.read_rules(COUNTED, "many.yml", "many")]


@cache
def community() -> list[Rule]:
    """Rules that ask for the fields of records alone, as public ones do."""
    return [
        rule
        for name, asked in SELECTIONS.items()
        for rule in sigma.read_rules(rule_text({"selection": asked}), f"{name}.yml", name)
    ]


def parts(files: list[Kept], ours: Estate) -> tuple[Part, Part]:
    fast = Scanner(rules(), ours, app.sources(), (ACCOUNT,))
    slow = Scanner(rules(), ours, [Slow(source) for source in app.sources()], (ACCOUNT,))
    fast.expect_much()
    fast.scan(files[:1])  # what was learned of other files must not matter
    return fast.scan(files), slow.scan(files)


def told(part: Part) -> dict[str, Any]:
    """All that a part holds, in an order of its own."""
    tally = part.tally
    return {
        "tally": (tally.events, tally.duplicates, tally.first, tally.last, tally.files_read),
        "skipped": sorted((skip.path, skip.why.partition(" (")[0], skip.fault) for skip in tally.skipped),
        "cells": {
            key: (sums.count, sums.bytes, sums.first, sums.last, sorted(sums.objects), sorted(sums.files))
            for key, sums in part.cells.sums.items()
        },
        "groups": {
            key: (
                group.actor,
                group.assets,
                group.region,
                group.count,
                group.failed,
                group.first,
                group.last,
                sorted(group.ids),
                sorted(group.callers, key=str),
                sorted(group.resources),
                sorted(group.files),
                group.explained,
                group.days,
                group.why,
            )
            for key, group in part.gatherer.groups.items()
        },
        "matches": {share: (names, size) for share, names, size in part.matches.shares()},
        "kept": sorted((one.event.id, one.bases, sorted(one.detections), one.read or ()) for one in part.kept),
        "charged": sorted(
            (one.id, one.export, one.size, one.within, one.beyond, len(one.record)) for one in part.charged.charges()
        ),
        "links": part.lineage.links,
        "makings": part.lineage.makings,
        "ids": {hour: sorted(ids) for hour, ids in part.ids.items()},
    }


def same(files: list[Kept], ours: Estate) -> int:
    fast, slow = parts(files, ours)
    assert told(fast) == told(slow)
    return len(slow.gatherer.groups) + len(slow.kept)


def delivered(some: list[dict[str, Any]], indent: int | None = None) -> Kept:
    separators = None if indent else (",", ":")
    return Kept(json.dumps({"Records": some}, indent=indent, separators=separators).encode())


@SETTINGS
@given(records())
def test_generated_records_come_to_the_same_either_way(some: list[dict[str, Any]]) -> None:
    same([delivered(some)], estate.read(ESTATE, "test"))


@SETTINGS
@given(records())
def test_little_comes_to_the_same_without_what_pays_only_for_much(some: list[dict[str, Any]]) -> None:
    little, much = (Scanner(rules(), estate.read(ESTATE, "test"), app.sources(), (ACCOUNT,)) for _ in range(2))
    much.expect_much()
    assert told(little.scan([delivered(some)])) == told(much.scan([delivered(some)]))


@SETTINGS
@given(records())
def test_what_rules_alone_match_is_the_same_though_nothing_is_summed(some: list[dict[str, Any]]) -> None:
    ours, files = estate.read(ESTATE, "test"), [delivered(some)]
    # The first asks for nothing but the call, ours for facts of the estate as well.
    for some_rules in (community()[:1], community(), rules()):
        alone = Scanner(some_rules, ours, app.sources(), (ACCOUNT,), profiles=False)
        alone.expect_much()
        slow = Scanner(some_rules, ours, [Slow(source) for source in app.sources()], (ACCOUNT,))
        found, wanted = told(alone.scan(files)), told(slow.scan(files))
        assert not found.pop("cells")
        assert bool(wanted.pop("cells")) == bool(wanted["tally"][0])
        assert found == wanted


@SETTINGS
@given(records(), st.booleans())
def test_what_rules_match_of_everything_is_counted_as_if_each_event_had_been_opened(
    some: list[dict[str, Any]], profiles: bool
) -> None:
    for number, record in enumerate(some):  # most of what a trail holds only reads
        record.setdefault("readOnly", number % 5 != 0)
    files = [delivered(some[:20]), Kept(delivered(some[20:]).content, "AWSLogs/111122223333/CloudTrail/y.json")]
    for ours, routines in ((estate.read(ESTATE, "test"), ()), (Estate(), app.routines())):
        fast, slow = (
            Scanner([*everything(), *community()], ours, sources, (ACCOUNT,), routines=routines, profiles=profiles)
            for sources in (app.sources(), [Slow(source) for source in app.sources()])
        )
        fast.widen(Part())
        assert told(fast.scan(files)) == told(slow.scan(files))


@SETTINGS
@given(records())
def test_so_they_do_without_an_estate_and_with_a_planned_export(some: list[dict[str, Any]]) -> None:
    same([delivered(some, indent=1)], Estate())
    same([delivered(some)], estate.read(ESTATE + EXPORT, "test"))


@pytest.mark.skipif(not SHARED.is_dir(), reason="../shared/data/cloudtrail, the recorded logs, is absent")
def test_recorded_logs_come_to_the_same_either_way() -> None:
    files = [
        Kept(gzip.compress(json.dumps(json.loads(path.read_text())).encode()), str(path))
        for path in sorted(SHARED.rglob("*.json"))
    ]
    assert len(files) > 30
    assert same(files, Estate()) > 100


def test_a_file_cut_into_many_batches_loses_nothing() -> None:
    some = [
        {"eventVersion": "1.11", "eventID": f"e{n}", "eventTime": "2026-11-22T09:00:00Z", "eventName": "DescribeVpcs",
         "eventSource": "ec2.amazonaws.com", "userIdentity": {"type": "Root", "accountId": ACCOUNT},
         "requestParameters": {"text": '},{"eventVersion":"' + "x" * (n % 700)}}
        for n in range(3000)
    ]  # fmt: skip
    fast, _ = parts([delivered(some)], Estate())
    assert (fast.tally.events, fast.tally.duplicates, fast.tally.files_read) == (3000, 0, 1)
    assert same([delivered(some)], Estate()) >= 0


def test_a_refused_read_gave_nothing_whether_or_not_the_same_was_given_before() -> None:
    given = {
        "eventVersion": "1.11", "eventTime": "2026-11-22T09:00:00Z", "eventSource": "s3.amazonaws.com",
        "eventName": "GetObject", "userIdentity": {"type": "Root", "accountId": ACCOUNT},
        "requestParameters": {"bucketName": "b", "key": "k"}, "additionalEventData": {"bytesTransferredOut": 9.0},
    }  # fmt: skip
    refused = {**given, "errorCode": "AccessDenied"}
    for order in ([given, refused], [refused, given]):
        some = [{**record, "eventID": f"e{number}"} for number, record in enumerate(order)]
        fast, slow = parts([delivered(some)], Estate())
        assert told(fast) == told(slow)
        assert {(key.failed, tuple(sums.objects)) for key, sums in fast.cells.sums.items()} == {
            (True, ()),
            (False, ("k",)),
        }


def user(name: str) -> dict[str, Any]:
    return {"type": "IAMUser", "principalId": "AIDAEXAMPLE", "arn": f"arn:aws:iam::{ACCOUNT}:user/{name}",
            "accountId": ACCOUNT, "userName": name}  # fmt: skip


def test_callers_whose_identities_share_a_checksum_stay_apart() -> None:
    twins = [user("u48734"), user("u124422")]
    assert len({zlib.crc32(json.dumps(twin, separators=(",", ":")).encode()) for twin in twins}) == 1
    some = [
        {"eventVersion": "1.11", "eventID": f"e{n}", "eventTime": "2026-11-22T09:00:00Z", "eventName": "DescribeVpcs",
         "eventSource": "ec2.amazonaws.com", "userIdentity": twins[n % 2]}
        for n in range(7)
    ]  # fmt: skip
    fast, slow = parts([delivered(some)], Estate())
    assert told(fast) == told(slow)
    assert {key.who.arn.rpartition("/")[2]: sums.count for key, sums in fast.cells.sums.items()} == {
        "u48734": 4,
        "u124422": 3,
    }


def test_a_record_written_into_another_is_not_taken_for_it() -> None:
    real = {
        "eventVersion": "1.11", "eventID": "e2", "eventTime": "2026-11-22T09:00:00Z", "eventName": "StopLogging",
        "eventSource": "cloudtrail.amazonaws.com", "userIdentity": user("eve"), "requestParameters": {"name": "t"},
    }  # fmt: skip
    fake = {**real, "eventName": "DescribeTrails", "userIdentity": user("bob")}
    around = {**real, "eventID": "e1", "eventName": "DescribeTrails", "requestParameters": {"x": [fake, fake, fake]}}
    fast, slow = parts([delivered([around, real, {**real, "eventID": "e3"}])], Estate())
    assert told(fast) == told(slow)
    assert {tuple(group.ids) for group in fast.gatherer.groups.values()} == {("e2", "e3")}


def trail_of_roles(count: int) -> list[dict[str, Any]]:
    """What two sessions of a role read, over two hours, objects and calls by turns."""
    return [
        {
            "eventVersion": "1.11", "eventID": f"e{n:05}", "eventTime": f"2026-11-22T{9 + 2 * n // count:02}:00:00Z",
            "eventSource": "ec2.amazonaws.com" if n % 3 else "s3.amazonaws.com",
            "eventName": "DescribeVolumes" if n % 3 else "GetObject",
            "userIdentity": session("reader", f"job-{n % 2}", f"ASIAEXAMPLE0000000{n % 2}"),
            "awsRegion": "eu-central-1", "recipientAccountId": ACCOUNT, "sourceIPAddress": "10.0.0.5",
            "requestParameters": {"filter": n, "volumeId": f"vol-{n % 7}"} if n % 3
            else {"bucketName": "b", "key": f"k{n % 400}"},
            "additionalEventData": {"bytesTransferredOut": n}, "readOnly": n % 50 != 0,
        }
        for n in range(count)
    ]  # fmt: skip


@pytest.mark.parametrize("profiles", [True, False])
def test_of_thousands_that_one_rule_matches_the_same_first_ids_are_kept(profiles: bool) -> None:
    some = trail_of_roles(9000)
    files = [Kept(delivered(some[at : at + 3500]).content, f"{at}.json") for at in range(0, 9000, 3500)]
    fast, slow = (
        Scanner(everything(), Estate(), sources, (ACCOUNT,), profiles=profiles).scan(files)
        for sources in (app.sources(), [Slow(source) for source in app.sources()])
    )
    assert told(fast) == told(slow)
    for key, group in fast.gatherer.groups.items():
        assert group.ids == slow.gatherer.groups[key].ids
        assert list(group.files) == list(slow.gatherer.groups[key].files)
    assert max(len(group.ids) for group in fast.gatherer.groups.values()) == KEPT_EVENTS
    assert sum(size for _, _, size in fast.matches.shares()) == sum(range(0, 9000, 3))


def test_what_every_event_matches_is_not_opened_once_that_was_seen() -> None:
    some = trail_of_roles(9000)
    for record in some:
        record["readOnly"] = True
    scanner = Scanner(everything(), Estate(), app.sources(), (ACCOUNT,), profiles=False)
    opened = 0
    take = scanner.judge.take

    def counted(*given: Any, **named: Any) -> None:
        nonlocal opened
        opened += 1
        take(*given, **named)

    scanner.judge.take = counted  # type: ignore[method-assign]
    part = scanner.scan([delivered(some)])
    assert part.tally.events == 9000
    assert opened < 1000  # those of the first batch
