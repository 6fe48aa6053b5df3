"""What a run of the command said, and what is there to be contained by it."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from tests.ground import Ground

from stanch.aws import Credentials
from stanch.cli import main
from stanch.domain.arn import Arn

ESTATE = """
[perimeter]
accounts = ["{account}"]
[[asset]]
name = "llama"
kind = "weights"
where = "s3://{bucket}/"
[response]
mode = "{mode}"
act_when = {{ confidence = 0.9, collateral = "low" }}
asking = {{ expires_minutes = 5, two_persons = ["llama"] }}
"""


@dataclass(frozen=True)
class Said:
    code: int
    lines: list[dict[str, Any]]
    err: str

    def of(self, kind: str) -> list[dict[str, Any]]:
        return [line for line in self.lines if line["kind"] == kind]


Run = Callable[..., Said]


def signed_in(monkeypatch: pytest.MonkeyPatch, ground: Ground, signing: Credentials) -> None:
    """From now on the command finds these credentials, and the range for AWS."""
    for name, value in {
        "AWS_ACCESS_KEY_ID": signing.access_key_id,
        "AWS_SECRET_ACCESS_KEY": signing.secret,
        "AWS_SESSION_TOKEN": signing.token or "",
        "AWS_ENDPOINT_URL": ground.staged.range_.endpoint,
        "AWS_REGION": ground.staged.region,
    }.items():
        monkeypatch.setenv(name, value)


def command(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """Runs the command in this process, for machines."""

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


def lines_of(said: str, kind: str) -> list[dict[str, Any]]:
    """The machine's lines of one kind, among all that was said."""
    lines = [json.loads(line) for line in said.splitlines() if line.startswith("{")]
    return [line for line in lines if line["kind"] == kind]


def declared(ground: Ground, folder: Path, mode: str, bucket: str = "other") -> None:
    text = ESTATE.format(account=ground.account, mode=mode, bucket=bucket)
    (folder / "stanch.toml").write_text(text)


def opened(ground: Ground) -> str:
    statement = [{"Sid": "Open", "Effect": "Allow", "Principal": "*", "Action": "s3:GetObject", "Resource": "*"}]
    return ground.arn("s3", ground.bucket(statement))


def closed(ground: Ground, bucket: str) -> bool:
    policy = ground.admin.call("s3", "GetBucketPolicy", Bucket=Arn.parse(bucket).resource)["Policy"]
    return "StanchClosed" in policy
