"""A unit of a lake that is damaged is named, and costs no other unit its hunt or its import."""

from pathlib import Path
from typing import Any

import pytest
from tests.cli.running import Run, command
from tests.stores.test_lake import delivered, files, imported, record

from stanch.stores.lake import Lake

LAKE = Path(".stanch/lake")
DAMAGES = {
    "no JSON": lambda text: text[: len(text) // 2],
    "no text": lambda text: "\x00",
    "no receipt": lambda text: "[]",
    "a field of another type": lambda text: text.replace('"form": 1', '"form": "one"'),
    "no day": lambda text: text.replace('"day": "2026-11-22"', '"day": "2026-11-0x"'),
    "a day that is not in the calendar": lambda text: text.replace('"day": "2026-11-22"', '"day": "2026-02-30"'),
    "nested without end": lambda text: "[" * 100_000,
}
EVERY = pytest.mark.parametrize("damage", DAMAGES.values(), ids=DAMAGES)


@pytest.fixture
def stanch(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """The command beside a lake of two units, of `old.json` and of `new.json`."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / ".git").mkdir()
    for number, name in enumerate(("old.json", "new.json")):
        imported(Lake(LAKE), delivered(tmp_path / "logs" / name, record(number)))
    return command(monkeypatch, capsys)


def damaged(damage: Any) -> Path:
    """Damage the receipt of `old.json`."""
    (place,) = (path for path in (LAKE / "units").glob("*.json") if "old.json" in path.read_text())
    place.write_text(damage(place.read_text()))
    return place


def named(said: Any, place: Path) -> bool:
    """Whether this unit, once, and nothing else is told as what could not be read."""
    lines: list[dict[str, Any]] = [*said.of("coverage"), *said.of("lake")]
    (skip,) = [skip for line in lines for skip in line["files_skipped"] if skip.get("fault", True)]
    return bool(skip["path"] == str(place) and skip["why"].startswith("a unit of a lake that cannot be read: "))


@EVERY
@pytest.mark.parametrize("window", [[], ["--since", "2026-11-21", "--until", "2026-11-23"]], ids=["all", "some days"])
def test_what_is_whole_is_hunted_and_what_is_damaged_is_named(stanch: Run, damage: Any, window: list[str]) -> None:
    place = damaged(damage)
    said = stanch("hunt", "lake", *window)
    assert said.code == 3
    assert said.of("coverage")[0]["events"] == 1
    assert named(said, place)


@EVERY
def test_logs_are_kept_beside_it_and_nothing_is_swept_until_it_is_gone(stanch: Run, damage: Any) -> None:
    place, before = damaged(damage), set(files(LAKE))
    delivered(Path("more/third.json"), record(3))
    told = stanch("lake", "import", "more")
    assert (told.code, told.of("lake")[0]["files_kept"], named(told, place)) == (3, 1, True)
    delivered(Path("more/fourth.json"), record(4))
    saved = stanch("hunt", "more", "--save")
    assert (saved.code, saved.of("coverage")[0]["events"], named(saved, place)) == (3, 2, True)
    assert named(stanch("hunt", "lake", "--save"), place), "told once by a hunt that reads it and keeps beside it"
    assert before < set(files(LAKE))
    place.unlink()
    again = stanch("lake", "import", "logs")
    assert (again.code, again.of("lake")[0]["files_kept"], again.of("lake")[0]["files_known"]) == (0, 1, 1)
    whole = stanch("hunt", "lake")
    assert (whole.code, whole.of("coverage")[0]["events"]) == (0, 4)


def test_the_last_day_there_is_is_a_day_like_any_other(stanch: Run) -> None:
    damaged(lambda text: text.replace('"day": "2026-11-22"', '"day": "9999-12-31"'))
    (coverage,) = stanch("hunt", "lake", "--since", "2026-11-01", "--until", "2026-11-23").of("coverage")
    assert coverage["events"] == 1
    assert ["days outside what was asked for" in skip["why"] for skip in coverage["files_skipped"]] == [True]
