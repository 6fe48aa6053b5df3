"""Frozen, an account changes for nobody but the responder and those who must never be touched."""

import json
import re
from pathlib import Path

import pytest

import stanch.catalog
from stanch.deploy.freeze import MOST_CHARACTERS
from stanch.deploy.render import Rendered
from stanch.iam import Caller, Policy, Request, evaluate, parse

ACCOUNT = "444455556666"
FULL = parse({"Statement": {"Effect": "Allow", "Action": "*", "Resource": "*"}})


@pytest.fixture(scope="module")
def frozen(rendered: Rendered) -> Policy:
    return parse(rendered.files["freeze-policy.json"])


def allowed(frozen: Policy, role: str, action: str) -> bool:
    arn = f"arn:aws:iam::{ACCOUNT}:role/{role}"
    caller = Caller("role-session", ACCOUNT, f"arn:aws:sts::{ACCOUNT}:assumed-role/{role}/s", role_arn=arn)
    request = Request(caller, action, "*", context={"aws:PrincipalArn": (arn,)})
    return evaluate(request, identity=[FULL], scps=[[FULL, frozen]]).allowed


@pytest.mark.parametrize(
    "action",
    [
        "iam:AttachRolePolicy",
        "iam:DeleteRolePolicy",
        "iam:CreateAccessKey",
        "iam:UpdateAssumeRolePolicy",
        "cloudtrail:StopLogging",
        "s3:PutBucketPolicy",
        "kms:CreateGrant",
        "organizations:LeaveOrganization",
    ],
)
def test_an_administrator_cannot_take_off_a_quarantine_nor_open_another_door(frozen: Policy, action: str) -> None:
    assert not allowed(frozen, "platform-admin", action)
    assert allowed(frozen, "stanch-member", action)
    assert allowed(frozen, "stanch-responder", action)
    assert allowed(frozen, "break-glass", action)


def test_what_the_action_asks_of_the_policy_stands_in_it(rendered: Rendered) -> None:
    page = Path(stanch.catalog.__file__).parent / "actions" / "organizations" / "freeze_account.md"
    (block,) = re.findall(r"```json\n(.*?)```", page.read_text(encoding="utf-8"), re.DOTALL)
    asked = {action for statement in json.loads(block)["Statement"] for action in statement["Action"]}
    (frozen,) = json.loads(rendered.files["freeze-policy.json"])["Statement"]
    assert asked - set(frozen["Action"]) == set()


def test_work_goes_on_in_a_frozen_account(frozen: Policy) -> None:
    for action in ("s3:GetObject", "sagemaker:InvokeEndpoint", "ec2:RunInstances", "iam:GetRole", "sts:AssumeRole"):
        assert allowed(frozen, "vllm-serving", action)


def test_the_policy_fits(rendered: Rendered) -> None:
    assert len(json.dumps(json.loads(rendered.files["freeze-policy.json"]))) < MOST_CHARACTERS
