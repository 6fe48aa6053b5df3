"""Each figure of a page comes from a command that the page names: what that prints today stands there."""

from collections.abc import Callable
from pathlib import Path

import pytest

from benchmarks import panther_tests, real_logs, traildiscover

ROOT = Path(__file__).parents[2]
DATA = ROOT.parent / "shared" / "data"
PAGE = ROOT / "docs" / "explanation" / "real-logs.md"
COMMANDS: dict[str, tuple[Callable[[], int], Path]] = {
    "real_logs": (real_logs.main, DATA / "cloudtrail" / "stratus"),
    "traildiscover": (traildiscover.main, DATA / "cloudtrail" / "traildiscover"),
    "panther_tests": (panther_tests.main, DATA / "panther-tests.dev.jsonl"),
}
REMEDY = (
    "copy what `python -m benchmarks.{name}` prints into docs/explanation/real-logs.md, and read whether it is worse"
)


@pytest.mark.skipif(not DATA.is_dir(), reason="../shared/data, the recorded logs, is absent")
@pytest.mark.parametrize("name", COMMANDS)
def test_the_page_shows_what_the_command_prints(
    name: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    main, data = COMMANDS[name]
    monkeypatch.setattr("sys.argv", [name, str(data)])
    assert main() == 0
    printed = capsys.readouterr().out.splitlines()
    table = [line for line in printed if line.startswith("|")]
    wanted = [printed[-1]] if name == "panther_tests" else table + [line for line in printed if line[:1].isdigit()]
    page = PAGE.read_text()
    flat = " ".join(page.split())
    assert f"python -m benchmarks.{name} " in page
    assert [line for line in wanted if " ".join(line.split()) not in flat] == [], REMEDY.format(name=name)
