"""A log that was cut at a bound when it was kept is kept anew, whole, by an import whose bound is higher."""

import json
import shutil
from pathlib import Path

import pytest
from tests.cli.running import Run, command
from tests.stores.test_lake import delivered, files, record

from stanch import app
from stanch.contracts.lake import Receipt
from stanch.stores.lake import Bench, Lake, Unit
from stanch.stores.logs import found

LAKE = Path(".stanch/lake")
LARGE = 4000
"""Events of the large log: some two megabytes."""
EVENTS = LARGE + 3


@pytest.fixture
def stanch(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """The command beside a large log among small ones."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / ".git").mkdir()
    (tmp_path / "logs").mkdir()
    # One record a line: what lies before the bound is read.
    large = "".join(json.dumps({**record(n), "eventName": "DescribeTrails"}) + "\n" for n in range(LARGE))
    (tmp_path / "logs" / "large.json").write_text(large)
    for number in range(1, 4):
        delivered(tmp_path / "logs" / f"{number}.json", record(LARGE + number))
    return command(monkeypatch, capsys)


def rows() -> int:
    return sum(piece.rows for unit in Lake(LAKE).units() for piece in unit.receipt().pieces)


def stored() -> int:
    """Pieces of Parquet, whether a unit names them or not."""
    return len(list(LAKE.rglob("*.parquet")))


def imported(stanch: Run, *more: str) -> tuple[int, int, int]:
    """The exit code, files kept and files known of an import of all logs."""
    said = stanch("lake", "import", "logs", *more)
    (line,) = said.of("lake")
    return said.code, line["files_kept"], line["files_known"]


class KilledError(Exception):
    """The process ends here."""


class Killed(Lake):
    def bench(self) -> "KilledBench":
        return KilledBench(self.folder)


class KilledBench(Bench):
    def finish(self, receipt: Receipt, profile: bytes = b"") -> Unit:
        raise KilledError

    def clear(self) -> None:
        """Whoever is killed takes nothing away."""


def killed_before_it_is_whole() -> None:
    with Killed(LAKE).kept() as lake:
        app.lake_import(list(found([Path("logs")])), lake, limit=1 << 36, processes=1)


@pytest.mark.parametrize("first", [("hunt", "logs", "--save"), ("lake", "import", "logs")], ids=["hunt", "import"])
@pytest.mark.parametrize("then", [("hunt", "logs", "--save"), ("lake", "import", "logs")], ids=["hunt", "import"])
def test_a_log_that_was_cut_is_replaced_once_the_bound_is_higher(
    stanch: Run, first: list[str], then: list[str]
) -> None:
    assert stanch(*first, "--max-inflated", "1MiB").code == 3
    assert 3 < rows() < EVENTS
    assert imported(stanch, "--max-inflated", "1MiB") == (0, 0, 4), "as much as this bound lets be kept is there"
    cut = stanch("hunt", "lake")
    assert (cut.code, cut.of("coverage")[0]["events"]) == (3, rows())
    assert stanch(*then).code == 0
    assert rows() == EVENTS
    whole = stanch("hunt", "lake")
    assert (whole.code, whole.of("coverage")[0]["events"]) == (0, EVENTS)
    assert stored() == len({piece.name for unit in Lake(LAKE).units() for piece in unit.receipt().pieces})
    before = files(LAKE)
    assert imported(stanch) == imported(stanch, "--max-inflated", "1MiB") == (0, 0, 4)
    assert files(LAKE) == before


def test_whoever_is_killed_over_it_loses_nothing_and_counts_nothing_twice(stanch: Run) -> None:
    imported(stanch, "--max-inflated", "1MiB")
    part = rows()
    shutil.copytree(LAKE, "before")
    with pytest.raises(KilledError):
        killed_before_it_is_whole()
    assert rows() == part
    assert imported(stanch) == (0, 1, 3)
    # Killed when it was whole: what it replaces lies there yet.
    for path in Path("before").rglob("*-up-to-*"):
        shutil.copy(path, LAKE / path.relative_to("before"))
    pieces = stored()
    assert rows() == EVENTS
    hunted = stanch("hunt", "lake")
    assert (hunted.code, hunted.of("coverage")[0]["events"], hunted.of("coverage")[0]["duplicates"]) == (0, EVENTS, 0)
    assert imported(stanch) == (0, 0, 4)
    assert (rows(), stored() < pieces) == (EVENTS, True)


def test_of_two_bounds_the_higher_one_counts(stanch: Run) -> None:
    imported(stanch, "--max-inflated", "512KiB")
    less = rows()
    assert imported(stanch, "--max-inflated", "1MiB") == (3, 1, 3)
    more = rows()
    assert less < more < EVENTS
    assert imported(stanch, "--max-inflated", "512KiB") == (0, 0, 4)
    assert rows() == more
    assert len(list(LAKE.glob("units/*.json"))) == 2


def test_a_bound_that_is_no_size_is_wrong_use(stanch: Run) -> None:
    said = stanch("lake", "import", "logs", "--max-inflated", "lots")
    assert said.code == 2
    assert "--max-inflated:" in said.err
