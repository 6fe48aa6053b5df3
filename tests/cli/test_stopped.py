"""A hunt that is stopped says what it read, at once and with its own code; how many processes read does not matter."""

import json
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from tests.catalog import call_samples
from tests.engine.flows.written import row, text

from stanch import app
from stanch.contracts import lines
from stanch.contracts.source import LogFile
from stanch.domain.estate import Estate
from stanch.stores.logs import found

SHARED = Path(__file__).parents[3] / "shared" / "data" / "cloudtrail"
CALLS = [
    ("cloudtrail.amazonaws.com", "StopLogging"), ("iam.amazonaws.com", "CreateAccessKey"),
    ("s3.amazonaws.com", "GetObject"), ("ec2.amazonaws.com", "DescribeInstances"),
]  # fmt: skip


def trail(folder: Path, files: int, per_file: int) -> None:
    """Many actors, some of whom do evil, and records that lie in two files."""
    folder.mkdir()
    for number in range(files):
        records = []
        for n in range(number * per_file, (number + 1) * per_file + 3):
            source, name = CALLS[0 if n % 997 == 0 else 1 if n % 499 == 0 else 2 + n % 2]
            records.append(
                {"eventVersion": "1.11", "eventID": f"e-{n}", "eventTime": f"2026-11-22T{n % 24:02}:{n % 60:02}:00Z",
                 "eventSource": source, "eventName": name, "awsRegion": "eu-central-1",
                 "sourceIPAddress": f"203.0.113.{n % 7}", "recipientAccountId": "111122223333",
                 "requestParameters": {"bucketName": "acme", "key": f"k/{n % 50}", "userName": f"u{n % 3}"},
                 "userIdentity": {"type": "IAMUser", "arn": f"arn:aws:iam::111122223333:user/u{n % 5}",
                                  "accountId": "111122223333", "accessKeyId": f"AKIAEXAMPLE{n % 5:09}"}}
            )  # fmt: skip
        (folder / f"{number:04}.json").write_text(json.dumps({"Records": records}, separators=(",", ":")))


def told(files: Sequence[LogFile], processes: int) -> list[str]:
    """What a machine is told, but for the times of the search itself."""
    got = app.hunt(files, Estate(), app.rules(), watches=app.behaviours(), routines=app.routines(), processes=processes)
    return [
        *(lines.printed(lines.finding(finding)) for one in got.incidents for finding in one.findings),
        *(lines.printed(lines.incident(one)) for one in got.incidents),
        lines.printed(lines.coverage(replace(got.coverage, seconds=0))),
    ]


def disordered(files: Sequence[LogFile]) -> list[LogFile]:
    return sorted(files, key=lambda file: file.path[::-1])


def ids(said: list[str]) -> set[str]:
    return {json.loads(line).get("id", "coverage") for line in said}


def test_two_processes_tell_what_one_tells_whatever_the_order_of_the_files(tmp_path: Path) -> None:
    trail(tmp_path / "logs", 120, 100)
    files = list(found([tmp_path / "logs"]))
    alone = told(files, 1)
    assert len(alone) > 5
    assert told(files, 2) == alone
    assert ids(told(disordered(files), 2)) == ids(alone)


@pytest.mark.skipif(not SHARED.is_dir(), reason="../shared/data/cloudtrail, the recorded logs, is absent")
def test_so_they_do_of_recorded_logs() -> None:
    files = list(found([SHARED]))
    alone = told(files, 1)
    assert len(alone) > 20
    assert told(files, 2) == alone
    assert ids(told(disordered(files), 2)) == ids(alone)


def test_what_was_read_and_not_judged_when_it_was_stopped_is_told(tmp_path: Path) -> None:
    trail(tmp_path / "logs", 1, 10)
    (tmp_path / "logs" / "flows.log").write_bytes(text([row()]))
    (tmp_path / "logs" / "gateway.jsonl").write_bytes(call_samples.lines(call_samples.LITELLM))

    def stop(_: object) -> None:
        raise KeyboardInterrupt

    got = app.hunt(list(found([tmp_path / "logs"])), Estate(), app.rules(), processes=1, on_file=stop)
    assert got.incidents
    assert {skip.path: skip.why for skip in got.coverage.files_skipped} == {
        "the rest": "1 of 3 files: interrupted",
        "calls of models": "interrupted before they were judged",
    }


PROGRAM = """
import os, signal
from stanch import app
hunt = app.hunt
def stopped(files, *given, **named):
    def stop(tally):
        STOP
    return hunt(files, *given, **{**named, "on_file": stop, "processes": 2})
app.hunt = stopped
from stanch.cli import main
main()
"""


@pytest.mark.skipif(sys.platform == "win32", reason="signals to a group are POSIX")
@pytest.mark.parametrize(
    "stop", ["os.killpg(0, signal.SIGINT)", "os.kill(os.getpid(), signal.SIGTERM)", "os.killpg(0, signal.SIGTERM)"]
)
def test_a_hunt_that_is_stopped_tells_what_it_read(tmp_path: Path, stop: str) -> None:
    trail(tmp_path / "logs", 200, 100)
    with subprocess.Popen(
        [sys.executable, "-c", PROGRAM.replace("STOP", stop), "hunt", str(tmp_path / "logs"), "--format", "json",
         "--state", str(tmp_path / "state")],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True, cwd=tmp_path,
    ) as process:  # fmt: skip
        out, err = process.communicate(timeout=60)  # which waits for all that hold the pipe: no process is left
    assert process.returncode == 130, err
    coverage = json.loads(out.splitlines()[-1])
    assert coverage["kind"] == "coverage"
    assert 0 < coverage["files_read"] < 200
    assert [skip["why"] for skip in coverage["files_skipped"]] == [
        f"{200 - coverage['files_read']} of 200 files: interrupted"
    ]
    assert "stopped; the same command begins anew" in err
    assert "Traceback" not in err


LISTING = """
import os, signal
from stanch.stores.search import Search
def listed(search):
    os.kill(os.getpid(), signal.SIGTERM)
    yield
Search.__iter__ = listed
from stanch.cli import main
main()
"""


def test_a_hunt_that_is_stopped_while_it_lists_ends_with_its_coverage(tmp_path: Path) -> None:
    (tmp_path / "a.json").write_text("{}")
    done = subprocess.run(
        [sys.executable, "-c", LISTING, "hunt", str(tmp_path), "--format", "json", "--state", str(tmp_path / "state")],
        capture_output=True, text=True, check=False, timeout=60,
    )  # fmt: skip
    assert done.returncode == 130, done.stderr
    coverage = json.loads(done.stdout)
    assert (coverage["kind"], coverage["files_read"]) == ("coverage", 0)
    assert coverage["files_skipped"][0]["why"] == "interrupted before anything could be told"
    assert "Traceback" not in done.stderr


AGAIN = """
import atexit, os, signal
from stanch import app
def again():
    os.kill(os.getpid(), signal.SIGINT)
    sum(range(1000))  # where it would be raised
def stopped(*given, **named):
    atexit.register(again)
    raise KeyboardInterrupt
app.hunt = stopped
from stanch.cli import main
main()
"""


def test_who_stops_a_hunt_that_is_ending_changes_nothing(tmp_path: Path) -> None:
    (tmp_path / "a.json").write_text("{}")
    done = subprocess.run(
        [sys.executable, "-c", AGAIN, "hunt", str(tmp_path), "--format", "json", "--state", str(tmp_path / "state")],
        capture_output=True, text=True, check=False, timeout=60,
    )  # fmt: skip
    assert done.returncode == 130, done.stderr
    assert json.loads(done.stdout)["kind"] == "coverage"
    assert "Traceback" not in done.stderr


LOADING = """
import sys
class Stop:
    def find_spec(self, name, path=None, target=None):
        if name == "stanch.app":
            raise KeyboardInterrupt
sys.meta_path.insert(0, Stop())
from stanch.cli import main
main()
"""


def test_a_command_that_is_stopped_before_it_is_loaded_ends_without_a_trace() -> None:
    done = subprocess.run(
        [sys.executable, "-c", LOADING, "incidents"], capture_output=True, text=True, check=False, timeout=60
    )
    assert (done.returncode, done.stdout, done.stderr) == (130, "", "")
