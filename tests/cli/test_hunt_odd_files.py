"""`stanch hunt` meets files as they lie about: odd names, odd places, odd ends. Nothing is lost, none is silent."""

import gzip
import json
import os
import shlex
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from tests.cli.running import Run, command

from stanch.cli import main
from stanch.stores.lake import Lake

FLOW = "2 111122223333 eni-0a1 10.0.0.5 198.51.100.7 43210 443 6 10 5000 1780272000 1780272060 ACCEPT OK\n"
ODD = os.fsdecode(b"caf\xe9")
"""A name in Latin-1, as old archives hold."""


def record(number: int = 1, **more: Any) -> dict[str, Any]:
    return {
        "eventVersion": "1.11",
        "userIdentity": {
            "type": "IAMUser",
            "arn": "arn:aws:iam::111122223333:user/mallory",
            "accountId": "111122223333",
        },
        "eventTime": "2026-11-22T03:00:00Z",
        "eventSource": "cloudtrail.amazonaws.com",
        "eventName": "StopLogging",
        "awsRegion": "eu-central-1",
        "requestParameters": {"name": "trail"},
        "eventID": f"id-{number}",
        "recipientAccountId": "111122223333",
        **more,
    }


def delivered(*records: dict[str, Any]) -> bytes:
    return json.dumps({"Records": records or [record()]}).encode()


@pytest.fixture
def stanch(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """The command in a folder with an empty folder of logs."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / ".git").mkdir()
    (tmp_path / "logs").mkdir()
    return command(monkeypatch, capsys)


def skipped(said: Any) -> list[tuple[str, str]]:
    return [(skip["path"], skip["why"]) for skip in said.of("coverage")[0]["files_skipped"]]


@pytest.mark.parametrize("way", [["logs", "--save"], ["logs"]], ids=["keeping it", "raw"])
def test_a_log_whose_name_is_no_text_is_hunted_and_kept_like_any_other(
    stanch: Run, tmp_path: Path, way: list[str]
) -> None:
    (tmp_path / "logs" / f"{ODD}.json.gz").write_bytes(gzip.compress(delivered()))
    said = stanch("hunt", *way)
    assert (said.code, said.of("coverage")[0]["events"], len(said.of("finding"))) == (0, 1, 1)
    if "--save" in way:
        again = stanch("hunt", "lake")
        assert (again.code, again.of("coverage")[0]["events"], len(again.of("finding"))) == (0, 1, 1)


def test_a_lake_that_holds_a_name_that_is_no_text_from_an_earlier_version_is_hunted(
    stanch: Run, tmp_path: Path
) -> None:
    (tmp_path / "logs" / "plain.json").write_bytes(delivered())
    assert stanch("lake", "import", "logs").code == 0
    lake = Lake(tmp_path / ".stanch" / "lake")
    for path in (lake.folder / "units").glob("*.json"):
        path.write_text(
            path.read_text().replace("logs/plain.json", f"logs/{ODD}.json".encode("unicode_escape").decode())
        )
    assert all("\\udce9" in unit.receipt().originals[0].path for unit in lake.units())
    said = stanch("hunt", "lake")
    assert (said.code, said.of("coverage")[0]["events"], len(said.of("finding"))) == (0, 1, 1)


@pytest.mark.parametrize("name", ["flows.log", "alb.log.gz"])
def test_a_table_or_text_log_whose_name_is_no_text_is_read(stanch: Run, tmp_path: Path, name: str) -> None:
    (tmp_path / "logs" / f"{ODD}-{name}").write_text(FLOW)
    said = stanch("hunt", "logs")
    assert (said.code, said.of("coverage")[0]["events"]) == (0, 1)


def test_hidden_logs_are_read_and_what_is_hidden_and_no_log_is_told_and_no_fault(stanch: Run, tmp_path: Path) -> None:
    (tmp_path / "logs" / ".trail.json").write_bytes(delivered())
    (tmp_path / "logs" / ".DS_Store").write_bytes(b"\0\0\0\1Bud1")
    (tmp_path / "logs" / ".git").mkdir()
    said = stanch("hunt", "logs")
    assert (said.code, said.of("coverage")[0]["events"]) == (0, 1)
    assert skipped(said) == [
        ("logs/.DS_Store", "hidden, and not UTF-8 text"),
        ("logs", "a file or folder left out, hidden folders; name one by itself to have it read: logs/.git"),
    ]


RULE = """
title: Logging is stopped
logsource: {product: aws, service: cloudtrail}
level: high
detection: {s: {eventName: StopLogging}, condition: s}
"""


@pytest.mark.parametrize(("suffix", "hits", "left_out"), [(".yml", 1, 0), (".txt", 0, 1), ("_test.yml", 0, 1)])
def test_a_rule_whose_name_is_no_text_is_used_or_left_out_like_any_other(
    stanch: Run, tmp_path: Path, suffix: str, hits: int, left_out: int
) -> None:
    (tmp_path / "logs" / "a.json").write_bytes(delivered())
    (tmp_path / "rules").mkdir()
    (tmp_path / "rules" / f"{ODD}{suffix}").write_text(RULE)
    said = stanch("hunt", "logs", "--rules", "rules")
    mine = [line["detection"] for line in said.of("finding") if line["detection"].startswith("caf")]
    assert (said.code, mine) == (0, ["caf\\udce9"] * hits)
    assert len(said.of("coverage")[0]["detections_failed"]) == left_out


@pytest.mark.parametrize("what", [["hunt", "-"], ["lake", "import", "-"], ["hunt", "logs"]], ids=" ".join)
def test_standard_input_that_is_closed_is_empty(tmp_path: Path, what: list[str]) -> None:
    (tmp_path / "logs").mkdir()
    (tmp_path / "logs" / "a.json").write_bytes(delivered())
    closed = shlex.join([sys.executable, "-m", "stanch", *what]) + " <&-"
    ran = subprocess.run(["/bin/sh", "-c", closed], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert "internal error" not in ran.stderr
    assert (ran.returncode, "stdin: empty" in ran.stdout) == ((0, False) if "logs" in what else (3, True))


def test_a_flow_log_is_bound_by_max_inflated_like_any_other(stanch: Run, tmp_path: Path) -> None:
    rows = 20_000
    (tmp_path / "logs" / "flows.log.gz").write_bytes(gzip.compress((FLOW * rows).encode()))
    whole = stanch("hunt", "logs")
    assert whole.of("coverage")[0]["events"] == rows
    cut = stanch("hunt", "logs", "--max-inflated", "1MiB")
    assert 0 < cut.of("coverage")[0]["events"] < rows
    bound = "expands beyond the bound of 1048576 bytes; hunt it with a larger --max-inflated"
    assert ("logs/flows.log.gz", bound) in skipped(cut)


def test_a_file_of_which_some_was_read_is_told_as_read_in_part(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "200")
    (tmp_path / "logs").mkdir()
    (tmp_path / "logs" / "a.json").write_bytes(delivered(record(1), {"eventName": "x"}))
    (tmp_path / "logs" / "b.json").write_bytes(delivered(record(2)))
    (tmp_path / "logs" / "c.json").write_bytes(b"no log")
    (tmp_path / "logs" / "flows.log").write_text(FLOW + "2 oh no\n")
    for way in (["hunt", "logs", "--save"], ["hunt", "logs", "lake"]):
        monkeypatch.setattr("sys.argv", ["stanch", *way])
        with pytest.raises(SystemExit) as ended:
            main()
        said = capsys.readouterr().out
        assert ended.value.code == 3
        assert "read in part: logs/a.json: a record without eventTime" in said
        assert "read in part: logs/flows.log: 1 line that is no record of its format" in said
        assert "not read: logs/c.json: of no log that stanch knows" in said
        assert "whole and 2 in part" in said
