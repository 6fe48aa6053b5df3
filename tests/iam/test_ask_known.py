"""What is known of a caller before it asks decides; what is not is told in words."""

from typing import Any

import pytest

from stanch.iam import parse
from stanch.iam.ask import Access, Asker
from stanch.iam.ask.bits import bits_of, numbers_in
from stanch.iam.ask.words import condition_in_words
from stanch.iam.organization import Account, Identity, Named, Organization, Resource

HOME, AWAY = "111122223333", "444455556666"
ROLE, BOB = f"arn:aws:iam::{HOME}:role/ml/serving", f"arn:aws:iam::{HOME}:user/bob"
BUCKET, OBJECT = "arn:aws:s3:::weights", "arn:aws:s3:::weights/a"
KEY = f"arn:aws:kms:eu-central-1:{HOME}:key/k"
SERVICE = {"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"}
READ = {"Effect": "Allow", "Action": ["s3:Get*", "kms:*", "sts:*"], "Resource": "*"}


def policy(*statements: dict[str, Any]) -> Any:
    return parse({"Version": "2012-10-17", "Statement": list(statements)})


def ask(
    *statements: dict[str, Any],
    action: str = "s3:GetObject",
    resource: str = OBJECT,
    trust: dict[str, Any] | None = None,
    tags: dict[str, str] | None = None,
    kind: Any = "role",
    others: tuple[Account, ...] = (),
    owner: str = HOME,
    **more: Any,
) -> Access | None:
    """What is told of one role or user that has these statements; None when it cannot."""
    one = Identity(
        kind=kind,
        arn=ROLE if kind == "role" else BOB,
        account=HOME,
        name="serving" if kind == "role" else "bob",
        policies=(Named("own", policy(*(statements or (READ,)))),),
        trust=policy(trust or SERVICE) if kind == "role" else None,
        tags=tags or {},
    )
    accounts = {account.id: account for account in (Account(HOME, (one,)), *others)}
    resources = (Resource(BUCKET, "s3", "bucket", owner),) if owner else ()
    found = list(Asker(Organization(accounts, resources=resources, **more)).who_can(action, resource).access())
    assert len(found) <= 1
    return found[0] if found else None


def under(**condition: Any) -> dict[str, Any]:
    return {**READ, "Condition": condition}


def test_tags_of_a_role_are_its_own_unless_its_trust_lets_sessions_bring_others() -> None:
    red = under(StringEquals={"aws:PrincipalTag/Team": "red"})
    assert getattr(ask(red, tags={"team": "red"}), "answer", None) == "must"
    assert ask(red, tags={"team": "blue"}) is None
    tagging = {**SERVICE, "Action": ["sts:AssumeRole", "sts:TagSession"]}
    told = ask(red, tags={"team": "blue"}, trust=tagging)
    assert told is not None
    assert told.conditions == (
        "if aws:PrincipalTag/Team is red (identity policy own, Statement[0] allows s3:GetObject)",
    )  # fmt: skip


@pytest.mark.parametrize(
    ("condition", "answer"),
    [
        ({"Bool": {"aws:SecureTransport": "true"}}, "must"),
        ({"Bool": {"aws:ViaAWSService": "true"}}, None),
        ({"ArnLike": {"aws:PrincipalArn": "arn:*:iam::*:role/ml/*"}}, "must"),
        ({"StringEquals": {"aws:PrincipalType": "User"}}, None),
        ({"StringEquals": {"aws:ResourceAccount": "${aws:PrincipalAccount}"}}, "must"),
        ({"StringEquals": {"aws:SourceAccount": HOME}}, None),
        ({"StringEquals": {"aws:PrincipalOrgID": "o-1"}}, "may"),
        ({"StringLike": {"aws:userid": "AROA1:*"}}, "may"),
        ({"NumericLessThan": {"aws:MultiFactorAuthAge": "300"}}, "may"),
        ({"Null": {"aws:username": "true"}}, "must"),
    ],
)
def test_each_key_is_known_absent_or_open(condition: dict[str, Any], answer: str | None) -> None:
    assert getattr(ask({**READ, "Condition": condition}), "answer", None) == answer


def test_the_organisation_is_known_when_the_file_tells_it() -> None:
    ours = under(StringEquals={"aws:PrincipalOrgID": "o-1"})
    assert getattr(ask(ours, id="o-1"), "answer", None) == "must"
    assert ask(ours, id="o-2") is None


def test_a_bucket_without_owner_may_be_anybodys() -> None:
    assert getattr(ask(owner=""), "answer", None) == "must"  # of the only account there is
    told = ask(owner="", others=(Account(AWAY),))
    assert told is not None
    assert told.conditions == (f"if the resource belongs to {HOME}, for its owner is not known",)
    assert ask(owner=AWAY, others=(Account(AWAY),)) is None


def test_a_key_whose_policy_is_not_in_the_file_may_let_in_whom_his_own_policies_do() -> None:
    told = ask(action="kms:Decrypt", resource=KEY)
    assert told is not None
    assert told.conditions == ("if its own policy, which is not known, lets it (the resource's own policy)",)
    assert ask({**READ, "Action": "s3:*"}, action="kms:Decrypt", resource=KEY) is None
    delegating = policy({"Effect": "Allow", "Principal": {"AWS": HOME}, "Action": "kms:*", "Resource": "*"})
    assert getattr(ask(action="kms:Decrypt", resource=KEY, resource_policies={KEY: delegating}), "answer", "") == "must"


def test_a_grant_to_one_session_is_a_grant_to_who_calls_himself_so() -> None:
    session = {"AWS": f"arn:aws:sts::{HOME}:assumed-role/serving/i-0abc"}
    grant = policy({**READ, "Principal": session})
    told = ask({**READ, "Action": "sqs:*"}, resource_policies={BUCKET: grant})
    assert told is not None
    assert told.conditions == (
        "if the session is the one it names (resource policy, Statement[0] allows s3:GetObject)",
    )  # fmt: skip
    refused = ask(resource_policies={BUCKET: policy({**READ, "Effect": "Deny", "Principal": session})})
    assert refused is not None
    assert refused.conditions == (
        "unless the session is the one it names (resource policy, Statement[0] denies s3:GetObject)",
    )  # fmt: skip


def test_a_user_is_named_by_variables_and_a_session_is_not() -> None:
    home = {**READ, "Resource": "arn:aws:s3:::weights/${aws:username}"}
    assert getattr(ask(home, kind="user", resource=f"{BUCKET}/bob"), "answer", None) == "must"
    assert ask(home, resource=f"{BUCKET}/serving") is None


def test_nobody_can_be_denied_to_ask_who_he_is() -> None:
    told = ask({**READ, "Effect": "Deny", "Action": "*"}, action="STS:GetCallerIdentity", resource="*")
    assert told is not None
    assert (told.answer, len(told.because)) == ("must", 1)


@pytest.mark.parametrize(
    ("condition", "words"),
    [
        (
            {"IpAddress": {"aws:SourceIp": ["10.0.0.0/8", "192.0.2.0/24"]}},
            "aws:SourceIp is in 10.0.0.0/8 or 192.0.2.0/24",
        ),
        ({"BoolIfExists": {"aws:MultiFactorAuthPresent": True}}, "aws:MultiFactorAuthPresent is true or is absent"),
        ({"Null": {"aws:TokenIssueTime": "false"}}, "aws:TokenIssueTime is present"),
        ({"ForAllValues:StringLike": {"aws:TagKeys": "a*"}}, "every value of aws:TagKeys is like a*"),
        ({"DateLessThan": {"aws:CurrentTime": "2026-01-01"}}, "aws:CurrentTime is before 2026-01-01"),
        ({"StringEquals": {"s3:prefix": list("abcdef")}}, "s3:prefix is a or b or c or d or one of 2 more"),
    ],
)
def test_conditions_read_as_sentences(condition: dict[str, Any], words: str) -> None:
    (only,) = policy({**READ, "Condition": condition}).statements[0].conditions
    assert condition_in_words(only) == words


@pytest.mark.parametrize("numbers", [[], [0], [5, 3, 9000], list(range(0, 700, 3))])
def test_a_set_gives_back_its_numbers_in_order(numbers: list[int]) -> None:
    assert list(numbers_in(bits_of(numbers))) == sorted(numbers)
