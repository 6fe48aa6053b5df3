"""A lake is whole or not there: importing twice does nothing, and a killed import leaves nothing half."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import BinaryIO

import duckdb
import pytest
from typer.testing import CliRunner

from stanch import app
from stanch.cli.main import app as command_line
from stanch.contracts.lake import Receipt
from stanch.contracts.store import Busy, StoreError
from stanch.domain.estate import Estate
from stanch.stores.delivery import Window
from stanch.stores.lake import Lake, Unit
from stanch.stores.logs import LocalFile, found
from stanch.stores.search import Search

ACCOUNT = "111122223333"


def record(number: int, day: int = 22, account: str = ACCOUNT, region: str = "eu-central-1") -> dict[str, object]:
    return {
        "eventVersion": "1.11",
        "eventID": f"{number:08}-0000-4000-8000-{day:012}",
        "eventTime": f"2026-11-{day}T09:00:00Z",
        "eventSource": "cloudtrail.amazonaws.com",
        "eventName": "StopLogging",
        "awsRegion": region,
        "recipientAccountId": account,
        "userIdentity": {"type": "Root", "accountId": account, "arn": f"arn:aws:iam::{account}:root"},
        "requestParameters": {"name": "trail"},
    }


def delivered(path: Path, *records: dict[str, object]) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps({"Records": records}))
    return path


def imported(lake: Lake, *paths: Path) -> int:
    with lake.kept():
        return app.lake_import(list(found(paths)), lake, processes=1).events


def files(folder: Path) -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file() and ".locks" not in path.parts
    }


def half_a_piece(file: BinaryIO) -> None:
    file.write(b"half a piece")


@pytest.fixture
def logs(tmp_path: Path) -> Path:
    delivered(tmp_path / "logs" / "a.json", record(1), record(2, day=23), record(3, account="444455556666"))
    delivered(tmp_path / "logs" / "b.json", record(4, region="us-east-1"))
    return tmp_path / "logs"


def test_importing_twice_does_nothing_the_second_time(tmp_path: Path, logs: Path) -> None:
    lake = Lake(tmp_path / "lake")
    assert imported(lake, logs) == 4
    before = files(lake.folder)
    assert imported(Lake(tmp_path / "lake"), logs) == 0
    assert files(lake.folder) == before


def test_the_same_log_under_another_name_is_known_by_its_digest(tmp_path: Path, logs: Path) -> None:
    lake = Lake(tmp_path / "lake")
    imported(lake, logs)
    (logs / "a.json").rename(logs / "c.json")
    assert imported(Lake(tmp_path / "lake"), logs) == 0


def test_the_same_logs_make_the_same_files(tmp_path: Path, logs: Path) -> None:
    one, other = Lake(tmp_path / "one"), Lake(tmp_path / "other")
    imported(one, logs)
    imported(other, logs)
    assert files(one.folder) == files(other.folder)


def test_a_killed_import_leaves_nothing_half_and_the_next_one_sweeps(tmp_path: Path, logs: Path) -> None:
    lake = Lake(tmp_path / "lake")
    with lake.kept():
        bench = lake.bench()
        bench.lay(0, half_a_piece)  # and then the process is killed
    place = lake.folder / "source=cloudtrail" / "account=x" / "named-but-no-receipt.parquet"
    place.parent.mkdir(parents=True)
    place.write_bytes(b"PAR1")
    (lake.folder / "units" / "named-but-no-receipt.profile").write_bytes(b"x")
    assert list(lake.units()) == []
    imported(Lake(lake.folder), logs)
    left = files(lake.folder)
    assert not [name for name in left if ".laid-" in name or "no-receipt" in name]
    assert sum(name.endswith(".json") for name in left) == 2
    assert sum(name.endswith(".profile") for name in left) == 1


def test_pieces_lie_by_source_account_region_and_day_and_any_engine_reads_them(tmp_path: Path, logs: Path) -> None:
    lake = Lake(tmp_path / "lake")
    imported(lake, logs)
    rows = duckdb.execute(
        "SELECT source, account, region, day::VARCHAR, count(*) FROM read_parquet(?, hive_partitioning=true, "
        "hive_types_autocast=false) GROUP BY ALL ORDER BY ALL",
        [str(lake.folder / "source=*" / "**" / "*.parquet")],
    ).fetchall()
    assert rows == [
        ("cloudtrail", ACCOUNT, "eu-central-1", "2026-11-22", 1),
        ("cloudtrail", ACCOUNT, "eu-central-1", "2026-11-23", 1),
        ("cloudtrail", ACCOUNT, "us-east-1", "2026-11-22", 1),
        ("cloudtrail", "444455556666", "eu-central-1", "2026-11-22", 1),
    ]


def test_a_hostile_account_or_region_is_no_path(tmp_path: Path) -> None:
    lake = Lake(tmp_path / "lake")
    delivered(tmp_path / "x.json", record(1, account="../../../up", region="a/b"))
    imported(lake, tmp_path / "x.json")
    (unit,) = lake.units()
    (piece,) = unit.receipt().pieces
    assert piece.name.startswith("source=cloudtrail/account=unknown/region=unknown/day=2026-11-22/")
    assert (piece.account, piece.region) == ("../../../up", "a/b")


def test_a_receipt_that_leads_out_of_the_lake_is_refused(tmp_path: Path, logs: Path) -> None:
    lake = Lake(tmp_path / "lake")
    imported(lake, logs)
    (unit,) = lake.units()
    text = Path(unit.path).read_text()
    name = unit.receipt().pieces[0].name
    Path(unit.path).write_text(text.replace(name, "../../etc/passwd"))
    (damaged,) = lake.units()
    with pytest.raises(ValueError, match="outside the lake"):
        damaged.receipt()
    (skip,) = app.hunt([damaged], Estate(), ([], [])).coverage.files_skipped
    assert "cannot be read" in skip.why


def test_a_window_leaves_out_the_days_accounts_and_regions_nobody_asked_for(tmp_path: Path, logs: Path) -> None:
    lake = Lake(tmp_path / "lake")
    imported(lake, logs)

    def rows(window: Window) -> tuple[int, list[str]]:
        search = Search([str(lake.folder)], window)
        units = [unit for unit in search if isinstance(unit, Unit)]
        return sum(piece.rows for unit in units for piece in unit.receipt().pieces), [s.why for s in search.left_out]

    noon = datetime(2026, 11, 22, 12, tzinfo=UTC)
    assert rows(Window()) == (4, [])
    assert rows(Window(until=noon))[0] == 3
    assert rows(Window(since=datetime(2026, 11, 23, tzinfo=UTC)))[0] == 1
    assert rows(Window(accounts=frozenset({"444455556666"})))[0] == 1
    count, why = rows(Window(regions=frozenset({"us-east-1"})))
    assert count == 1
    assert "3 files or folders left out, of regions that were not asked for" in why[0]
    assert rows(Window(since=datetime(2027, 1, 1, tzinfo=UTC)))[0] == 0


def test_a_folder_above_a_lake_comes_as_its_raw_logs_and_its_units(tmp_path: Path, logs: Path) -> None:
    imported(Lake(tmp_path / "lake"), logs)
    kinds = [type(file) for file in found([tmp_path])]
    assert kinds == [Unit, LocalFile, LocalFile]


def test_raw_logs_and_the_lake_tell_the_same_and_count_once(tmp_path: Path, logs: Path) -> None:
    lake = Lake(tmp_path / "lake")
    imported(lake, logs)
    hunted = {
        name: app.hunt(list(found(paths)), Estate(), app.rules())
        for name, paths in {"raw": [logs], "lake": [lake.folder], "both": [logs, lake.folder]}.items()
    }
    findings = {name: [f for one in told.incidents for f in one.findings] for name, told in hunted.items()}
    assert findings["raw"] == findings["lake"] == findings["both"] != []
    assert hunted["lake"].accounts == hunted["raw"].accounts
    evidence = {name: [one.evidence for one in told.incidents] for name, told in hunted.items()}
    assert evidence["lake"] == evidence["raw"]
    assert (hunted["both"].coverage.events, hunted["both"].coverage.duplicates) == (4, 4)


def test_a_hunt_that_saves_keeps_each_log_once(tmp_path: Path, logs: Path) -> None:
    lake = Lake(tmp_path / "lake")
    raw = app.hunt(list(found([logs])), Estate(), app.rules())
    for _ in range(2):
        with lake.kept():
            saved = app.hunt(list(found([logs])), Estate(), app.rules(), lake=lake)
        assert [one.findings for one in saved.incidents] == [one.findings for one in raw.incidents]
        assert sum(piece.rows for unit in lake.units() for piece in unit.receipt().pieces) == 4


def test_a_hunt_that_saves_and_is_interrupted_has_kept_whole_units_and_goes_on(tmp_path: Path) -> None:
    for number in range(90):
        delivered(tmp_path / "logs" / f"{number:03}.json", record(number))
    logs, lake = list(found([tmp_path / "logs"])), Lake(tmp_path / "lake")
    stops = iter([True])

    def interrupt_once(_: object) -> None:
        if next(stops, False):
            raise KeyboardInterrupt

    told = []
    for _ in range(2):
        with lake.kept():
            told.append(
                app.hunt(logs, Estate(), app.rules(), lake=lake, processes=1, on_file=interrupt_once),
            )
        kept = [original.path for unit in lake.units() for original in unit.receipt().originals]
        assert len(kept) == len(set(kept)) == told[-1].coverage.events
    assert [one.stopped for one in told] == [True, False]
    assert 0 < told[0].coverage.events < told[1].coverage.events == 90
    again = app.hunt(list(found([lake.folder])), Estate(), app.rules())
    assert [one.findings for one in again.incidents] == [one.findings for one in told[1].incidents] != []


def test_a_lake_that_cannot_be_written_any_more_is_told_and_hunted_raw(tmp_path: Path, logs: Path) -> None:
    class Full(Lake):
        def bench(self) -> "FullBench":  # type: ignore[override]
            return FullBench(self.folder)

    lake = Full(tmp_path / "lake")
    with lake.kept():
        told = app.hunt(list(found([logs])), Estate(), app.rules(), lake=lake).coverage
    assert told.events == 4
    assert [skip.why for skip in told.files_skipped] == ["2 files are not kept in the lake: No space left on device"]
    assert list(lake.units()) == []


def test_a_full_disk_is_told_once_however_many_files_find_it_full(tmp_path: Path, logs: Path) -> None:
    class Full(Lake):
        def bench(self) -> "FullBench":  # type: ignore[override]
            return FullBench(self.folder)

    for number in range(100):
        delivered(logs / f"more{number}.json", record(10 + number))
    lake = Full(tmp_path / "lake")
    with lake.kept():
        (told,) = app.hunt(list(found([logs])), Estate(), app.rules(), lake=lake).coverage.files_skipped
        assert told.why == "102 files are not kept in the lake: No space left on device"
        assert told.fault
        imported = app.lake_import(list(found([logs])), lake)
    assert [skip.why for skip in imported.skipped if skip.fault] == [told.why]


class FullBench:
    def __init__(self, lake: Path) -> None:
        del lake

    def lay(self, number: int, fill: object) -> None:
        raise OSError(28, "No space left on device")

    def finish(self, receipt: Receipt, profile: bytes = b"") -> Unit:
        raise AssertionError

    def clear(self) -> None:
        """Nothing was laid."""


def test_two_imports_at_once_are_refused_and_a_folder_of_something_else_too(tmp_path: Path) -> None:
    lake = Lake(tmp_path / "lake")
    with lake.kept(), pytest.raises(Busy), Lake(tmp_path / "lake").kept():
        pass
    (tmp_path / "else").mkdir()
    (tmp_path / "else" / "thesis.txt").touch()
    with pytest.raises(StoreError, match="something else"), Lake(tmp_path / "else").kept():
        pass


def test_the_verb_imports_shows_and_says_what_stays_raw(tmp_path: Path, logs: Path) -> None:
    (logs / "flows.txt").write_text(
        "version account-id interface-id srcaddr dstaddr srcport dstport start log-status\n"
    )
    (logs / "none.json").symlink_to(tmp_path / "nowhere")
    run = CliRunner()
    first = run.invoke(command_line, ["lake", "import", str(logs), "--state", str(tmp_path / "s"), "--format", "json"])
    assert first.exit_code == 3
    line = json.loads(first.stdout.splitlines()[-1])
    assert (line["files_kept"], line["files_known"], line["events"]) == (2, 0, 4)
    why = {Path(skip["path"]).name: (skip["why"], skip["fault"]) for skip in line["files_skipped"]}
    assert why["flows.txt"] == (
        "a log of network flows (vpc_flow), which `stanch hunt` reads where it lies; not kept in the lake",
        False,
    )
    assert why["none.json"][1]
    shown = run.invoke(command_line, ["lake", "show", "--state", str(tmp_path / "s"), "--format", "json"])
    assert sum(json.loads(line)["events"] for line in shown.stdout.splitlines()) == 4
    nothing = run.invoke(command_line, ["lake", "show", "--state", str(tmp_path / "t")])
    assert nothing.exit_code != 0
