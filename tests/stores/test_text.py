"""A report is written whole, and replaces nothing but a file."""

import os
from pathlib import Path

import pytest

from stanch.contracts.store import StoreError
from stanch.stores.text import written


def test_a_file_is_replaced_in_one_move(tmp_path: Path) -> None:
    report = tmp_path / "made" / "scan.html"
    assert written(report, "one") == report
    assert written(report, "two").read_text() == "two"
    assert [one.name for one in report.parent.iterdir()] == ["scan.html"]


def test_a_link_stays_a_link_and_what_it_leads_to_is_written(tmp_path: Path) -> None:
    report, link = tmp_path / "scan.html", tmp_path / "latest.html"
    link.symlink_to(report)
    written(link, "one")
    assert link.is_symlink()
    assert report.read_text() == "one"


def test_a_pipe_and_a_folder_are_not_replaced(tmp_path: Path) -> None:
    pipe, folder = tmp_path / "pipe", tmp_path / "folder"
    os.mkfifo(pipe)
    folder.mkdir()
    for path in (pipe, folder):
        with pytest.raises(StoreError, match="choose another name"):
            written(path, "one")
    assert pipe.is_fifo()
    assert folder.is_dir()


def test_a_link_that_leads_to_itself_is_refused(tmp_path: Path) -> None:
    link = tmp_path / "link"
    link.symlink_to(link)
    with pytest.raises(StoreError, match="cannot be written"):
        written(link / "scan.html", "one")


def test_a_file_that_is_replaced_stays_for_whom_it_was(tmp_path: Path) -> None:
    shared = tmp_path / "stanch.toml"
    shared.write_text("old")
    shared.chmod(0o644)
    written(shared, "new")
    assert (shared.read_text(), shared.stat().st_mode & 0o777) == ("new", 0o644)
    assert written(tmp_path / "fresh", "new").stat().st_mode & 0o777 == 0o600
