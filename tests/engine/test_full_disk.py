"""A disk that is full costs what it has no room for, told as such, and nothing else of what was found."""

import errno
import json
import re
import resource
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.catalog import call_samples
from tests.engine.flows.written import row, text
from tests.engine.scan.test_bad_input import text as record
from tests.engine.scan.test_bounded import NOTHING, File
from tests.engine.scan.test_fast_way import Kept, rules

from stanch import app
from stanch.app.knowledge import every_source
from stanch.domain.estate import Estate
from stanch.domain.incident import Incident
from stanch.engine.hunt import Hunt
from stanch.engine.inference.book import Book
from stanch.engine.inflate import GIB
from stanch.engine.scan import digests, far, gathered
from stanch.engine.scan.bounds import BOUNDS, Bounds
from stanch.engine.scan.digests import Digests
from stanch.engine.scan.gathered import Gathered
from stanch.engine.scan.scanner import Scanner
from stanch.engine.scan.span import ALWAYS
from stanch.engine.scan.temporary import database

EVIL = "CloudTrail stopped, narrowed or deleted"
ROOM = 400_000


def trail(number: int, count: int = 1) -> File:
    """A trail that is stopped by somebody of its own, and ordinary calls."""
    stop = {"eventSource": "cloudtrail.amazonaws.com", "eventName": "StopLogging", "requestParameters": {"name": "t"}}
    who = {"type": "IAMUser", "arn": f"arn:aws:iam::111122223333:user/u{number}", "accountId": "111122223333"}
    records = [
        record(f"{number}-{n}", userIdentity={**who, "accessKeyId": f"AKIA{number}-{n}"}, **({} if n else stop))
        for n in range(count)
    ]
    return File(b'{"Records":[' + b",".join(records) + b"]}", f"AWSLogs/111122223333/{number}.json")


def hunted(*files: Kept, bounds: Bounds = BOUNDS) -> tuple[list[Incident], dict[str, str], Hunt]:
    """What was told, and by its path what was not."""
    search = Hunt(rules(), app.behaviours(), Estate(), ("111122223333",), bounds)

    def build() -> Scanner:
        return Scanner(rules(), Estate(), every_source(), ("111122223333",))

    search.read(files, build)
    search.hear()
    search.weigh(limit=GIB, span=ALWAYS)
    told = search.incidents(build().judge)
    return told, {skip.path: skip.why for skip in search.coverage((), 0).files_skipped if skip.fault}, search


def with_room_for(pages: int) -> Callable[[str, int], sqlite3.Connection]:
    def limited(schema: str, cache: int) -> sqlite3.Connection:
        made = database(schema, cache)
        made.execute(f"PRAGMA max_page_count = {pages}")  # which answers as a full disk does
        return made

    return limited


def test_flow_logs_that_cannot_be_weighed_cost_no_finding(tmp_path: Path) -> None:
    (tmp_path / "a.json").write_bytes(trail(0).content)
    (tmp_path / "f.log").write_bytes(text([row(srcport=n) for n in range(20_000)]))

    def limit() -> None:
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (ROOM, resource.RLIM_INFINITY))

    done = subprocess.run(
        [sys.executable, "-m", "stanch", "hunt", str(tmp_path), "--format", "json", "--state", str(tmp_path / "st")],
        capture_output=True, text=True, check=False, timeout=120, preexec_fn=limit,
    )  # fmt: skip
    assert done.returncode == 3, done.stderr
    *_, incident, coverage = map(json.loads, done.stdout.splitlines())
    assert (incident["kind"], incident["title"]) == ("incident", EVIL)
    (skip,) = coverage["files_skipped"]
    assert skip["path"] == "flow logs"
    assert skip["why"].startswith("1 flow log not weighed, or not to the end: ")


def test_calls_of_models_that_cannot_be_put_away_cost_no_finding(monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(Book, "take", full)
    told, faults, _ = hunted(Kept(call_samples.lines(call_samples.LITELLM), "gateway.jsonl"), trail(0))
    assert [one.title for one in told] == [EVIL]
    assert faults == {"calls of models": "not judged: No space left on device; has the temporary folder room?"}


@pytest.mark.parametrize(("spilled", "pages"), [(far, 20), (gathered, 6)])
def test_reading_ends_where_there_is_no_room_and_what_was_read_is_told(
    monkeypatch: pytest.MonkeyPatch, spilled: object, pages: int
) -> None:
    monkeypatch.setattr(spilled, "database", with_room_for(pages))
    told, faults, search = hunted(*(trail(n, 4) for n in range(100)), bounds=NOTHING)
    match = re.fullmatch(r"all after (\d+) files not read, .*: .* full; has the .* room\?", faults["the rest"])
    assert match
    assert 0 < int(match[1]) < 100
    assert search.part.tally.files_read == int(match[1])
    assert len([one for story in told for one in story.findings if one.title == EVIL]) == int(match[1])
    assert search.failed


def test_what_lies_in_a_file_that_cannot_be_sorted_is_told_by_rules_and_not_by_behaviours(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    made: list[sqlite3.Connection] = []

    def noted(schema: str, cache: int) -> sqlite3.Connection:
        made.append(database(schema, cache))
        return made[-1]

    def fill(*_: object) -> None:
        for one in made:
            one.execute("PRAGMA max_page_count = 1")  # no more than there is

    monkeypatch.setattr(far, "database", noted)
    monkeypatch.setattr(gathered, "database", noted)
    monkeypatch.setattr(Hunt, "_correlate", fill)
    told, faults, _ = hunted(trail(0, 300), trail(1, 300), bounds=NOTHING)
    assert len([finding for one in told for finding in one.findings if finding.title == EVIL]) == 2
    assert "behaviours" in faults


def test_groups_come_back_from_a_file_that_is_full(monkeypatch: pytest.MonkeyPatch) -> None:
    parts = [Scanner(rules(), Estate(), app.sources(), ("111122223333",)).scan([trail(n % 3)]) for n in range(6)]
    near, held = Gathered(), Gathered(0)
    for at, part in enumerate(parts):
        near.absorb(part.gatherer)
        if at == 4:
            assert held._database is not None
            held._database.execute("PRAGMA max_page_count = 1")
        try:
            held.absorb(parts[at].gatherer)
        except sqlite3.Error:
            assert at >= 4
    assert [(one.actor, one.count, one.ids) for one in held.told()] == [
        (one.actor, one.count, one.ids) for one in near.told()
    ]


def test_digests_stay_in_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(digests, "database", with_room_for(2))
    known = Digests(Bounds(digests=100))
    for number in range(3000):
        known[f"{number}.json"] = ("ab" * 32, number)
    assert [known[f"{number}.json"][1] for number in range(3000)] == list(range(3000))
    assert len(known) == 3000
