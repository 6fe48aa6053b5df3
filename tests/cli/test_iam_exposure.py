"""The verb that says whom a resource's policy lets in: its line for machines, its words for people, its codes."""

import json
from pathlib import Path
from typing import Any

import pytest
import typer
from typer.testing import CliRunner, Result

from stanch.cli.face import WrongUse
from stanch.cli.iam_exposure import exposure

HOME, AWAY = "111122223333", "444455556666"
OPEN = {"Effect": "Allow", "Principal": "*", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::b/*"}


def run(path: Path, document: Any, *options: str, service: str = "s3") -> Result:
    file = path / "policy.json"
    file.write_text(document if isinstance(document, str) else json.dumps(document))
    cli = typer.Typer()
    cli.command()(exposure)
    return CliRunner().invoke(cli, [str(file), "--service", service, "--owner", HOME, *options])


def line(path: Path, document: Any, *options: str, service: str = "s3") -> dict[str, Any]:
    result = run(path, document, "--format", "json", *options, service=service)
    assert result.exit_code == 0, result.output
    found = json.loads(result.stdout)
    assert isinstance(found, dict)
    return found


def policy(*statements: dict[str, Any]) -> dict[str, Any]:
    return {"Version": "2012-10-17", "Statement": list(statements)}


def test_one_line_says_whether_it_is_public_to_whom_and_by_what(tmp_path: Path) -> None:
    partner = {**OPEN, "Sid": "Partner", "Principal": {"AWS": AWAY}}
    assert line(tmp_path, policy(partner, OPEN)) == {
        "kind": "exposure",
        "public": True,
        "outside": [AWAY],
        "statements": ["Statement[0] (Partner)", "Statement[1]"],
        "why": f"Statement[0] (Partner) lets in account {AWAY}; Statement[1] lets in anybody",
        "unplaced": [],
    }


def test_the_perimeter_is_what_the_options_say(tmp_path: Path) -> None:
    document = policy(
        {**OPEN, "Principal": {"AWS": [AWAY, "777788889999"]}},
        {**OPEN, "Condition": {"StringEquals": {"aws:PrincipalOrgID": "o-ours"}}},
        {**OPEN, "Condition": {"IpAddress": {"aws:SourceIp": "198.51.100.7"}}},
        {**OPEN, "Condition": {"StringEquals": {"aws:SourceVpce": "vpce-1"}}},
    )
    assert line(tmp_path, document)["outside"] == [AWAY, "777788889999", "org:o-ours"]
    assert line(tmp_path, document)["unplaced"] == ["198.51.100.7", "vpce-1"]
    options = [
        "--trusted",
        f"{AWAY},777788889999,o-ours",
        "--network",
        "198.51.100.0/24",
        "--vpce",
        "vpce-1",
    ]
    closed = line(tmp_path, document, *options)
    assert (closed["outside"], closed["unplaced"], closed["statements"]) == ([], [], [])
    assert closed["why"] == "no statement lets in anyone from outside"


def test_a_bucket_is_read_with_all_its_ways_in(tmp_path: Path) -> None:
    grant = {"Grantee": {"URI": "http://acs.amazonaws.com/groups/global/AllUsers"}, "Permission": "READ"}
    assert line(tmp_path, {"acl": {"Grants": [grant]}})["public"]
    shut = {"acl": {"Grants": [grant]}, "account_public_access_block": {"IgnorePublicAcls": True}}
    assert not line(tmp_path, shut)["public"]


@pytest.mark.parametrize(
    ("answer", "service"),
    [
        ({"Policy": json.dumps(policy(OPEN))}, "s3"),
        ({"Policy": json.dumps(policy(OPEN)), "RevisionId": "1"}, "lambda"),
        ({"Attributes": {"Policy": json.dumps(policy(OPEN))}}, "sqs"),
        ({"policyText": json.dumps(policy(OPEN))}, "ecr"),
        ({"ResourcePolicy": json.dumps(policy(OPEN))}, "secretsmanager"),
        ({"Role": {"AssumeRolePolicyDocument": policy({**OPEN, "Action": "sts:AssumeRole"})}}, "iam"),
        ({"VpcEndpoints": [{"PolicyDocument": json.dumps(policy(OPEN))}]}, "vpce"),
    ],
)
def test_aws_s_own_answer_is_read_too(tmp_path: Path, answer: dict[str, Any], service: str) -> None:
    assert line(tmp_path, answer, service=service)["public"]


def test_a_policy_may_be_piped_in() -> None:
    cli = typer.Typer()
    cli.command()(exposure)
    given = ["-", "--service", "s3", "--owner", HOME, "--format", "json"]
    result = CliRunner().invoke(cli, given, input=json.dumps(policy(OPEN)))
    assert json.loads(result.stdout)["public"]


def test_people_read_a_verdict_and_its_reasons(tmp_path: Path) -> None:
    assert "Nobody from outside gets in." in run(tmp_path, policy()).stdout
    said = run(tmp_path, policy(OPEN)).stdout
    assert "Public." in said
    assert "Statement[0] lets in anybody" in said


def test_the_code_is_ten_only_where_asked(tmp_path: Path) -> None:
    partner = policy({**OPEN, "Principal": {"AWS": AWAY}})
    assert run(tmp_path, policy(OPEN)).exit_code == 0
    assert run(tmp_path, policy(OPEN), "--fail-on", "public").exit_code == 10
    assert run(tmp_path, partner, "--fail-on", "public").exit_code == 0
    assert run(tmp_path, partner, "--fail-on", "outside").exit_code == 10


@pytest.mark.parametrize(
    ("document", "options", "said"),
    [
        ("{", (), "is not JSON"),
        ("[]", (), "holds no JSON object"),
        ({"Statement": [{"Effect": "No"}]}, (), "Statement[0].Effect"),
        ({"x": 1}, (), "neither Statement nor a policy inside"),
        (policy({k: v for k, v in OPEN.items() if k != "Principal"}), (), "has no Principal"),
        (policy(OPEN), ("--trusted", "12"), "--trusted: '12' is no account; give its twelve digits"),
        (policy(OPEN), ("--org", "acme"), "--org: 'acme' is no organisation"),
        (policy(OPEN), ("--network", "here"), "--network: 'here' is no network"),
    ],
)
def test_wrong_use_is_one_line_with_the_remedy(
    tmp_path: Path, document: Any, options: tuple[str, ...], said: str
) -> None:
    error = run(tmp_path, document, *options).exception
    assert isinstance(error, WrongUse)
    assert said in str(error)
    assert "\n" not in str(error)


def test_an_unknown_service_is_read_like_the_others_with_a_warning(tmp_path: Path) -> None:
    result = run(tmp_path, policy(OPEN), "--format", "json", service="nimbus")
    assert json.loads(result.stdout)["public"]
    assert "--service nimbus: not known" in result.stderr
