"""The command line, run in this process as the range's responder."""

import json
from pathlib import Path

import pytest
from tests.cli.running import Run, Said
from tests.ground import Ground

from stanch.cli import main


@pytest.fixture
def stanch(ground: Ground, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """The command as the range's responder, in an empty folder."""
    signing = ground.responder_credentials
    monkeypatch.chdir(tmp_path)
    for name, value in {
        "AWS_ACCESS_KEY_ID": signing.access_key_id,
        "AWS_SECRET_ACCESS_KEY": signing.secret,
        "AWS_SESSION_TOKEN": signing.token or "",
        "AWS_ENDPOINT_URL": ground.staged.range_.endpoint,
        "AWS_REGION": ground.staged.region,
        "USER": "alice",
        "LOGNAME": "alice",
    }.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr("stanch.app.containing.sleep", lambda _: None)
    (tmp_path / ".git").mkdir()

    def run(*arguments: str) -> Said:
        monkeypatch.setattr("sys.argv", ["stanch", *arguments, "--format", "json"])
        with pytest.raises(SystemExit) as ended:
            main()
        said = capsys.readouterr()
        code = ended.value.code
        return Said(
            code if isinstance(code, int) else 0, [json.loads(line) for line in said.out.splitlines()], said.err
        )

    return run
