"""The functions' own roles hold what their code calls, and nothing more: the calls are read from the code."""

import ast
import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.deploy.resolved import ACCOUNT, template

import stanch
from stanch.deploy.render import Rendered

SOURCES = Path(stanch.__file__).parent
_PREFIX = {"stepfunctions": "states"}
_ASKS_FOR = {
    "dynamodb:TransactWriteItems": ("dynamodb:PutItem", "dynamodb:UpdateItem", "dynamodb:ConditionCheckItem"),
    "securityhub:BatchUpdateFindingsV2": ("securityhub:BatchUpdateFindings",),
}
_UNASKED = {
    "kms:Decrypt",  # what is encrypted is decrypted by the service, with the caller's permission
    "kms:GenerateDataKey*",
    "logs:CreateLogStream",  # Lambda itself, as the function's role
    "logs:PutLogEvents",
    "sts:AssumeRole",  # the engine's doors to other accounts
}


def called(*files: Path) -> Iterator[str]:
    """The permissions of each `call("service", "Operation")` in these files."""
    for file in files:
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if (
                isinstance(node, ast.Call)
                and isinstance(node.func, ast.Attribute)
                and node.func.attr in {"call", "pages"}
            ):
                words = [str(each.value) for each in node.args[:2] if isinstance(each, ast.Constant)]
                if len(words) == 2:
                    permission = f"{_PREFIX.get(words[0], words[0])}:{words[1]}"
                    yield from _ASKS_FOR.get(permission, (permission,))


def held(rendered: Rendered, role: str) -> set[str]:
    (policy,) = template(rendered, "responder")[role]["Properties"]["Policies"]
    actions = [statement["Action"] for statement in policy["PolicyDocument"]["Statement"]]
    return {one for each in actions for one in ([each] if isinstance(each, str) else each)}


def test_the_responder_holds_what_its_code_calls(rendered: Rendered) -> None:
    code = [*(SOURCES / "responder").glob("*.py"), *(SOURCES / "stores").glob("dynamo*.py")]
    # The starter has a role of its own; a table is audited by a person, from elsewhere.
    code = [file for file in code if file.name not in {"starter.py", "dynamo_audit.py"}]
    assert set(called(*code)) == held(rendered, "ResponderRole") - _UNASKED


def test_the_starter_starts_and_reads_its_queue(rendered: Rendered) -> None:
    assert set(called(SOURCES / "responder" / "starter.py")) == {"states:StartExecution"}
    queue = {"sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes"}
    assert held(rendered, "StarterRole") - _UNASKED == {"states:StartExecution", *queue}


@pytest.mark.parametrize("role", ["ResponderRole", "StarterRole"])
def test_nothing_is_held_on_everything_but_what_has_no_resource(rendered: Rendered, role: str) -> None:
    (policy,) = template(rendered, "responder")[role]["Properties"]["Policies"]
    wide = [one["Action"] for one in policy["PolicyDocument"]["Statement"] if one["Resource"] == "*"]
    assert wide == (["securityhub:BatchUpdateFindings"] if role == "ResponderRole" else [])


def test_the_responder_assumes_the_member_role_and_no_other(rendered: Rendered) -> None:
    (policy,) = template(rendered, "responder")["ResponderRole"]["Properties"]["Policies"]
    (statement,) = [one for one in policy["PolicyDocument"]["Statement"] if one["Action"] == "sts:AssumeRole"]
    assert statement["Resource"] == "arn:aws:iam::*:role/stanch-member"
    assert ACCOUNT not in json.dumps(statement)
