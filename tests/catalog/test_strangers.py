from typing import Any

import pytest

from stanch.catalog.actions._document import living, stable
from stanch.catalog.actions._responder import is_own, own_role, refuse_own
from stanch.catalog.actions._strangers import Ours, let_in, strangers, without_strangers
from stanch.contracts.action import Refused
from stanch.domain.estate import Perimeter
from stanch.iam import Policy, parse

OURS = Ours.of(Perimeter(accounts=("111122223333",), organizations=("o-acme123456",)), "111122223333")
ME = "arn:aws:iam::111122223333:root"
THEM = "arn:aws:iam::999988887777:root"


def policy(*statements: dict[str, Any]) -> Policy:
    return parse({"Version": "2012-10-17", "Statement": list(statements)})


def allow(principal: Any, **more: Any) -> dict[str, Any]:
    return {"Effect": "Allow", "Principal": principal, "Action": "sts:AssumeRole", **more}


def test_says_who_outside_is_let_in() -> None:
    assert strangers(policy(allow({"AWS": [ME, THEM]})), OURS) == (THEM,)
    assert strangers(policy(allow("*")), OURS) == ("everybody",)
    assert strangers(policy(allow({"AWS": ME}), allow({"Service": "ec2.amazonaws.com"})), OURS) == ()


def test_narrows_only_the_statements_that_let_strangers_in() -> None:
    first, second = allow({"AWS": ME}, Sid="Ours"), allow({"AWS": [THEM, ME]}, Sid="Mixed")
    narrowed = without_strangers(policy(first, second, allow({"AWS": THEM})), OURS)
    assert narrowed.statements == (first, {**second, "Principal": {"AWS": [ME]}})
    assert narrowed.changes == (
        f"narrow statement 'Mixed' to our own principals: it also lets in {THEM}",
        f"take out statement #3: it lets in {THEM}",
    )


def test_keeps_what_a_deny_beside_it_makes_harmless() -> None:
    fence = {**allow("*"), "Effect": "Deny", "Condition": {"StringNotEquals": {"aws:PrincipalOrgID": "o-acme123456"}}}
    both = policy(allow("*"), fence)
    assert strangers(both, OURS) == ()
    assert without_strangers(both, OURS).changes == ()


def test_judges_each_statement_alone_where_a_denial_beside_it_does_not_count() -> None:
    fence = {**allow("*"), "Effect": "Deny", "Condition": {"StringNotEquals": {"aws:PrincipalOrgID": "o-acme123456"}}}
    narrowed = without_strangers(policy(allow("*"), fence), OURS, each_alone=True)
    assert narrowed.statements == (fence,)
    assert narrowed.changes == ("take out statement #1: it lets in everybody",)


def test_says_of_a_policy_that_cannot_be_read_that_anybody_may_be_let_in() -> None:
    assert let_in('{"Statement": 7}', OURS)[0].startswith("nobody knows whom, for it cannot be read")
    assert let_in({"Version": "2012-10-17", "Statement": [allow({"AWS": THEM})]}, OURS) == (THEM,)


def test_survives_the_journal() -> None:
    assert Ours.read(OURS.to_json()) == OURS


def test_leaves_out_whom_aws_has_deleted() -> None:
    dead = "AROACKCEVSQ6C2EXAMPLE"
    document = {"Statement": [allow({"AWS": [dead, ME]}), allow({"AWS": "AIDACKCEVSQ6C2EXAMPLE"})]}
    kept, gone = living(document)
    assert kept["Statement"] == [allow({"AWS": [ME]})]
    assert gone == (dead, "AIDACKCEVSQ6C2EXAMPLE")


def test_spells_the_same_policy_in_one_way() -> None:
    one = '{"Statement":[{"Principal":{"AWS":["b","a"]},"Effect":"Allow"}]}'
    other = '{"Statement": [{"Effect": "Allow", "Principal": {"AWS": ["a", "b"]}}]}'
    assert stable(one) == stable(other)
    assert stable('{"Statement":[{"Principal":{"AWS":["a"]}}]}') == stable('{"Statement":[{"Principal":{"AWS":"a"}}]}')


@pytest.mark.parametrize(
    ("principal", "responder"),
    [
        ("iam::111122223333:role/security/stanch", "sts::111122223333:assumed-role/stanch/contain"),
        ("iam::111122223333:role/Stanch", "iam::111122223333:role/stanch"),
        ("iam::111122223333:user/team/alice", "iam::111122223333:user/alice"),
        ("iam::111122223333:user/alice", "sts::111122223333:federated-user/visitor"),
    ],
)
def test_knows_the_responder_by_whatever_name(principal: str, responder: str) -> None:
    assert is_own(f"arn:aws:{principal}", f"arn:aws:{responder}")
    with pytest.raises(Refused, match="stanch acts as"):
        refuse_own(f"arn:aws:{principal}", "anonymous", f"arn:aws:{responder}")


@pytest.mark.parametrize(
    ("principal", "responder"),
    [
        ("iam::111122223333:role/app", "sts::111122223333:assumed-role/stanch/contain"),
        ("iam::999988887777:role/stanch", "sts::111122223333:assumed-role/stanch/contain"),
        ("iam::111122223333:user/stanch", "sts::111122223333:assumed-role/stanch/contain"),
        ("iam::111122223333:role/app", "sts::111122223333:federated-user/app"),
        ("iam::111122223333:user/alice", "iam::111122223333:root"),
    ],
)
def test_takes_nobody_else_for_the_responder(principal: str, responder: str) -> None:
    assert not is_own(f"arn:aws:{principal}", f"arn:aws:{responder}")


def test_names_the_role_behind_the_responder() -> None:
    assert own_role("arn:aws:sts::111122223333:assumed-role/stanch/contain") == "stanch"
    assert own_role("arn:aws:iam::111122223333:user/alice") is None
    assert own_role("nobody") is None
