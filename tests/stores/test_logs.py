"""A folder of this machine is walked lazily and pruned like a bucket; what cannot be read is an entry that says why."""

import os
import tracemalloc
from datetime import UTC, datetime, timedelta
from itertools import islice
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from tests.stores.test_delivery import deliveries

from stanch.stores.delivery import Window
from stanch.stores.logs import LocalWalk, found
from stanch.stores.search import Search

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
DAY = Window(NOON, NOON)


def made(top: Path, *names: str) -> None:
    for name in names:
        (top / name).parent.mkdir(parents=True, exist_ok=True)
        (top / name).touch()


def walked(top: Path, window: Window) -> list[str]:
    return [os.path.relpath(file.path, top) for file in Search([str(top)], window)]


@given(deliveries())
@settings(max_examples=20, deadline=None)
def test_finds_every_file_that_holds_a_wanted_event(delivered: tuple[Window, set[str], set[str]]) -> None:
    window, wanted, others = delivered
    with TemporaryDirectory() as folder:
        made(Path(folder), *wanted, *others)
        assert wanted - set(walked(Path(folder), window)) == set()


def test_never_opens_the_folders_of_other_days(tmp_path: Path) -> None:
    trail = "AWSLogs/111122223333/CloudTrail/eu-central-1"
    made(tmp_path, *(f"{trail}/{year}/{month:02}/20/a.json.gz" for year in range(2016, 2030) for month in range(1, 13)))
    search = Search([str(tmp_path)], DAY)
    assert [file.path for file in search] == [str(tmp_path / trail / "2026/11/20/a.json.gz")]
    (line,) = search.left_out
    assert line.why.startswith("24 files or folders left out, delivered on days outside what was asked for: ")
    assert not line.fault


def test_a_folder_named_from_inside_a_delivery_is_still_in_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    trail = tmp_path / "AWSLogs/111122223333/CloudTrail/eu-central-1"
    made(trail, "2026/11/20/a.json.gz", "2025/11/20/b.json.gz")
    monkeypatch.chdir(trail)
    assert [file.path for file in Search(["."], DAY)] == ["2026/11/20/a.json.gz"]


def test_a_folder_without_a_window_leaves_nothing_out_but_digests_which_are_told(tmp_path: Path) -> None:
    made(tmp_path, "AWSLogs/111122223333/CloudTrail-Digest/eu-central-1/2026/11/20/d.json.gz", "x/y.json")
    search = Search([str(tmp_path)])
    assert [Path(file.path).name for file in search] == ["y.json"]
    assert ["digests" in line.why for line in search.left_out] == [True]
    assert len(list(found([tmp_path]))) == 2


def test_files_come_before_folders_and_both_in_the_order_of_their_names(tmp_path: Path) -> None:
    made(tmp_path, "b/2", "b/1", "a/z/deep", "a/file", "z", "c", ".hidden", ".git/config")
    assert walked(tmp_path, Window()) == [".hidden", "c", "z", "a/file", "a/z/deep", "b/1", "b/2"]


def test_hidden_folders_and_unfinished_copies_are_told_and_other_hidden_files_are_there(tmp_path: Path) -> None:
    made(tmp_path, "a", ".b.json", ".git/config", ".old/c", "x/.d.json.gz.Xy12aB", "x/.e.json.gz")
    (tmp_path / ".linked").symlink_to(tmp_path / "x")
    search = Search([str(tmp_path)])
    assert [Path(file.path).name for file in search] == [".b.json", "a", ".e.json.gz"]
    assert [(line.fault, line.why.partition(": /")[0]) for line in search.left_out] == [
        (False, "a file or folder left out, hidden copies that are not finished, by their names"),
        (False, "3 files or folders left out, hidden folders; name one by itself to have it read"),
    ]
    assert [Path(file.path).name for file in Search([str(tmp_path / ".old")])] == ["c"]


@pytest.mark.parametrize(
    ("name", "copying"),
    [
        (".a.json.gz.Xy12aB", True),
        (".a.log.qXbcde", True),
        (".a.log.ABCDEf", True),
        (".a.log.abcde7", True),
        (".events.ndjson", False),
        (".flow.sqlite", False),
        (".a.backup", False),
        (".x.Digest", False),
        (".x.DIGEST", False),
        (".a.log.202611", False),
        (".a.Xy12aB.gz", False),
    ],
)
def test_a_hidden_file_whose_name_ends_in_a_word_is_no_unfinished_copy(
    tmp_path: Path, name: str, copying: bool
) -> None:
    made(tmp_path, name)
    assert [Path(file.path).name for file in Search([str(tmp_path)])] == ([] if copying else [name])


def test_a_linked_folder_is_an_entry_that_cannot_be_opened(tmp_path: Path) -> None:
    made(tmp_path, "real/a")
    (tmp_path / "link").symlink_to(tmp_path / "real")
    (tmp_path / "broken").symlink_to(tmp_path / "nowhere")
    files = {Path(file.path).name: file for file in LocalWalk(tmp_path)}
    assert sorted(files) == ["a", "broken", "link"]
    with pytest.raises(OSError, match="linked"):
        files["link"].open()
    with pytest.raises(FileNotFoundError):
        files["broken"].open()


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="named pipes are POSIX")
def test_a_file_that_becomes_a_pipe_before_it_is_opened_is_not_waited_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    os.mkfifo(tmp_path / "a.json")
    (file,) = found([tmp_path])
    with pytest.raises(OSError, match="not a regular file"):
        file.open()
    monkeypatch.setattr(Path, "is_file", lambda _: True)
    with file.open() as pipe:
        assert not pipe.read()


def test_folders_a_thousand_deep_are_walked_and_what_is_too_deep_is_told(tmp_path: Path) -> None:
    here = os.open(tmp_path, os.O_RDONLY)
    for _ in range(1500):  # a path this long has no name of its own
        os.mkdir("dd", dir_fd=here)
        above, here = here, os.open("dd", os.O_RDONLY, dir_fd=here)
        os.close(above)
    os.close(here)
    try:
        (deepest,) = LocalWalk(tmp_path)
        with pytest.raises(OSError, match="too long"):
            deepest.open()
    finally:
        _removed(tmp_path)


def _removed(top: Path) -> None:
    """Take a deep tree down from above, a level at a time: nothing else can name its bottom."""
    deep = top / "dd"
    while deep.exists():
        below = deep / "dd"
        if below.exists():
            below.rename(top / "next")
        deep.rmdir()
        if (top / "next").exists():
            (top / "next").rename(deep)


def test_a_folder_of_many_files_is_walked_lazily_and_in_little_memory(tmp_path: Path) -> None:
    for n in range(20_000):
        (tmp_path / f"111122223333_CloudTrail_eu-central-1_20261120T1200Z_{n:016x}.json.gz").touch()
    tracemalloc.start()
    try:
        count = sum(1 for _ in Search([str(tmp_path)], DAY))
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert count == 20_000
    assert peak < 20_000 * 200 + 1_000_000, "names only: neither paths nor objects are held"


def test_the_first_file_comes_before_the_rest_is_looked_at(tmp_path: Path) -> None:
    for n in range(50):
        made(tmp_path, f"{n:02}/a", f"{n:02}/b")
    walk = iter(LocalWalk(tmp_path))
    first = list(islice(walk, 3))
    for n in range(10, 50):
        (tmp_path / f"{n:02}/a").unlink()
    assert len(first) + len(list(walk)) == 60


def test_a_margin_of_a_day_is_one_more_folder(tmp_path: Path) -> None:
    names = [
        f"AWSLogs/111122223333/GuardDuty/eu-central-1/{NOON + timedelta(days=n):%Y/%m/%d}/f.jsonl.gz"
        for n in range(-3, 4)
    ]
    made(tmp_path, *names)
    assert walked(tmp_path, DAY) == names[3:5]
