"""The verb that sets what a role used against what it may."""

import json
from pathlib import Path
from typing import Any

import pytest
import typer
from typer.testing import CliRunner, Result

from stanch.cli.face import WrongUse
from stanch.cli.iam_unused import unused_access
from stanch.iam import Caller, Request, evaluate, parse

HOME = "111122223333"
ROLE = f"arn:aws:iam::{HOME}:role/app/serving"
SESSION = f"arn:aws:sts::{HOME}:assumed-role/serving/i-0abc"
WIDE = {"Effect": "Allow", "Action": ["s3:*", "ec2:DescribeInstances", "logs:PutLogEvents"], "Resource": "*"}


def event(number: int, name: str, source: str = "s3", arn: str = SESSION, **more: Any) -> dict[str, Any]:
    issuer = {"sessionIssuer": {"arn": ROLE}} if arn == SESSION else {}
    return {
        "eventVersion": "1.09",
        "eventID": f"00000000-0000-0000-0000-{number:012d}",
        "eventTime": f"2026-11-{1 + number:02d}T00:00:00Z",
        "eventSource": f"{source}.amazonaws.com",
        "eventName": name,
        "awsRegion": "eu-central-1",
        "recipientAccountId": HOME,
        "sourceIPAddress": "198.51.100.7",
        "userIdentity": {"type": "AssumedRole", "arn": arn, "accountId": HOME, "sessionContext": issuer},
        "requestParameters": {"bucketName": "weights", "key": "llama/1"},
        **more,
    }


@pytest.fixture
def ground(tmp_path: Path) -> Path:
    role = {
        "RoleName": "serving",
        "RoleId": "AROAEXAMPLEEXAMPLEEXA",
        "Arn": ROLE,
        "Path": "/app/",
        "AssumeRolePolicyDocument": {"Version": "2012-10-17", "Statement": []},
        "RolePolicyList": [
            {"PolicyName": "Main", "PolicyDocument": {"Version": "2012-10-17", "Statement": [WIDE]}},
        ],
        "AttachedManagedPolicies": [],
    }
    (tmp_path / "facts.json").write_text(json.dumps({HOME: {"RoleDetailList": [role]}}))
    records = [
        event(1, "GetObject"),
        event(2, "HeadObject"),
        event(3, "DeleteObject", errorCode="AccessDenied"),
        event(9, "PutObject", arn=f"arn:aws:iam::{HOME}:user/other"),
    ]
    (tmp_path / "trail.json").write_text(json.dumps({"Records": records}))
    return tmp_path


def run(ground: Path, *options: str, principal: str = "serving") -> Result:
    cli = typer.Typer()
    cli.command()(unused_access)
    given = ["--logs", str(ground / "trail.json"), "--facts", str(ground / "facts.json"), *options]
    return CliRunner().invoke(cli, [principal, *given])


@pytest.mark.parametrize("principal", ["serving", ROLE, SESSION])
def test_one_line_tells_use_idleness_silence_and_the_smaller_policy(ground: Path, principal: str) -> None:
    result = run(ground, "--format", "json", principal=principal)
    assert result.exit_code == 0, result.output
    found = json.loads(result.stdout)
    assert (found["kind"], found["principal"], found["days"]) == ("unused", ROLE, 8.0)
    assert found["used"] == [
        {
            "action": "s3:GetObject",
            "resources": ["arn:aws:s3:::weights/llama/1"],
            "times": 2,
            "last": "2026-11-03T00:00:00+00:00",
        }
    ]
    assert found["refused"] == {"s3:DeleteObject": 1}
    assert [(one["action"], one["used"]) for one in found["unused"]] == [
        ("s3:*", ["s3:GetObject"]),
        ("ec2:DescribeInstances", []),
        ("logs:PutLogEvents", []),
    ]
    assert found["never_seen"] == [{"action": "logs:PutLogEvents", "why": "CloudTrail does not log it"}]
    assert found["proposed"]["Statement"] == [
        {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::weights/llama/1"}
    ]


def test_the_written_policy_allows_what_was_used(ground: Path) -> None:
    out = ground / "smaller.json"
    said = run(ground, "--policy-out", str(out)).stdout
    assert "logs:PutLogEvents (CloudTrail does not log it)" in said
    caller = Caller("role-session", HOME, SESSION, ROLE)
    kept = parse(out.read_text())
    for action, expected in (("s3:GetObject", True), ("s3:PutObject", False)):
        request = Request(caller, action, "arn:aws:s3:::weights/llama/1", HOME)
        assert evaluate(request, identity=[kept]).allowed is expected


@pytest.mark.parametrize(
    ("principal", "options", "said"),
    [
        ("nobody", (), "nobody is in none of the 1 identities of the facts; give its ARN or name"),
        ("serving", ("--logs", "nowhere"), "--logs nowhere is no file or folder"),
        ("serving", ("--facts", "none.json"), "none.json"),
    ],
)
def test_wrong_use_is_one_line(ground: Path, principal: str, options: tuple[str, ...], said: str) -> None:
    error = run(ground, *options, principal=principal).exception
    assert isinstance(error, WrongUse)
    assert said in str(error)


def test_logs_without_an_event_of_it_are_no_proof(ground: Path) -> None:
    (ground / "trail.json").write_text(
        json.dumps({"Records": [event(1, "PutObject", arn=f"arn:aws:iam::{HOME}:user/x")]})
    )
    assert "It was not seen at all" in run(ground).stdout
