"""Wherever a bucket might take access logs it must be asked; only where none can, silence is an answer."""

from typing import Any

import pytest

from stanch.catalog.collectors._log_delivery import may_receive

LOGS = "http://acs.amazonaws.com/groups/s3/LogDelivery"
OWNER = {"Grantee": {"Type": "CanonicalUser", "ID": "1f2e"}, "Permission": "FULL_CONTROL"}


def statement(**changes: Any) -> dict[str, Any]:
    whole = {"Effect": "Allow", "Principal": {"Service": "logging.s3.amazonaws.com"}, "Action": "s3:PutObject"}
    return {"Statement": [{**whole, **changes}]}


@pytest.mark.parametrize(
    "policy",
    [
        statement(),
        statement(Action=["s3:GetObject", "S3:Put*"]),
        statement(Principal="*"),
        statement(Principal={"AWS": ["*"]}),
        statement(Principal={"Service": ["delivery.logs.amazonaws.com", "logging.s3.amazonaws.com"]}),
        {"Statement": statement(Action="*")["Statement"][0]},
        {"Statement": [{"Effect": "Allow", "NotPrincipal": {"AWS": "111122223333"}, "NotAction": "s3:GetObject"}]},
        {"$unseen": "s3:GetBucketPolicy: AccessDenied"},
        "{no json",
    ],
)
def test_a_policy_that_may_let_the_writer_in_is_noticed(policy: Any) -> None:
    assert may_receive({"Policy": policy, "Acl": None})


@pytest.mark.parametrize(
    "policy",
    [
        None,
        statement(Effect="Deny"),
        statement(Action="s3:GetObject"),
        statement(Principal={"Service": "cloudtrail.amazonaws.com"}),
        statement(Principal={"AWS": "arn:aws:iam::111122223333:root"}),
    ],
)
def test_a_policy_that_cannot_is_passed_over(policy: Any) -> None:
    assert not may_receive({"Policy": policy, "Acl": {"Grants": [OWNER]}})


def test_an_acl_for_the_log_delivery_group_or_one_that_could_not_be_seen_is_noticed() -> None:
    group = {"Grantee": {"Type": "Group", "URI": LOGS}, "Permission": "WRITE"}
    assert may_receive({"Policy": None, "Acl": {"Grants": [OWNER, group]}})
    assert not may_receive({"Policy": None, "Acl": {"Grants": [{**group, "Permission": "READ"}]}})
    assert may_receive({"Policy": None, "Acl": {"$unseen": "s3:GetBucketAcl: AccessDenied"}})
