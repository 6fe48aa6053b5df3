"""The journal is what a crash leaves behind: it must hold all that was written, and nothing half."""

import os
import signal
import subprocess
import sys
import textwrap
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.stores.stories import step

from stanch.contracts.store import Busy, StoreError
from stanch.domain.step import Step, StepState
from stanch.stores import codec
from stanch.stores.open import open_stores

JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


def python(code: str, *arguments: str) -> subprocess.Popen[str]:
    command = [sys.executable, "-c", textwrap.dedent(code), *arguments]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def test_gives_back_the_step_that_was_written(tmp_path: Path) -> None:
    with open_stores(tmp_path) as stores:
        stores.journal.write(step())
    with open_stores(tmp_path) as stores:
        assert stores.journal.steps("inc-1") == [step()]


@given(st.dictionaries(st.text(), JSON, max_size=4))
def test_gives_back_any_state_of_a_resource(state: dict[str, object]) -> None:
    written = step(before=state, after=state)
    assert codec.decode(codec.encode(written), Step, "a test") == written


def test_tells_the_latest_state_in_the_order_in_which_steps_were_first_planned(tmp_path: Path) -> None:
    with open_stores(tmp_path) as stores:
        for one in (step("a"), step("b"), step("a", StepState.APPLIED), step("c"), step("b", StepState.FAILED)):
            stores.journal.write(one)
        assert [(s.action, s.state.value) for s in stores.journal.steps("inc-1")] == [
            ("a", "applied"),
            ("b", "failed"),
            ("c", "planned"),
        ]
        assert [s.action for s in stores.journal.history("inc-1")] == ["a", "b", "a", "c", "b"]
        assert stores.journal.steps("inc-2") == []


def test_a_row_with_an_old_time_hides_no_recent_one_before_it(tmp_path: Path) -> None:
    now = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
    with open_stores(tmp_path) as stores:
        for action, minutes in (("days", 5000), ("recent", 10), ("long-looked-at", 90), ("last", 1)):
            stores.journal.write(replace(step(action), at=now - timedelta(minutes=minutes)))
        assert [one.action for one in stores.journal.since(now - timedelta(hours=1))] == ["recent", "last"]


def test_says_so_when_a_record_is_damaged(tmp_path: Path) -> None:
    with open_stores(tmp_path) as stores:
        stores.journal.write(step())
        with stores.engine.begin() as connection:
            connection.exec_driver_sql("UPDATE journal SET body = '{\"incident\": 1}'")
        with pytest.raises(StoreError, match="the journal holds a damaged record"):
            stores.journal.steps("inc-1")


def test_refuses_a_resource_that_somebody_holds_and_gives_it_back(tmp_path: Path) -> None:
    with open_stores(tmp_path) as one, open_stores(tmp_path) as other:
        with one.journal.lock("arn:x"):
            with pytest.raises(Busy, match=f"process {os.getpid()}"), other.journal.lock("arn:x"):
                pass
            with other.journal.lock("arn:y"):
                pass
        with other.journal.lock("arn:x"):
            pass


def test_frees_the_resource_of_a_process_that_was_killed(tmp_path: Path) -> None:
    holder = python(
        """
        import sys, pathlib
        from stanch.stores.open import open_stores
        with open_stores(pathlib.Path(sys.argv[1])).journal.lock("arn:x"):
            print("held", flush=True)
            sys.stdin.read()
            import time; time.sleep(60)
        """,
        str(tmp_path),
    )
    assert holder.stdout is not None
    assert holder.stdout.readline() == "held\n"
    with open_stores(tmp_path) as stores:
        with pytest.raises(Busy, match=f"process {holder.pid}"), stores.journal.lock("arn:x"):
            pass
        holder.send_signal(signal.SIGKILL)
        holder.communicate()
        with stores.journal.lock("arn:x"):
            pass


def test_keeps_every_row_of_two_processes_that_write_at_once(tmp_path: Path) -> None:
    writers = [
        python(
            """
            import sys, pathlib
            from stanch.stores.open import open_stores
            from tests.stores.stories import step
            with open_stores(pathlib.Path(sys.argv[1])) as stores:
                for number in range(100):
                    stores.journal.write(step(f"{sys.argv[2]}/{number}"))
            """,
            str(tmp_path),
            name,
        )
        for name in ("one", "two")
    ]
    for writer in writers:
        _, complaint = writer.communicate()
        assert writer.returncode == 0, complaint
    with open_stores(tmp_path) as stores:
        assert len(stores.journal.history("inc-1")) == 200


def test_has_on_disk_what_it_said_was_written_before_it_was_killed(tmp_path: Path) -> None:
    writer = python(
        """
        import sys, pathlib
        from stanch.stores.open import open_stores
        from tests.stores.stories import step
        stores = open_stores(pathlib.Path(sys.argv[1]))
        for number in range(100000):
            stores.journal.write(step(f"n/{number}"))
            print(number, flush=True)
        """,
        str(tmp_path),
    )
    assert writer.stdout is not None
    for _ in range(50):
        writer.stdout.readline()
    writer.kill()
    said = [line for line in writer.communicate()[0].splitlines() if line]
    last = int(said[-2]) if len(said) > 1 else 49
    with open_stores(tmp_path) as stores:
        kept = [int(s.action.split("/")[1]) for s in stores.journal.history("inc-1")]
    assert kept == list(range(len(kept)))
    assert len(kept) > last


def test_writes_through_to_the_disk(tmp_path: Path) -> None:
    with open_stores(tmp_path) as stores, stores.engine.connect() as connection:
        assert connection.exec_driver_sql("PRAGMA journal_mode").scalar_one() == "wal"
        assert connection.exec_driver_sql("PRAGMA synchronous").scalar_one() == 2
