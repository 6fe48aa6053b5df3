"""What changes a principal's permissions: older versions of its policies, its groups, roles that only AWS changes."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest

from stanch.iam import Policy, parse
from stanch.iam.escalation import reach
from stanch.iam.organization import Account, Group, Identity, Named, Organization

HOME = "111122223333"
OWN = f"arn:aws:iam::{HOME}:policy/own"


def policy(*statements: dict[str, Any]) -> Policy:
    return parse({"Version": "2012-10-17", "Statement": list(statements)})


def allow(action: Any, resource: Any = "*") -> dict[str, Any]:
    return {"Effect": "Allow", "Action": action, "Resource": resource}


def user(name: str, *statements: dict[str, Any], attached: Sequence[Named] = ()) -> Identity:
    own = (Named(f"user/{name}:inline", policy(*statements)),) if statements else ()
    return Identity("user", f"arn:aws:iam::{HOME}:user/{name}", HOME, name, policies=(*own, *attached))


def role(path: str, service: str) -> Identity:
    trust = policy({"Effect": "Allow", "Principal": {"Service": service}, "Action": "sts:AssumeRole"})
    everything = (Named("all", policy(allow("*"))),)
    return Identity(
        "role", f"arn:aws:iam::{HOME}:role/{path}", HOME, path.rpartition("/")[2], "", everything, None, trust
    )


def reached(account: Account, target: str = "admin") -> dict[str, tuple[int, str]]:
    found = reach(Organization({HOME: account}), target)
    return {one.principal.rpartition("/")[2]: (one.hops, one.certainty) for one in found}


@pytest.mark.parametrize(
    ("older", "expected"),
    [
        ((policy(allow("s3:Get*")), policy(allow("*"))), {"dev": (1, "must")}),
        ((policy(allow("iam:PutUserPolicy")),), {"dev": (2, "must")}),
        ((policy(allow("s3:Get*")),), {}),
        ((), {}),
        (None, {"dev": (1, "assumed")}),
    ],
)
def test_a_policy_set_back_gives_what_it_said_before_and_no_more(older: Any, expected: dict[str, Any]) -> None:
    now = Named(OWN, policy(allow("s3:*")))
    dev = user("dev", allow("iam:SetDefaultPolicyVersion", OWN), attached=[now])
    superseded = {} if older is None else {OWN: older}
    assert reached(Account(HOME, (dev,), superseded=superseded)) == expected


def test_a_policy_set_back_can_be_all_that_a_bucket_needs() -> None:
    now = Named(OWN, policy(allow("ec2:*")))
    dev = user("dev", allow("iam:SetDefaultPolicyVersion", OWN), attached=[now])
    account = Account(HOME, (dev,), superseded={OWN: (policy(allow("s3:GetObject")),)})
    assert reached(account, "arn:aws:s3:::weights") == {"dev": (1, "must")}
    assert reached(replace(account, superseded={OWN: ()}), "arn:aws:s3:::weights") == {}


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("aws-service-role/x.amazonaws.com/chief", {"chief"}),
        ("aws-reserved/sso.amazonaws.com/chief", {"chief"}),
        ("team/chief", {"chief", "dev"}),
    ],
)
def test_nobody_rewrites_a_role_that_only_aws_can_change(path: str, expected: set[str]) -> None:
    dev = user("dev", allow(["iam:UpdateAssumeRolePolicy", "iam:PutRolePolicy"], f"arn:aws:iam::{HOME}:role/{path}"))
    assert set(reached(Account(HOME, (dev, role(path, "x.amazonaws.com"))))) == expected


def test_a_harmless_group_hides_nobody_who_can_have_himself_changed_by_another() -> None:
    group = Group(f"arn:aws:iam::{HOME}:group/weak", HOME, "weak", (Named("s3", policy(allow("s3:*"))),))
    writer = user("writer", allow("iam:PutUserPolicy", f"arn:aws:iam::{HOME}:user/dev"))
    keys = allow("iam:CreateAccessKey", writer.arn)
    dev = user("dev", keys, allow("iam:AddUserToGroup", group.arn))
    assert reached(Account(HOME, (dev, writer), (group,))) == {"dev": (2, "must")}
    assert reached(Account(HOME, (user("dev", keys), writer), (group,))) == {"dev": (2, "must")}


def test_whoever_can_make_a_profile_needs_no_role_that_is_in_one() -> None:
    chief = role("chief", "ec2.amazonaws.com")
    profile = ["iam:CreateInstanceProfile", "iam:AddRoleToInstanceProfile"]
    dev = user("dev", allow(["iam:PassRole", "ec2:RunInstances", *profile]))
    ops = user("ops", allow(["iam:PassRole", "ec2:RunInstances", profile[0]]))
    assert reached(Account(HOME, (dev, ops, chief))) == {"dev": (1, "must"), "chief": (0, "must")}


def test_a_group_that_one_can_join_and_rewrite_gives_anything_even_without_members() -> None:
    group = Group(f"arn:aws:iam::{HOME}:group/empty", HOME, "empty")
    other = Group(f"arn:aws:iam::{HOME}:group/other", HOME, "other")
    dev = user("dev", allow(["iam:AddUserToGroup", "iam:PutGroupPolicy"], group.arn))
    ops = user("ops", allow("iam:AddUserToGroup", group.arn), allow("iam:PutGroupPolicy", other.arn))
    assert reached(Account(HOME, (dev, ops), (group, other))) == {"dev": (1, "must")}


def test_a_policy_of_one_s_own_making_can_be_what_only_may_be_attached() -> None:
    which = {"Condition": {"ArnLike": {"iam:PolicyARN": f"arn:aws:iam::{HOME}:policy/*"}}}
    attach = {**allow("iam:AttachUserPolicy", f"arn:aws:iam::{HOME}:user/dev"), **which}
    assert reached(Account(HOME, (user("dev", attach, allow("iam:CreatePolicy")),))) == {"dev": (1, "must")}
    assert reached(Account(HOME, (user("dev", attach),))) == {}


def test_who_joins_a_group_has_its_policies_for_his_own_to_rewrite() -> None:
    group = Group(f"arn:aws:iam::{HOME}:group/g", HOME, "g", (Named(OWN, policy(allow("s3:*"))),))
    dev = user("dev", allow("iam:AddUserToGroup", group.arn), allow("iam:CreatePolicyVersion", OWN))
    assert reached(Account(HOME, (dev,), (group,), {OWN: policy(allow("s3:*"))})) == {"dev": (2, "must")}


def test_the_service_that_a_role_is_passed_to_is_the_one_that_its_trust_admits() -> None:
    pipeline = allow(["datapipeline:*", "iam:PassRole"])
    for denied, expected in (("datapipeline", {"chief"}), ("ec2", {"chief", "dev"})):
        which = {"Condition": {"StringEquals": {"iam:PassedToService": f"{denied}.amazonaws.com"}}}
        dev = user("dev", pipeline, {**allow("iam:PassRole"), "Effect": "Deny", **which})
        assert set(reached(Account(HOME, (dev, role("chief", "datapipeline.amazonaws.com"))))) == expected
