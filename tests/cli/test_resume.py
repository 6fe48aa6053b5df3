"""A long hunt that is stopped midway goes on where it was, and tells the same as one that never stopped."""

import json
import os
import signal
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

import pytest

from stanch.app import progress
from stanch.engine.scan.part import Part
from stanch.stores.checkpoint import Checkpoint
from stanch.stores.logs import found

PROGRAM = "from stanch.app import progress; progress.WORTH_KEEPING = 0; from stanch.cli import main; main()"


def trail(folder: Path, files: int) -> None:
    for number in range(files):
        hour = f"2026-11-22T{number % 24:02}"
        records = [
            {"eventVersion": "1.11", "eventID": f"{number}-{n}", "eventTime": f"{hour}:00:{n % 60:02}Z",
             "eventSource": "cloudtrail.amazonaws.com" if n == 7 else "kms.amazonaws.com",
             "eventName": "StopLogging" if n == 7 else "Decrypt",
             "awsRegion": "eu-central-1", "sourceIPAddress": "203.0.113.9", "recipientAccountId": "111122223333",
             "userIdentity": {"type": "IAMUser", "arn": f"arn:aws:iam::111122223333:user/u{n % 5}",
                              "accountId": "111122223333", "accessKeyId": f"AKIAEXAMPLE{n % 5:09}"}}
            for n in range(3000)
        ]  # fmt: skip
        (folder / f"{number:04}.json").write_text(json.dumps({"Records": records}, separators=(",", ":")))


def hunt(folder: Path, state: Path) -> "subprocess.Popen[str]":
    return subprocess.Popen(
        [sys.executable, "-c", PROGRAM, "hunt", str(folder), "--state", str(state), "--format", "json"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
        env={**os.environ, "COLUMNS": "200"},
    )


def recorded(checkpoint: Path) -> bool:
    with sqlite3.connect(f"file:{checkpoint}?mode=ro", uri=True) as database:
        try:
            return bool(database.execute("SELECT COUNT(*) FROM done").fetchone()[0])
        except sqlite3.OperationalError:
            return False  # not made yet


def printed(said: str) -> list[dict[str, object]]:
    lines = [json.loads(line) for line in said.splitlines()]
    return [{**line, "seconds": 0} for line in lines]


@pytest.mark.skipif(sys.platform == "win32", reason="signals to a group are POSIX")
def test_a_hunt_killed_midway_goes_on_and_tells_the_same(tmp_path: Path) -> None:
    (tmp_path / "logs").mkdir()
    trail(tmp_path / "logs", 120)
    whole, _ = hunt(tmp_path / "logs", tmp_path / "one").communicate(timeout=120)
    first = hunt(tmp_path / "logs", tmp_path / "two")
    kept = tmp_path / "two" / "hunts"
    deadline = time.monotonic() + 60
    while first.poll() is None and time.monotonic() < deadline:
        if any(map(recorded, kept.glob("*.checkpoint"))):
            os.killpg(first.pid, signal.SIGKILL)
            break
        time.sleep(0.005)
    first.communicate(timeout=60)
    assert first.returncode == -signal.SIGKILL
    again = hunt(tmp_path / "logs", tmp_path / "two")
    said, told = again.communicate(timeout=120)
    assert "Going on where an earlier hunt stopped" in told
    assert printed(said) == printed(whole)
    assert not any(kept.glob("*.checkpoint"))


def test_nothing_is_remembered_of_what_was_found_or_kept(tmp_path: Path) -> None:
    trail(tmp_path, 3)
    errands = [(file,) for file in found([tmp_path])]
    kept = Checkpoint(tmp_path / "one.checkpoint")
    for first in (True, False):
        resuming = progress.Resuming(kept)
        for errand in errands:
            part = resuming.found(errand)
            assert (part is None) is first
            assert len(resuming._identities) == first
            if part is None:
                resuming.keep(errand, Part(), None)
        assert not resuming._identities
    kept.close()


def test_only_long_hunts_are_kept() -> None:
    assert progress.WORTH_KEEPING > 1 << 20
