"""What a run of the command said, and what is there to be contained by it."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.ground import Ground

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


def declared(ground: Ground, folder: Path, mode: str, bucket: str = "other") -> None:
    text = ESTATE.format(account=ground.account, mode=mode, bucket=bucket)
    (folder / "stanch.toml").write_text(text)


def opened(ground: Ground) -> str:
    statement = [{"Sid": "Open", "Effect": "Allow", "Principal": "*", "Action": "s3:GetObject", "Resource": "*"}]
    return ground.arn("s3", ground.bucket(statement))


def closed(ground: Ground, bucket: str) -> bool:
    policy = ground.admin.call("s3", "GetBucketPolicy", Bucket=Arn.parse(bucket).resource)["Policy"]
    return "StanchClosed" in policy
