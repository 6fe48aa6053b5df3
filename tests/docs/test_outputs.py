"""What a page shows as output is what the command prints today, but for its numbers, ids and times."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from tests.catalog import test_sources as logs

from stanch.catalog.sources import alb_test, vpc_flow_test

ROOT = Path(__file__).parents[2]
LEFT_OUT = "   ..."
_ID = re.compile(r"\b(inc(?=-?[0-9]{8})|i-|vol-|snap-)[0-9a-f-]+\b")  # an incident is called by its day
_CHANGING = re.compile(r"[0-9]{4}-[0-9-]+[0-9T:Z ]+|[0-9.]+(?= s\b)|[0-9,]+(?=/s)|[0-9]+(?= (?:detections|files))")
_BLOCK = re.compile(r"^```[a-z]*\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def block(page: str, beginning: str) -> list[str]:
    """The lines of the one block of a page that begins so."""
    (found,) = [text for text in _BLOCK.findall((ROOT / page).read_text()) if text.startswith(beginning)]
    return [line for line in found.splitlines() if line != LEFT_OUT]


def printed(folder: Path, *arguments: str, width: int = 200) -> list[str]:
    command = [sys.executable, "-m", "stanch", *arguments]
    environment = {**os.environ, "COLUMNS": str(width), "NO_COLOR": "1"}
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)
    assert "Traceback" not in done.stderr
    return done.stdout.splitlines()


def shape(line: str) -> str:
    """The line without what differs from run to run; ids and times keep their width, on which line breaks depend."""
    return re.sub(r"\s+", " ", _CHANGING.sub("#", _ID.sub(r"\1#", line))).strip()


def without_assets(lines: list[str]) -> list[str]:
    """The lines but for those of the incident's assets, whose order, and so the breaks, follow from ids by chance."""
    kept, inside = [], False
    for line in lines:
        inside = line.startswith("│ what") or (inside and line.startswith("│  "))
        if not inside:
            kept.append(line)
    return kept


def test_the_drill_prints_what_the_readme_shows(tmp_path: Path) -> None:
    pytest.importorskip("moto", reason="the drill needs the extra `range`")
    told = set(map(shape, printed(tmp_path, "drill", width=110)))
    assert [line for line in without_assets(block("README.md", "The strike")) if shape(line) not in told] == []


def test_a_folder_of_all_logs_is_told_as_the_page_shows(tmp_path: Path) -> None:
    mix = tmp_path / "mix"
    (mix / "odd").mkdir(parents=True)
    (mix / "odd" / "notes.txt").write_text("notes")
    (mix / "alb.log").write_text(alb_test.line())
    (mix / "flows.log").write_bytes(
        b"version account-id interface-id srcaddr dstaddr srcport dstport protocol packets bytes start end action "
        b"log-status\n" + vpc_flow_test.DEFAULT
    )
    several = [logs.in_cloudtrail(), logs.in_access_log(), logs.in_security_lake(), logs.in_guardduty()]
    for file in (*several, logs.in_security_hub()):
        (mix / file.path).write_bytes(file.content)
    told = [re.sub("[0-9]+", "#", shape(line)) for line in printed(tmp_path, "hunt", "mix")]
    shown = block("docs/how-to/hunt-logs-of-any-kind.md", "read ")
    assert [line for line in shown if re.sub("[0-9]+", "#", shape(line)) not in told] == []


def test_rules_left_out_are_told_as_the_page_shows(tmp_path: Path) -> None:
    rules = tmp_path / "rules"
    rules.mkdir()
    (rules / "README").write_text("what these rules are")
    for name, product in (("no_list", "aws"), ("linux", "linux")):
        rule = {"title": name, "logsource": {"product": product},
                "detection": {"s": {"userIdentity.userName|expand": "%strangers%"}, "condition": "s"}}  # fmt: skip
        (rules / f"{name}.yml").write_text(yaml.safe_dump(rule))
    (tmp_path / "trail.json").write_text(json.dumps({"Records": []}))
    told = printed(tmp_path, "hunt", "trail.json", "--rules", "rules")
    assert [line for line in block("docs/how-to/hunt-with-community-rules.md", "detection") if line not in told] == []
