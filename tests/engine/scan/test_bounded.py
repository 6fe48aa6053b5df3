"""However little a search may hold in memory, and however many processes read, it tells the same."""

import json
import multiprocessing
from collections.abc import Sequence
from typing import Any

import pytest
from tests.catalog import pages
from tests.catalog.recipes import baked
from tests.engine.scan.records import ACCOUNT, ESTATE, EXPORT, IDENTITIES
from tests.engine.scan.test_fast_way import Kept, rules

from stanch import app, estate
from stanch.contracts import lines
from stanch.domain.estate import Estate
from stanch.engine.hunt import Hunt
from stanch.engine.scan.bounds import BOUNDS, Bounds
from stanch.engine.scan.scanner import Scanner
from stanch.engine.scan.temporary import database
from stanch.engine.shelf import Unit

NOTHING = Bounds(cells=0, history=0, groups=0, names=0, kept=0, charged=0, behind=0, digests=0, ids=0)
BEHAVIOURS = [unit for unit in app.shelf("detections", ".py") if hasattr(unit.module(), "judge")]
CORRELATIONS = [unit for unit in app.shelf("detections", ".yml") if "\ncorrelation:" in unit.path.read_text()]
FILES = 7


class File(Kept):
    """A file whose size nobody told: it makes an errand of its own."""

    size = None  # type: ignore[assignment]


def delivered(records: Sequence[dict[str, Any]]) -> list[File]:
    """Records as several files hold them, each file some of every hour."""
    some = [records[at::FILES] for at in range(FILES)]
    return [
        File(json.dumps({"Records": each}, separators=(",", ":")).encode(), f"AWSLogs/{at}.json")
        for at, each in enumerate(some)
        if each
    ]


def hunted(files: Sequence[File], ours: Estate, bounds: Bounds, processes: int = 1) -> str:
    """All that a search tells, as JSON."""
    accounts = ("111122223333",)
    search = Hunt(rules(), app.behaviours(), ours, accounts, bounds)

    def build() -> Scanner:
        return Scanner(rules(), ours, app.sources(), accounts, routines=app.routines())

    search.read(files, build, processes)
    incidents = search.incidents(build().judge)
    told = [lines.finding(finding) for incident in incidents for finding in incident.findings]
    return json.dumps([*map(lines.incident, incidents), *told, search.coverage((), 0).events], default=str)


def example(unit: Unit) -> tuple[list[File], Estate]:
    known = pages.example(pages.sections(unit.page)["Example that fires"])
    return delivered(baked(known.records)), estate.read(known.estate, "page") if known.estate else Estate()


@pytest.mark.parametrize("unit", BEHAVIOURS, ids=[unit.id for unit in BEHAVIOURS])
def test_a_search_that_may_hold_nothing_tells_what_one_tells_that_may_hold_all(unit: Unit) -> None:
    files, ours = example(unit)
    told = hunted(files, ours, BOUNDS)
    assert f'"{unit.id}"' in told
    assert hunted(files, ours, NOTHING) == told
    assert hunted(files, ours, Bounds(cells=5_000, history=2_000, groups=9_000, names=100, digests=2, ids=50)) == told


@pytest.mark.parametrize("unit", CORRELATIONS, ids=[unit.id for unit in CORRELATIONS])
def test_events_that_wait_for_a_correlation_may_all_lie_in_a_file(unit: Unit) -> None:
    files, ours = example(unit)
    told = hunted(files, ours, BOUNDS)
    assert f'"{unit.id}"' in told
    assert hunted(files, ours, NOTHING) == told
    assert hunted(files, ours, Bounds(kept=500, behind=2)) == told


def test_what_an_export_covers_may_all_lie_in_a_file() -> None:
    ours = estate.read(ESTATE + EXPORT.replace("2000", "50000"), "test")
    auditor = next(one for one in IDENTITIES if one and "partner-export" in str(one.get("arn")))
    reads = [
        {
            "eventID": f"{number:032x}",
            "eventTime": f"2026-11-22T09:{number * 7 % 60:02}:{number * 11 % 60:02}Z",
            "eventSource": "s3.amazonaws.com",
            "eventName": "GetObject",
            "awsRegion": "eu-central-1",
            "recipientAccountId": ACCOUNT,
            "sourceIPAddress": "10.1.2.3",
            "userIdentity": auditor,
            "requestParameters": {"bucketName": "acme-training", "key": f"tickets/{number}"},
            "additionalEventData": {"bytesTransferredOut": 100},
        }
        for number in range(620)
    ]
    files = delivered(reads)
    told = hunted(files, ours, BOUNDS)
    assert '"count": 120,' in told, "what came when the bytes were spent"
    assert hunted(files[::-1], ours, NOTHING).count('"kind": "finding"') == told.count('"kind": "finding"')
    assert hunted(files, ours, NOTHING) == told
    assert hunted(files, ours, Bounds(charged=1_000, behind=7)) == told
    assert hunted(files, ours, NOTHING, processes=2) == told


@pytest.mark.skipif("fork" not in multiprocessing.get_all_start_methods(), reason="processes are forked")
def test_two_processes_that_may_hold_nothing_tell_what_one_tells() -> None:
    records = [
        record
        for unit in BEHAVIOURS
        for record in pages.example(pages.sections(unit.page)["Example that fires"]).records
    ]
    files = delivered([{**record, "eventID": f"{number:032x}"} for number, record in enumerate(baked(records))])
    told = hunted(files, Estate(), BOUNDS)
    assert told.count('"kind": "finding"') > 5
    assert hunted(files, Estate(), BOUNDS, processes=2) == told
    assert hunted(files, Estate(), NOTHING, processes=2) == told


def test_what_is_put_away_has_no_name_that_anybody_could_open_it_by() -> None:
    far = database("CREATE TABLE some (thing BLOB)", 1)
    far.executemany("INSERT INTO some VALUES (?)", [(bytes(10_000),) for _ in range(200)])
    assert far.execute("PRAGMA database_list").fetchall()[0][2] == ""
