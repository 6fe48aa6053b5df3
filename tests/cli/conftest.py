"""The command line, run in this process as the range's responder."""

from pathlib import Path

import pytest
from tests.cli.running import Run, command, signed_in
from tests.ground import Ground


@pytest.fixture
def stanch(ground: Ground, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """The command as the range's responder, in an empty folder."""
    monkeypatch.chdir(tmp_path)
    signed_in(monkeypatch, ground, ground.responder_credentials)
    monkeypatch.setenv("USER", "alice")
    monkeypatch.setenv("LOGNAME", "alice")
    monkeypatch.setattr("stanch.app.containing.sleep", lambda _: None)
    (tmp_path / ".git").mkdir()

    return command(monkeypatch, capsys)
