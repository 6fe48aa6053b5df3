"""A hunt of one small file is mostly its start: it loads what it needs and nothing else."""

import json
import os
import subprocess
import sys
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest
from typer.main import get_command

from stanch import cli
from stanch.cli.main import app as command_line
from stanch.cli.verbs import VERBS

NEEDED = {"isal", "msgspec", "pydantic", "re2", "rich", "typer"}
"""The libraries that a hunt of CloudTrail needs; typer brings pydantic along. Whoever adds one, measures the start."""
OF_THEIRS = {
    "annotated_doc",
    "annotated_types",
    "pydantic_core",
    "shellingham",
    "typing_extensions",
    "typing_inspection",
}
LOADED = "import sys\nfrom stanch.cli import main\ntry: main()\nfinally: print(*sys.modules)"


EVENT = {
    "eventVersion": "1.11",
    "eventTime": "2026-11-01T09:00:00Z",
    "eventSource": "s3.amazonaws.com",
    "eventName": "ListBuckets",
    "awsRegion": "eu-central-1",
    "sourceIPAddress": "10.0.0.1",
    "userIdentity": {"type": "IAMUser", "arn": "arn:aws:iam::111122223333:user/ann", "accountId": "111122223333"},
    "recipientAccountId": "111122223333",
    "eventID": "8a1f0000-0000-4000-8000-000000000000",
}


@pytest.fixture
def logs(tmp_path: Path) -> Path:
    """A folder with one small file."""
    folder = tmp_path / "AWSLogs/111122223333/CloudTrail/eu-central-1/2026/11/01"
    folder.mkdir(parents=True)
    (folder / "trail.json").write_text(json.dumps({"Records": [EVENT]}))
    return tmp_path / "AWSLogs"


def ran(at: Path, *arguments: str) -> set[str]:
    """The modules that a command loads."""
    done = subprocess.run(
        [sys.executable, "-c", LOADED, *arguments],
        env={**os.environ, "XDG_CACHE_HOME": str(at / "cache")},
        capture_output=True, text=True, check=True, cwd=at,
    )  # fmt: skip
    return set(done.stdout.splitlines()[-1].split())


@pytest.fixture
def loaded(logs: Path, tmp_path: Path) -> set[str]:
    """The modules that a hunt of one small file loads, once its rules were read before."""
    ran(tmp_path, "hunt", str(logs), "--format", "json")  # this reads the rules, which takes libraries of its own
    return ran(tmp_path, "hunt", str(logs), "--format", "json")


def test_a_hunt_of_a_lake_loads_arrow_only_where_rows_are_read(logs: Path, tmp_path: Path) -> None:
    (trail,) = logs.rglob("trail.json")
    trail.write_text(json.dumps({"Records": [EVENT | {"eventName": "HeadBucket"}]}))  # which no rule wants to see
    assert "pyarrow" in ran(tmp_path, "lake", "import", str(logs))
    assert "pyarrow" not in ran(tmp_path, "hunt", "lake", "--format", "json")
    unit = next(tmp_path.rglob("*.profile"))
    unit.write_bytes(b"")
    assert "pyarrow" in ran(tmp_path, "hunt", "lake", "--format", "json")


def test_a_hunt_loads_no_other_library(loaded: set[str]) -> None:
    libraries = {module.split(".")[0] for module in loaded} & set(packages_distributions())
    ours = {"stanch"}
    tooling = {name for name in libraries if name.startswith("_")}  # of the environment's own .pth files
    assert libraries - ours - tooling <= NEEDED | OF_THEIRS


def test_a_hunt_loads_no_other_verb(loaded: set[str]) -> None:
    assert {verb for verb in VERBS if f"{cli.__name__}.{verb}" in loaded} == {"hunt"}


def test_each_verb_is_a_module_that_registers_itself_and_no_such_module_is_forgotten() -> None:
    modules = Path(cli.__file__).parent.glob("*.py")
    registering = {path.stem for path in modules if "\ndef register(" in path.read_text(encoding="utf-8")}
    assert registering == set(VERBS)
    commands = get_command(command_line).commands  # type: ignore[attr-defined]  # the root of the line is a group
    assert [command.name for command in commands.values()] == [*VERBS]


def test_a_verb_that_is_none_is_refused_with_the_one_that_may_be_meant() -> None:
    done = subprocess.run([sys.executable, "-m", "stanch", "hnut"], capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert "Did you mean 'hunt'?" in done.stderr
