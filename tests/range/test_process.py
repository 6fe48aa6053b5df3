"""The emulator's process: it starts, answers, stops, and never outlives its parent."""

import os
import signal
import subprocess
import sys
from pathlib import Path
from time import monotonic

import pytest
from tests.range.plain_http import fetch

from stanch.range import process
from stanch.range.errors import RangeError
from stanch.range.process import Range

PARENT = """
import sys
from stanch.range.process import Range
range_ = Range().start()
range_.flush()
print(range_.pid, range_.trail, flush=True)
sys.stdin.read()
"""


def is_alive(pid: int) -> bool:
    """Whether the process still runs; one that only waits to be reaped does not."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return False
    return state != "Z"


def wait_until_gone(pid: int, seconds: float = 10) -> bool:
    give_up = monotonic() + seconds
    while is_alive(pid):
        if monotonic() > give_up:
            return False
    return True


def test_two_ranges_run_side_by_side_and_leave_nothing_behind(tmp_path: Path) -> None:
    with Range() as one, Range(tmp_path / "trail") as other:
        pids = [one.pid, other.pid]
        own_trail = one.trail
        assert one.endpoint != other.endpoint
        assert one.control("flush") == {"files": 0}
        assert other.control("flush") == {"files": 0}
        assert own_trail.is_dir()
    assert not any(is_alive(pid) for pid in pids)
    assert not own_trail.exists()
    assert (tmp_path / "trail").is_dir()


def test_stopping_twice_is_harmless_and_a_stopped_range_says_so() -> None:
    range_ = Range().start()
    range_.stop()
    range_.stop()
    with pytest.raises(RangeError, match="not running"):
        range_.flush()


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="reads the state of a process from /proc")
def test_the_emulator_and_its_trail_go_when_the_parent_is_killed() -> None:
    command = [sys.executable, "-c", PARENT]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdout is not None
        pid, folder = parent.stdout.readline().split()
        child, trail = int(pid), Path(folder)
        assert is_alive(child)
        assert trail.is_dir()
        os.kill(parent.pid, signal.SIGKILL)
        parent.wait()
    assert wait_until_gone(child)
    assert not trail.exists()


def test_what_is_missing_is_named_with_the_remedy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(process, "NEEDED", ("a_module_that_nobody_has",))
    with pytest.raises(RangeError, match=r"a_module_that_nobody_has not installed.*pip install 'stanch\[range\]'"):
        Range().start()


def test_only_loopback_is_served_and_unknown_controls_are_refused() -> None:
    with Range() as range_:
        assert range_.endpoint.startswith("http://127.0.0.1:")
        with pytest.raises(RangeError, match="404"):
            range_.control("reset")
        assert fetch(f"{range_.endpoint}/moto-api/")[0] == 404
