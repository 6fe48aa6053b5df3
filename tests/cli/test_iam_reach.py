"""`stanch iam reach`: the promised lines for machines, a drawn path for people, one line for bad input."""

import json
from pathlib import Path
from typing import Any

import pytest
import typer
from typer.testing import CliRunner

from stanch.cli.face import WrongUse
from stanch.cli.iam_reach import reach

HOME, DATA = "111122223333", "444455556666"
SERVING, RETRAIN = (f"arn:aws:iam::{HOME}:role/{name}" for name in ("vllm-serving", "ml-retrain"))
READER, DEV = f"arn:aws:iam::{DATA}:role/weights-reader", f"arn:aws:iam::{HOME}:user/dev"
WEIGHTS = "arn:aws:s3:::acme-weights"


def document(*statements: dict[str, Any]) -> dict[str, Any]:
    return {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", **one} for one in statements]}


def role(arn: str, who: dict[str, Any], *statements: dict[str, Any]) -> dict[str, Any]:
    return {
        "Arn": arn,
        "AssumeRolePolicyDocument": document({"Principal": who, "Action": "sts:AssumeRole"}),
        "RolePolicyList": [{"PolicyName": "inline", "PolicyDocument": document(*statements)}],
    }


PASSING = {
    "Action": "iam:PassRole",
    "Resource": f"arn:aws:iam::{HOME}:role/ml-*",
    "Condition": {"StringEquals": {"iam:PassedToService": "sagemaker.amazonaws.com"}},
}
FACTS = {
    "accounts": {
        HOME: {
            "RoleDetailList": [
                role(
                    SERVING,
                    {"Service": "ec2.amazonaws.com"},
                    PASSING,
                    {"Action": "sagemaker:CreateProcessingJob", "Resource": "*"},
                ),
                role(RETRAIN, {"Service": "sagemaker.amazonaws.com"}, {"Action": "sts:AssumeRole", "Resource": READER}),
            ],
            "UserDetailList": [
                {
                    "Arn": DEV,
                    "UserPolicyList": [
                        {
                            "PolicyName": "inline",
                            "PolicyDocument": document({"Action": "sagemaker:Create*", "Resource": "*"}),
                        }
                    ],
                }
            ],
        },
        DATA: {"RoleDetailList": [role(READER, {"AWS": RETRAIN}, {"Action": "s3:Get*", "Resource": f"{WEIGHTS}/*"})]},
    },
    "resources": [{"arn": WEIGHTS, "account": DATA}],
}

cli = typer.Typer()
cli.command(name="reach")(reach)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "facts.json"
    path.write_text(json.dumps(FACTS))
    return path


def ask(*words: object) -> tuple[list[dict[str, Any]], str]:
    run = CliRunner().invoke(cli, [*map(str, words), "--format", "json"])
    if run.exception and not isinstance(run.exception, SystemExit):
        raise run.exception
    assert run.exit_code == 0
    return [json.loads(line) for line in run.stdout.splitlines()], run.stderr


def test_tells_the_way_from_an_inference_host_to_the_weights_in_the_promised_shape(file: Path) -> None:
    (line,), _ = ask(file, "--to", WEIGHTS, "--from", SERVING)
    steps = line.pop("path")
    assert line == {
        "kind": "reach",
        "principal": SERVING,
        "target": WEIGHTS,
        "hops": 2,
        "certainty": "must",
        "statement": "s3:GetObject: role/weights-reader:inline Statement[0]",
        "conditions": [],
    }
    assert steps[0] == {
        "from": SERVING,
        "to": RETRAIN,
        "by": "iam:PassRole + sagemaker:CreateProcessingJob (sagemaker-003)",
        "statement": "iam:PassRole: role/vllm-serving:inline Statement[0]; "
        "sagemaker:CreateProcessingJob: role/vllm-serving:inline Statement[1]",
        "conditions": [],
    }
    assert (steps[1]["from"], steps[1]["to"], steps[1]["by"]) == (RETRAIN, READER, "sts:AssumeRole (sts-001)")


def test_marks_what_it_assumes_and_leaves_it_out_when_asked(file: Path) -> None:
    lines, said = ask(file, "--to", WEIGHTS)
    assert [(line["certainty"], line["hops"]) for line in lines if line["principal"] == DEV] == [("assumed", 2)]
    assert said == ""
    lines, said = ask(file, "--to", WEIGHTS, "--no-assume-resources")
    assert [line["principal"] for line in lines] == [SERVING, RETRAIN, READER]
    assert "1 more would" in said


def test_draws_the_way_for_people(file: Path) -> None:
    run = CliRunner().invoke(cli, [str(file), "--to", WEIGHTS, "--from", SERVING])
    drawn = " ".join(run.stdout.split())
    assert run.exit_code == 0
    assert "└──" in drawn
    assert "sts:AssumeRole (sts-001)" in drawn
    assert f"= {WEIGHTS}" in drawn


@pytest.mark.parametrize(
    ("words", "fault"),
    [
        (["--to", "nobody"], "no principal of these accounts"),
        (["--from", f"arn:aws:iam::{HOME}:role/other"], "no user or role"),
    ],
)
def test_names_what_is_not_in_the_file(file: Path, words: list[str], fault: str) -> None:
    with pytest.raises(WrongUse, match=fault):
        ask(file, *words)


def test_says_what_is_wrong_with_a_file(tmp_path: Path) -> None:
    (tmp_path / "bad.json").write_text("[1")
    with pytest.raises(WrongUse, match="JSON"):
        ask(tmp_path / "bad.json")
