"""What was received lies whole or not at all, once, and not for ever; where there is no room its sender is told so."""

import io
from pathlib import Path

import pytest

from stanch.stores.spool import RETENTION, DiskFull, Spool, SpoolFull


def test_a_letter_appears_whole_and_for_its_owner_alone(tmp_path: Path) -> None:
    spool = Spool(tmp_path / "spool")
    spool.put(io.BytesIO(b"words"), "traces.pb")
    (letter,) = spool.letters()
    assert letter.path.startswith("otlp:")
    assert letter.path.endswith(".traces.pb")
    with letter.open() as stored:
        assert stored.read() == b"words"
    assert letter.where.stat().st_mode & 0o777 == 0o600
    assert spool.folder.stat().st_mode & 0o777 == 0o700


def test_the_same_letter_lies_there_once(tmp_path: Path) -> None:
    spool = Spool(tmp_path)
    for kind in ("traces.pb", "traces.pb", "logs.pb"):
        spool.put(io.BytesIO(b"words"), kind)
    assert len(spool.letters()) == 2


def test_what_waits_is_bounded(tmp_path: Path) -> None:
    spool = Spool(tmp_path, limit=10)
    spool.put(io.BytesIO(b"12345678"), "traces.pb")
    spool.require_room(2)
    with pytest.raises(SpoolFull):
        spool.require_room(3)
    with pytest.raises(SpoolFull):
        Spool(tmp_path, limit=10).require_room(3)
    (letter,) = spool.letters()
    spool.remove(letter)
    spool.remove(letter)
    spool.require_room(10)


def test_some_of_the_disk_is_left_to_others(tmp_path: Path) -> None:
    with pytest.raises(DiskFull):
        Spool(tmp_path, free=1 << 60).require_room()


def test_a_full_disk_leaves_no_half_of_a_letter(tmp_path: Path) -> None:
    class Endless(io.BytesIO):
        def read(self, size: int | None = -1, /) -> bytes:
            raise OSError(28, "No space left on device")

    spool = Spool(tmp_path)
    with pytest.raises(DiskFull):
        spool.put(Endless(), "traces.pb")
    assert list(tmp_path.iterdir()) == []


def test_a_letter_that_nobody_read_is_deleted_after_a_day(tmp_path: Path) -> None:
    spool = Spool(tmp_path)
    spool.put(io.BytesIO(b"words"), "traces.pb")
    came = spool.letters()[0].where.stat().st_mtime
    assert spool.sweep(came + RETENTION) == 0
    assert spool.sweep(came + RETENTION + 1) == 1
    assert list(tmp_path.iterdir()) == []


def test_what_was_half_written_by_a_process_that_died_is_cleared(tmp_path: Path) -> None:
    (tmp_path / ".coming-abc").write_bytes(b"words")
    spool = Spool(tmp_path)
    assert spool.letters() == []
    spool.clear_half_written()
    assert list(tmp_path.iterdir()) == []
