"""A hunt that was killed goes on with what its finished files told, and never with what they did not."""

import os
import signal
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stanch.aws.bucket import Listed
from stanch.aws.doorway import Doorway
from stanch.contracts.store import Busy
from stanch.stores.checkpoint import FOLDER, KEPT_SECONDS, Checkpoint, checkpoint, identity, scope
from stanch.stores.logs import LocalFile, Piped
from stanch.stores.s3 import Place, S3File


def test_gives_back_what_finished_files_told_in_their_order(tmp_path: Path) -> None:
    with checkpoint(tmp_path, "one") as kept:
        assert kept.resumed == 0
        for file in ("b", "a", "c"):
            kept.record(file, file.encode() * 3)
        assert kept.done("a")
        assert not kept.done("d")
    with checkpoint(tmp_path, "one") as kept:
        assert kept.resumed == 3
        assert list(kept.payloads()) == [("b", b"bbb"), ("a", b"aaa"), ("c", b"ccc")]
        assert kept.payload("c") == b"ccc"
        assert kept.payload("d") is None


def test_another_scope_is_another_hunt(tmp_path: Path) -> None:
    with checkpoint(tmp_path, scope("s3://logs/", "2026-11-20", "rules 1")) as kept:
        kept.record("a", b"told")
    with checkpoint(tmp_path, scope("s3://logs/", "2026-11-20", "rules 2")) as kept:
        assert not kept.done("a")


@given(st.lists(st.text(max_size=3), max_size=4), st.lists(st.text(max_size=3), max_size=4))
@settings(max_examples=300)
def test_two_scopes_are_equal_only_when_all_their_parts_are(one: list[str], other: list[str]) -> None:
    assert (scope(*one) == scope(*other)) == (one == other)


def test_what_a_file_told_first_stays(tmp_path: Path) -> None:
    with checkpoint(tmp_path, "one") as kept:
        kept.record("a", b"first")
        kept.record("a", b"second")
        assert kept.payload("a") == b"first"


def test_forgetting_leaves_nothing_behind(tmp_path: Path) -> None:
    with checkpoint(tmp_path, "one") as kept:
        kept.record("a", b"told")
        kept.forget()
    assert list((tmp_path / FOLDER).iterdir()) == []


def test_is_for_its_owner_only(tmp_path: Path) -> None:
    with checkpoint(tmp_path, "one") as kept:
        kept.record("a", b"told")
        assert [path.stat().st_mode & 0o077 for path in (tmp_path / FOLDER).iterdir()] == [0] * 3


def test_the_same_hunt_twice_at_once_is_refused(tmp_path: Path) -> None:
    with checkpoint(tmp_path, "one"), pytest.raises(Busy), checkpoint(tmp_path, "one"):
        pass
    with checkpoint(tmp_path, "two"):
        pass


def test_stops_keeping_at_its_bound_and_goes_on(tmp_path: Path) -> None:
    with checkpoint(tmp_path, "one", limit=1000) as kept:
        for n in range(5):
            kept.record(f"{n}", b"x" * 300)
        assert [kept.done(f"{n}") for n in range(5)] == [True, True, True, False, False]
    with checkpoint(tmp_path, "one", limit=900) as kept:
        assert kept.full
        kept.record("more", b"x")
        assert not kept.done("more")


@pytest.mark.parametrize(
    "damage", [b"not a database at all, but long enough to be read as one" * 40, b"SQLite format 3\0"]
)
def test_a_damaged_file_is_begun_anew(tmp_path: Path, damage: bytes) -> None:
    path = tmp_path / FOLDER / "one.checkpoint"
    path.parent.mkdir()
    path.write_bytes(damage)
    with checkpoint(tmp_path, "one") as kept:
        assert kept.resumed == 0
        kept.record("a", b"told")
        assert kept.done("a")


def test_a_failing_disk_ends_the_recording_and_not_the_hunt(tmp_path: Path) -> None:
    with checkpoint(tmp_path, "one") as kept:
        kept.record("a", b"told")
        kept.commit()
        kept._database.execute("PRAGMA max_page_count=4")  # what a full disk answers
        for n in range(20):
            kept.record(f"{n}", b"x" * 5000)
        assert kept.fault is not None
        assert "cannot be resumed further" in kept.fault
    with checkpoint(tmp_path, "one") as kept:
        assert kept.done("a")


def test_hunts_that_nobody_resumed_are_forgotten(tmp_path: Path) -> None:
    for name in ("old", "new"):
        with checkpoint(tmp_path, name) as kept:
            kept.record("a", b"told")
    long_ago = time.time() - KEPT_SECONDS - 60
    os.utime(tmp_path / FOLDER / "old.checkpoint", (long_ago, long_ago))
    with checkpoint(tmp_path, "third"):
        pass
    assert sorted(path.stem for path in (tmp_path / FOLDER).glob("*.checkpoint")) == ["new", "third"]


def test_a_killed_hunt_keeps_all_but_its_last_second(tmp_path: Path) -> None:
    code = (
        "import sys, pathlib; from stanch.stores.checkpoint import checkpoint\n"
        "with checkpoint(pathlib.Path(sys.argv[1]), 'one') as kept:\n"
        "    for n in range(100): kept.record(str(n), b'x' * n)\n"
        "    kept.commit(); kept.record('last', b'not durable yet'); print('ready', flush=True); sys.stdin.read()\n"
    )
    child = subprocess.Popen(
        [sys.executable, "-c", code, str(tmp_path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert child.stdin is not None
    assert child.stdout is not None
    assert child.stdout.readline() == "ready\n"
    child.send_signal(signal.SIGKILL)
    child.communicate()
    with checkpoint(tmp_path, "one") as kept:
        assert list(kept.payloads()) == [(str(n), b"x" * n) for n in range(100)]
        kept.record("last", b"read again")
        assert kept.payload("last") == b"read again"


def test_a_file_is_the_same_only_with_the_same_path_and_content(tmp_path: Path) -> None:
    one, other = tmp_path / "one", tmp_path / "other"
    for path in (one, other):
        path.write_bytes(b"same")
    first = identity(LocalFile(str(one), 4))
    assert first is not None
    assert first == identity(LocalFile(str(one), 4))
    assert first != identity(LocalFile(str(other), 4))
    os.utime(one, ns=(1, 1))
    assert first != identity(LocalFile(str(one), 4))
    place = Place("logs", Doorway())
    objects = [Listed("k", 1, '"e1"'), Listed("k", 1, '"e2"'), Listed("k", 2, '"e1"'), Listed("l", 1, '"e1"')]
    assert len({identity(S3File(place, listed)) for listed in objects}) == 4


def test_what_cannot_be_had_twice_has_no_identity(tmp_path: Path) -> None:
    with (tmp_path / "pipe").open("w+b") as stream:
        assert identity(Piped(stream)) is None
    assert identity(LocalFile(str(tmp_path / "gone"), None)) is None


def test_asking_costs_little_with_many_files_recorded(tmp_path: Path) -> None:
    kept = Checkpoint(tmp_path / "one.checkpoint")
    for n in range(20_000):
        kept.record(scope(str(n)), b"x" * 40)
    began = time.process_time()
    assert all(kept.done(scope(str(n))) for n in range(0, 20_000, 10))
    assert time.process_time() - began < 1
    kept.close()
    with sqlite3.connect(tmp_path / "one.checkpoint") as database:
        assert database.execute("SELECT COUNT(*) FROM done").fetchone() == (20_000,)
    database.close()
