"""A watch tells what one hunt of all the logs would tell, a piece at a time, and reads and tells nothing twice."""

import json
import os
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import pytest
from tests.cli.running import Run
from tests.cli.test_stopped import trail
from tests.engine.flows.written import row, text
from tests.ground import Ground

from stanch import app
from stanch.app.watch import Cycle, Watching
from stanch.app.watch_opening import watching
from stanch.contracts.store import Busy
from stanch.domain.estate import Estate
from stanch.domain.incident import Incident
from stanch.engine import lineage
from stanch.stores import watched as watched_store
from stanch.stores.incidents import SqlIncidents
from stanch.stores.logs import found
from stanch.stores.search import Search
from stanch.stores.watched import TOGETHER, Watched

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
WEEK = timedelta(days=7)


@contextmanager
def over(logs: Path, state: Path, window: timedelta = WEEK, processes: int | None = 1) -> Iterator[Watching]:
    def search(_: datetime) -> Search:
        return Search([str(logs)])

    with watching(state, Estate(), None, search, window=window, processes=processes) as (running, _):
        yield running


def cycle(running: Watching, now: datetime = NOW) -> Cycle:
    done = running.cycle(now)
    for one in done.incidents:
        running.told(one)
    return done


def call(
    number: int, name: str = "Decrypt", when: datetime = NOW - timedelta(hours=1), user: str = "u"
) -> dict[str, Any]:
    source = "cloudtrail" if name == "StopLogging" else "kms"
    return {
        "eventVersion": "1.11", "eventID": f"e-{number}", "eventTime": f"{when:%Y-%m-%dT%H:%M:%SZ}",
        "eventSource": f"{source}.amazonaws.com", "eventName": name, "awsRegion": "eu-central-1",
        "sourceIPAddress": "203.0.113.9", "recipientAccountId": "111122223333",
        "userIdentity": {"type": "IAMUser", "arn": f"arn:aws:iam::111122223333:user/{user}",
                         "accountId": "111122223333", "accessKeyId": f"AKIAEXAMPLE{user:>9}"},
    }  # fmt: skip


def put(path: Path, *records: dict[str, Any]) -> None:
    path.parent.mkdir(exist_ok=True)
    path.write_text(json.dumps({"Records": records}))


def add(path: Path, *records: dict[str, Any]) -> None:
    path.parent.mkdir(exist_ok=True)
    with path.open("a") as file:
        file.writelines(json.dumps(record) + "\n" for record in records)


def counts(incidents: Sequence[Incident]) -> dict[str, dict[str, int]]:
    return {one.id: {finding.id: finding.count for finding in one.findings} for one in incidents}


def stored(state: Path) -> list[Incident]:
    with app.stores(state) as stores:
        return stores.incidents.all()


def rows(state: Path, question: str) -> Any:
    with sqlite3.connect(state / "watch" / "parts.db") as database:
        return database.execute(question).fetchall()


@pytest.mark.parametrize("processes", [1, 2])
def test_pieces_tell_what_the_whole_tells(tmp_path: Path, processes: int) -> None:
    trail(tmp_path / "all", 120, 100)
    (tmp_path / "logs").mkdir()
    files = sorted((tmp_path / "all").iterdir())
    with over(tmp_path / "logs", tmp_path / "state", processes=processes) as running:
        for start in range(0, 120, 12):
            for file in files[start : start + 12]:
                file.rename(tmp_path / "logs" / file.name)
            done = cycle(running)
    whole = app.hunt(
        list(found([tmp_path / "logs"])), Estate(), app.rules(), watches=app.behaviours(), routines=app.routines()
    )
    kept, wanted = counts(stored(tmp_path / "state")), counts(whole.incidents)
    assert wanted
    assert {name: kept.get(name) for name in wanted} == wanted
    # Stories that were told apart before they grew together stay in the store: what they hold is told of the whole.
    assert {finding for one in kept.values() for finding in one} == {f for one in wanted.values() for f in one}
    assert replace(done.coverage, seconds=0) == replace(whole.coverage, seconds=0, duplicates=done.coverage.duplicates)
    assert len(rows(tmp_path / "state", "SELECT * FROM parts")) < TOGETHER


def test_an_incident_is_told_once_and_again_when_it_has_grown(tmp_path: Path) -> None:
    logs = tmp_path / "logs"
    put(logs / "1.json", *map(call, range(10)), call(10, "StopLogging"))
    with over(logs, tmp_path / "state") as running:
        (first,) = cycle(running).incidents
        assert cycle(running).incidents == ()
        put(logs / "2.json", *map(call, range(20, 30)))
        quiet = cycle(running)
        assert (quiet.incidents, quiet.files, quiet.events) == ((), 1, 10)
        put(logs / "3.json", call(31, "StopLogging"))
        (again,) = cycle(running).incidents
    assert again.id == first.id
    assert [finding.count for finding in again.findings] == [2]
    with over(logs, tmp_path / "state") as running:
        restarted = cycle(running)
        assert (restarted.incidents, restarted.events, restarted.coverage.events) == ((), 0, 22)


def test_a_file_is_not_read_again(tmp_path: Path) -> None:
    logs = tmp_path / "logs"
    put(logs / "1.json", call(1, "StopLogging"))
    with over(logs, tmp_path / "state") as running:
        cycle(running)
        (logs / "1.json").unlink()
        put(logs / "2.json", call(2))
        done = cycle(running)
    assert (done.files, done.coverage.files_read, done.coverage.events) == (1, 2, 2)


def test_a_log_that_is_written_to_is_read_anew_and_counted_once(tmp_path: Path) -> None:
    logs = tmp_path / "logs"
    add(logs / "trail.jsonl", call(0, "StopLogging"))
    put(logs / "other.json", call(100))
    with over(logs, tmp_path / "state") as running:
        for number in range(1, 6):
            done = cycle(running)
            assert [sum(f.count for f in one.findings) for one in done.incidents] == [number]
            assert done.coverage.events == number + 1
            add(logs / "trail.jsonl", call(number, "StopLogging"))
    assert rows(tmp_path / "state", "SELECT COUNT(*) FROM parts")[0][0] == 2, "it lies alone once it has grown"


def test_what_is_delivered_twice_counts_once_in_whatever_cycle(tmp_path: Path) -> None:
    logs = tmp_path / "logs"
    put(logs / "1.json", *map(call, range(10)))
    with over(logs, tmp_path / "state") as running:
        cycle(running)
        put(logs / "2.json", *map(call, range(5, 15)))
        assert cycle(running).coverage.events == 15
        put(logs / "3.json", *map(call, range(15)))
        done = cycle(running)
    assert (done.coverage.events, done.coverage.duplicates) == (15, 20)


def test_what_cannot_be_opened_is_told_in_each_cycle_and_tried_again(tmp_path: Path) -> None:
    logs = tmp_path / "logs"
    put(logs / "1.json", call(1))
    (logs / "2.json").symlink_to(tmp_path / "later.json")
    with over(logs, tmp_path / "state") as running:
        for _ in range(3):
            (skip,) = cycle(running).coverage.files_skipped
            assert (Path(skip.path).name, skip.fault) == ("2.json", True)
        put(tmp_path / "later.json", call(2))
        done = cycle(running)
    assert (done.coverage.files_skipped, done.coverage.events) == ((), 2)


def test_what_is_no_log_is_told_in_each_cycle_and_read_once(tmp_path: Path) -> None:
    logs = tmp_path / "logs"
    put(logs / "1.json", call(1))
    (logs / "notes.txt").write_text("nothing of the kind")
    with over(logs, tmp_path / "state") as running:
        for number in range(3):
            put(logs / f"{number}.json", call(number))
            assert [Path(skip.path).name for skip in cycle(running).coverage.files_skipped] == ["notes.txt"]
    assert len(rows(tmp_path / "state", "SELECT * FROM files")) == 4


def test_what_a_lineage_forgot_is_told_as_long_as_the_window_holds_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lineage, "MOST_LINKS", 10)
    handed_out = [
        {
            **call(n, "GetSessionToken"),
            "eventSource": "sts.amazonaws.com",
            "responseElements": {"credentials": {"accessKeyId": f"ASIA{n}"}},
        }
        for n in range(30)
    ]
    with over(tmp_path / "logs", tmp_path / "state") as running:
        put(tmp_path / "logs" / "a.json", *handed_out[:8])
        assert cycle(running).coverage.complete
        put(tmp_path / "logs" / "b.json", *handed_out[8:])
        told = cycle(running).coverage
        assert not told.complete
        assert any(skip.path == "the lineage" for skip in told.files_skipped)
        assert not cycle(running).coverage.complete
        put(tmp_path / "logs" / "c.json", call(30, when=NOW + 3 * WEEK))
        assert cycle(running, NOW + 3 * WEEK).coverage.complete


def test_what_leaves_the_window_is_dropped_and_not_told_as_news(tmp_path: Path) -> None:
    logs = tmp_path / "logs"
    put(logs / "1.json", call(1, "StopLogging", NOW - timedelta(days=6)))
    with over(logs, tmp_path / "state") as running:
        assert len(cycle(running).incidents) == 1
        put(logs / "2.json", call(2, when=NOW - timedelta(days=8)), call(3))
        first = cycle(running)
        assert (first.coverage.events, first.incidents) == (2, ())
        assert [skip.why for skip in first.coverage.files_skipped] == ["1 event from before the window"]
        put(logs / "4.json", call(4, when=NOW + timedelta(days=3)))
        later = cycle(running, NOW + timedelta(days=4))
        assert (later.coverage.events, later.incidents) == (2, ())
        put(logs / "5.json", call(5, when=NOW + timedelta(days=29)))
        last = cycle(running, NOW + timedelta(days=30))
        assert (last.coverage.events, last.files) == (1, 1), "files are remembered longer than what they came to"
    assert len(rows(tmp_path / "state", "SELECT * FROM parts")) == 1


def test_an_account_that_appears_widens_the_perimeter_for_all(tmp_path: Path) -> None:
    logs = tmp_path / "logs"
    put(logs / "1.json", call(1))
    with over(logs, tmp_path / "state") as running:
        assert cycle(running).accounts == ("111122223333",)
        put(logs / "2.json", call(2) | {"recipientAccountId": "444455556666"})
        done = cycle(running)
    assert (done.accounts, done.files) == (("111122223333", "444455556666"), 2)


def test_so_does_one_that_only_the_end_of_a_file_names_before_anything_is_told(tmp_path: Path) -> None:
    logs, other = tmp_path / "logs", "444455556666"
    added = {"add": {"items": [{"userId": other}]}}
    shared = call(0, "ModifySnapshotAttribute") | {
        "eventSource": "ec2.amazonaws.com",
        "requestParameters": {
            "snapshotId": "snap-1", "createVolumePermission": added, "attributeType": "CREATE_VOLUME_PERMISSION",
        },
    }  # fmt: skip
    put(logs / "1.json", shared, *map(call, range(1, 201)))
    with over(logs, tmp_path / "stranger") as running:
        assert [f.detection for one in cycle(running).incidents for f in one.findings] == [
            "exfiltration/snapshot_shared"
        ]
    put(logs / "1.json", shared, *map(call, range(1, 201)), call(201) | {"recipientAccountId": other})
    with over(logs, tmp_path / "state") as running:
        done = cycle(running)
        assert (done.incidents, done.accounts) == ((), ("111122223333", other))
        assert (done.files, done.events, done.coverage.events) == (1, 202, 202)
        assert cycle(running).files == 0
    assert stored(tmp_path / "state") == []


def test_a_cycle_that_is_stopped_calls_no_account_of_ours_a_stranger(tmp_path: Path) -> None:
    logs, other = tmp_path / "logs", "444455556666"
    put(logs / "1.json", *map(call, range(200)), call(200, "StopLogging") | {"recipientAccountId": other})
    with over(logs, tmp_path / "state") as running:
        running.on_part = interrupting(1)
        stopped = cycle(running)
        assert (stopped.stopped, stopped.incidents) == (True, ())
        assert {skip.path for skip in stopped.coverage.files_skipped} == {"the perimeter", "the rest"}
    assert stored(tmp_path / "state") == []
    with over(logs, tmp_path / "state") as running:
        done = cycle(running)
    assert (done.accounts, done.files, len(done.incidents)) == (("111122223333", other), 1, 1)


def test_flow_logs_are_summed_anew_when_another_comes_and_once_when_it_begins(tmp_path: Path) -> None:
    logs, start = tmp_path / "logs", int((NOW - timedelta(hours=2)).timestamp())
    put(logs / "1.json", call(1))
    (logs / "1.log").write_bytes(text([row(start=start, end=start + 60)] * 3))
    with over(logs, tmp_path / "state") as running:
        assert cycle(running).coverage.events == 4
        put(logs / "2.json", call(2))
        calm = cycle(running)
        assert calm.coverage.events == 2
        assert [skip.why for skip in calm.coverage.files_skipped] == [
            "1 flow log not summed again: no other came since"
        ]
        (logs / "2.log").write_bytes(text([row(start=start + 60, end=start + 120)] * 3))
        assert cycle(running).coverage.events == 8
    with over(logs, tmp_path / "state") as running:
        assert cycle(running).coverage.events == 8


def test_flow_logs_for_which_there_was_no_room_are_summed_in_the_next_cycle(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    logs, start = tmp_path / "logs", int((NOW - timedelta(hours=2)).timestamp())
    put(logs / "1.json", call(1, "StopLogging"))
    (logs / "1.log").write_bytes(text([row(start=start, end=start + 60)] * 3))
    with over(logs, tmp_path / "state") as running:
        with monkeypatch.context() as full:
            full.setattr(tempfile, "tempdir", str(tmp_path / "gone"))
            done = cycle(running)
        assert (done.coverage.events, len(done.incidents)) == (1, 1)
        assert [skip.path for skip in done.coverage.files_skipped] == ["flow logs"]
        assert (cycle(running).coverage.events, cycle(running).coverage.complete) == (4, True)


def test_flows_from_before_the_window_are_counted_and_left_out(tmp_path: Path) -> None:
    logs = tmp_path / "logs"
    put(logs / "1.json", call(1))
    old, new = (int((NOW - timedelta(days=days)).timestamp()) for days in (60, 1))
    (logs / "1.log").write_bytes(text([*[row(start=old, end=old + 60)] * 10, row(start=new, end=new + 60)]))
    with over(logs, tmp_path / "state") as running:
        coverage = cycle(running).coverage
    assert (coverage.events, coverage.first_event) == (2, NOW - timedelta(days=1))
    assert [skip.why for skip in coverage.files_skipped] == ["10 events from before the window"]


def test_what_is_delivered_into_a_bucket_is_fetched_once(stanch: Run, ground: Ground) -> None:
    when = datetime.now(UTC) - timedelta(hours=1)
    bucket = ground.bucket([{"Effect": "Allow", "Principal": "*", "Action": "s3:*", "Resource": "*"}], key=None)
    place = f"AWSLogs/111122223333/CloudTrail/eu-central-1/{when:%Y/%m/%d}/"

    def deliver(number: int, name: str) -> str:
        key = f"{place}111122223333_CloudTrail_eu-central-1_{when:%Y%m%dT%H%M}Z_{number:016}.json"
        body = json.dumps({"Records": [call(number, name, when)]})
        ground.admin.call("s3", "PutObject", Bucket=bucket, Key=key, Body=body.encode())
        return key

    first = deliver(1, "StopLogging")
    said = stanch("watch", f"s3://{bucket}/AWSLogs", "--cycles", "1")
    assert ([line["kind"] for line in said.lines], said.code) == (["finding", "incident", "coverage"], 0), said.err
    ground.admin.call("s3", "DeleteObject", Bucket=bucket, Key=first)
    deliver(2, "Decrypt")
    again = stanch("watch", f"s3://{bucket}/AWSLogs", "--cycles", "2", "--every", "1s")
    assert [(line["kind"], line["events"]) for line in again.lines] == [("coverage", 2)] * 2
    assert "new: 1 file, 1 event; the window holds 2 files, 2 events" in again.err


def test_one_state_folder_has_one_watch(tmp_path: Path) -> None:
    with over(tmp_path, tmp_path / "state"), pytest.raises(Busy), over(tmp_path, tmp_path / "state"):
        pass


def test_a_part_that_was_damaged_is_read_again(tmp_path: Path) -> None:
    logs = tmp_path / "logs"
    put(logs / "1.json", call(1))
    with over(logs, tmp_path / "state") as running:
        cycle(running)
    with sqlite3.connect(tmp_path / "state" / "watch" / "parts.db") as database:
        database.execute("UPDATE parts SET payload = x'8004'")
    with over(logs, tmp_path / "state") as running:
        assert "damaged" in cycle(running).coverage.files_skipped[0].why
        done = cycle(running)
    assert (done.coverage.events, done.coverage.files_skipped) == (1, ())


def test_an_interrupted_cycle_tells_what_it_read_and_the_next_goes_on(tmp_path: Path) -> None:
    trail(tmp_path / "logs", 120, 10)

    def search(_: datetime) -> Search:
        return Search([str(tmp_path / "logs")])

    with watching(tmp_path / "state", Estate(), None, search, window=WEEK, processes=1) as (running, _):
        running.on_part = interrupting(2)
        stopped = cycle(running)
        assert stopped.stopped
        assert 0 < stopped.coverage.files_read < 120
        assert any("interrupted" in skip.why for skip in stopped.coverage.files_skipped)
    with over(tmp_path / "logs", tmp_path / "state") as running:
        done = cycle(running)
    assert (done.coverage.files_read, done.files) == (120, 120 - stopped.coverage.files_read)


def interrupting(after: int) -> Any:
    left = [after]

    def on_part(_: object) -> None:
        left[0] -= 1
        if left[0] == 0:
            raise KeyboardInterrupt

    return on_part


DURABLE = [(Watched, "keep"), (Watched, "expire"), (Watched, "put_together"), (SqlIncidents, "save")]
"""Before and after each of these a process may die; between a line and the note that it was told it tells it again."""
ARRIVALS = 5


def life(folder: Path, after: int) -> None:
    """Watch files arrive, and die after so many moments."""
    left = [after]
    watched_store.TOGETHER = 3

    def dying(do: Any) -> Any:
        def done(*given: Any, **named: Any) -> Any:
            _die(left)
            result = do(*given, **named)
            _die(left)
            return result

        return done

    for of, name in DURABLE:
        setattr(of, name, dying(getattr(of, name)))
    with over(folder / "logs", folder / "state") as running, (folder / "told").open("a") as out:
        for number in range(ARRIVALS):
            arrived = folder / "logs" / f"{number}.json"
            if not arrived.exists():
                from_there = {"sourceIPAddress": f"203.0.113.{number}"}  # or they would be one story
                name = "StopLogging" if number % 3 == 0 else "Decrypt"
                put(arrived, call(number, name, user=f"u{number}") | from_there)
            for one in running.cycle(NOW).incidents:
                out.write(f"{one.id} {sum(finding.count for finding in one.findings)}\n")
                out.flush()
                running.told(one)


def _die(left: list[int]) -> None:
    if left[0] == 0:
        os.kill(os.getpid(), signal.SIGKILL)
    left[0] -= 1


def lived(folder: Path, after: int) -> int | None:
    folder.mkdir(exist_ok=True)
    process = get_context("fork").Process(target=life, args=(folder, after))
    process.start()
    process.join(60)
    return process.exitcode


def test_whoever_dies_at_any_point_loses_nothing_and_tells_nothing_twice(tmp_path: Path) -> None:
    assert lived(tmp_path / "whole", -1) == 0
    whole = sorted((tmp_path / "whole" / "told").read_text().splitlines())
    assert len(whole) == 2
    for after in range(0, 200, 6):
        folder = tmp_path / f"{after}"
        ended = lived(folder, after)
        assert lived(folder, -1) == 0
        assert sorted((folder / "told").read_text().splitlines()) == whole, after
        assert rows(folder / "state", "SELECT COUNT(*) FROM files") == [(ARRIVALS,)]
        if ended == 0:
            break
    assert (ended, after > 20) == (0, True)


@pytest.mark.skipif(sys.platform == "win32", reason="signals to a group are POSIX")
@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_it_between_two_cycles(tmp_path: Path, how: int) -> None:
    put(tmp_path / "logs" / "1.json", call(1, "StopLogging", datetime.now(UTC) - timedelta(hours=1)))
    command = [sys.executable, "-m", "stanch", "watch", str(tmp_path / "logs"), "--state", str(tmp_path / "state"),
               "--format", "json", "--otlp", "127.0.0.1:0"]  # fmt: skip
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True
    ) as process:
        assert process.stdout is not None
        kinds = []
        while "coverage" not in kinds:
            kinds.append(json.loads(process.stdout.readline())["kind"])
        os.kill(process.pid, how)
        out, err = process.communicate(timeout=30)
    assert kinds == ["finding", "incident", "coverage"]
    assert (process.returncode, out) == (130, "")
    assert "stopped; what was read is kept; the same command goes on with it" in err
    assert "Receiving OpenTelemetry at http://127.0.0.1:" in err
    assert "Traceback" not in err


def test_a_cycle_that_fails_is_told_and_the_next_one_tries_again(stanch: Run, tmp_path: Path) -> None:
    said = stanch("watch", str(tmp_path / "none"))
    assert said.code == 2
    put(tmp_path / "logs" / "1.json", call(1))
    command = [sys.executable, "-m", "stanch", "watch", str(tmp_path / "logs"), "--every", "1s", "--format", "json"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as process:
        assert process.stdout is not None

        def coverage() -> Any:
            assert process.stdout is not None
            while (line := json.loads(process.stdout.readline()))["kind"] != "coverage":
                pass
            return line

        assert coverage()["files_read"] == 1
        (tmp_path / "logs").rename(tmp_path / "gone")
        while not (failed := coverage())["files_skipped"]:
            pass
        assert "does not exist" in failed["files_skipped"][0]["why"]
        (tmp_path / "gone").rename(tmp_path / "logs")
        deadline = time.monotonic() + 20
        while coverage()["files_skipped"] and time.monotonic() < deadline:
            pass
        process.terminate()
        process.communicate(timeout=20)
    assert process.returncode == 130


@pytest.mark.parametrize(
    ("arguments", "why"),
    [
        ([], "there is nothing to watch"),
        (["-"], "standard input ends"),
        (["."], None),
        ([".", "--every", "999999999d", "--window", "999999999d"], None),
        ([".", "--every", "0s"], "is no time"),
        ([".", "--window", "soon"], "is no time"),
        ([".", "--otlp", "example.org:4318"], "is no address"),
        ([".", "--otlp", "127.0.0.1:99999"], "is no address"),
        ([".", "--otlp", "0.0.0.0:4318"], "can be reached from other machines"),
        ([".", "--tls-cert", "x"], "give --otlp"),
        ([".", "--otlp", "127.0.0.1:0", "--tls-cert", "x"], "is no file"),
        ([".", "--otlp", "127.0.0.1:0", "--token-file", "short"], "less than 16"),
        ([".", "--otlp", "127.0.0.1:0", "--token-file", "open"], "can be read by others"),
        ([".", "--fail-on", "awful"], "--fail-on"),
    ],
)
def test_wrong_use_is_told_with_its_remedy(stanch: Run, tmp_path: Path, arguments: list[str], why: str | None) -> None:
    put(tmp_path / "logs" / "1.json", call(1))
    for name, mode in (("short", 0o600), ("open", 0o644)):
        (tmp_path / name).write_text("secret")
        (tmp_path / name).chmod(mode)
    said = stanch("watch", *arguments, "--cycles", "1")
    if why is None:
        assert said.code in (0, 3)
    else:
        assert (said.code, why in said.err) == (2, True), said.err


def test_fail_on_is_the_code_of_what_was_told(stanch: Run, tmp_path: Path) -> None:
    put(tmp_path / "logs" / "1.json", call(1, "StopLogging", datetime.now(UTC) - timedelta(hours=1)))
    assert stanch("watch", "logs", "--cycles", "1", "--fail-on", "high").code == 10
    assert stanch("watch", "logs", "--cycles", "1", "--fail-on", "high").code == 0, "it was told before"
