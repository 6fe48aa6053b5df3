"""A cache that cannot be used costs time and nothing else."""

from pathlib import Path

import pytest

from stanch.stores import cache


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return tmp_path


def test_what_is_kept_comes_back_and_replaces_what_was_kept_of_its_kind() -> None:
    cache.keep("rules-1", b"one")
    cache.keep("routines-1", b"other")
    cache.keep("rules-2", b"two")
    assert (cache.kept("rules-1"), cache.kept("rules-2"), cache.kept("routines-1")) == (None, b"two", b"other")


def test_where_nothing_can_be_kept_nothing_fails(home: Path) -> None:
    (home / "cache").write_text("a file where the folder should be")
    cache.keep("rules-1", b"one")
    assert cache.kept("rules-1") is None


def test_without_a_home_nothing_is_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", "relative")
    monkeypatch.delenv("HOME")
    monkeypatch.setattr("pathlib.Path.home", _homeless)
    assert cache.folder() is None
    cache.keep("rules-1", b"one")
    assert cache.kept("rules-1") is None


def _homeless() -> Path:
    raise RuntimeError("no home")
