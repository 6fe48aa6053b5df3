"""Code of functions runs in processes and folders that go when the range goes."""

import io
import zipfile
from pathlib import Path
from typing import Any

import boto3
import pytest

from stanch.range.functions import Environment, close_all
from stanch.range.process import Range

CODE = "import os\nhandler = lambda event, context: {'at': os.getcwd(), 'pid': os.getpid()}"


def packed() -> bytes:
    code = io.BytesIO()
    with zipfile.ZipFile(code, "w") as archive:
        archive.writestr("code.py", CODE)
    return code.getvalue()


def test_environments_are_closed_together_and_one_that_was_closed_is_not_asked_again() -> None:
    one, other = (Environment(packed(), {"_HANDLER": "code.handler"}) for _ in range(2))
    one.close()
    before = other.exit_code
    close_all()
    close_all()
    assert (before, other.exit_code is None) == (None, False)


def test_a_range_that_ends_leaves_no_files_of_functions(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    with Range(tmp_path / "trail") as range_:
        session = boto3.Session("AKIAEXAMPLE00000001", "none", region_name="eu-central-1")
        clients: Any = {name: session.client(name, endpoint_url=range_.endpoint) for name in ("iam", "lambda")}
        role = clients["iam"].create_role(RoleName="runs", AssumeRolePolicyDocument="{}")["Role"]["Arn"]
        clients["lambda"].create_function(
            FunctionName="f", Runtime="python3.11", Role=role, Handler="code.handler", Code={"ZipFile": packed()}
        )
        assert "FunctionError" not in clients["lambda"].invoke(FunctionName="f")
        assert len(list(tmp_path.glob("stanch-function-*"))) == 1
    assert list(tmp_path.glob("stanch-function-*")) == []
