"""Processes are killed, by want of memory or by hand: nothing is lost in silence, and none outlives its leader."""

import multiprocessing
import os
import signal
import subprocess
import sys
import threading
import time
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import BinaryIO

import pytest
from tests.engine.scan.test_bad_input import file, text
from tests.engine.scan.test_fast_way import Kept, rules

from stanch import app
from stanch.domain.estate import Estate
from stanch.engine.scan.pool import MOST_BYTES, scanned
from stanch.engine.scan.scanner import Scanner
from stanch.engine.scan.workers import Workers
from stanch.stores.logs import Piped

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="processes are forked")
PATIENCE = 20.0
FLOWS = (
    b"version account-id interface-id srcaddr dstaddr srcport dstport protocol packets bytes start end action "
    b"log-status\n"
)
_LEADER = os.getpid()


@dataclass(frozen=True)
class Deadly:
    """A file that kills the process that reads it: as often as it is read, or the first time only."""

    content: bytes
    path: str
    once: Path | None = None
    size: int = MOST_BYTES

    def open(self) -> BinaryIO:
        if os.getpid() != _LEADER and not (self.once and self.once.exists()):
            if self.once:
                self.once.touch()
            os.kill(os.getpid(), signal.SIGKILL)
        return Kept(self.content).open()


def scanner() -> Scanner:
    return Scanner(rules(), Estate(), app.sources(), ("111122223333",))


def hunted(files: list[Kept | Deadly]) -> tuple[int, list[tuple[str, str, bool]]]:
    """The number of events, and what was told."""
    parts = [part for _, part in scanned(files, scanner, 2)]
    told = [(skip.path, skip.why, skip.fault) for part in parts for skip in part.tally.skipped]
    return sum(part.tally.events for part in parts), told


def some(count: int) -> list[Kept | Deadly]:
    return [Kept(file(text(number)).content, f"AWSLogs/{number}.json") for number in range(count)]


def test_what_a_killed_process_was_reading_is_read_again(tmp_path: Path) -> None:
    deadly = Deadly(file(text("x")).content, "AWSLogs/x.json", tmp_path / "died")
    events, told = hunted([*some(100), deadly, *some(200)[100:]])
    assert events == 201
    assert [fault for _, _, fault in told] == [False]
    assert "was killed" in told[0][1]


def test_a_file_that_kills_every_time_is_told_and_costs_no_other() -> None:
    deadly = Deadly(file(text("x")).content, "AWSLogs/x.json", size=1)
    events, told = hunted([*some(100), deadly, *some(200)[100:]])
    assert events == 200
    assert [path for path, _, fault in told if fault] == ["AWSLogs/x.json"]


def test_what_is_piped_in_is_read_by_the_leader_and_everything_is_in_order() -> None:
    pipes = [Piped(Kept(file(text(name), text(f"{name}'")).content).open(), f"/dev/fd/{name}") for name in "ab"]
    files = [pipes[0], *some(200), pipes[1]]
    found = list(scanned(files, scanner, 2))
    assert [file.path for errand, _ in found for file in errand] == [file.path for file in files]
    assert sum(part.tally.events for _, part in found) == 204
    assert set(found[0][1].tally.digests) >= {"/dev/fd/a"}


def test_so_are_flows_that_are_piped_in_when_they_are_summed() -> None:
    row = b"2 111122223333 eni-0a 10.0.0.1 203.0.113.9 40000 443 6 10 5000 1793500000 1793500060 ACCEPT OK\n"
    content = FLOWS + row * (MOST_BYTES // len(row) + 1)
    pipes = [Piped(BytesIO(content), f"/dev/fd/{number}") for number in range(2)]
    assert [part.tally.tables for _, part in scanned(pipes, scanner, 2)] == [[pipe] for pipe in pipes]


def _wait(seconds: float) -> int:
    threading.Event().wait(seconds)
    return os.getpid()


def _leave_early() -> None:
    with Workers(_wait, 2) as workers:
        for seconds in (0, 0, 60, 60, 60, 60):
            future = workers.send(seconds)
            if not seconds:
                workers.back(future)
        raise KeyboardInterrupt


def test_leaving_early_kills_what_still_works() -> None:
    began, before = time.monotonic(), set(multiprocessing.active_children())
    with pytest.raises(KeyboardInterrupt):
        _leave_early()
    assert time.monotonic() - began < PATIENCE
    assert set(multiprocessing.active_children()) <= before


def test_no_process_outlives_a_leader_that_was_killed() -> None:
    program = (
        "import os, threading\n"
        "from stanch.engine.scan.workers import Workers\n"
        "def nap(seconds):\n"
        "    os.write(1, b'%d\\n' % os.getpid())\n"
        "    threading.Event().wait(seconds)\n"
        "with Workers(nap, 2) as workers:\n"
        "    futures = [workers.send(60) for _ in range(2)]\n"
        "    workers.back(futures[0])\n"
    )
    with subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, text=True) as leader:
        assert leader.stdout is not None
        pids = [int(leader.stdout.readline()) for _ in range(2)]
        leader.kill()
    until = time.monotonic() + PATIENCE
    while any(map(_lives, pids)) and time.monotonic() < until:
        os.sched_yield()
    assert not any(map(_lives, pids))


def _lives(pid: int) -> bool:
    """Whether a process runs; one that ended and was not yet asked for does not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False
