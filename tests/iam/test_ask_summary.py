"""What a caller can do, told in patterns: nothing it can do is left out, and what is told as sure is sure."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.iam.test_ask import World, asked

from stanch.iam import match_wildcard, parse
from stanch.iam.ask import Asker, Power
from stanch.iam.ask.areas import Part, held, written
from stanch.iam.organization import Account, Identity, Named, Organization
from stanch.iam.variables import resolve
from stanch.iam.wildcard import match_tokens, tokens

HOME = "111122223333"
ROLE = f"arn:aws:iam::{HOME}:role/serving"
QUEUE = f"arn:aws:sqs:eu-central-1:{HOME}:jobs"


def allow(action: Any, resource: Any = "*", **more: Any) -> dict[str, Any]:
    return {"Effect": "Allow", "Action": action, "Resource": resource, **more}


def deny(action: Any, resource: Any = "*", **more: Any) -> dict[str, Any]:
    return {**allow(action, resource, **more), "Effect": "Deny"}


def named(name: str, *statements: dict[str, Any]) -> Named:
    return Named(name, parse({"Version": "2012-10-17", "Statement": list(statements)}))


def told(
    *statements: dict[str, Any], boundary: Named | None = None, scp: Named | None = None, **resources: Any
) -> list[Power]:
    role = Identity("role", ROLE, HOME, "serving", policies=(named("own", *statements),), boundary=boundary)
    account = Account(HOME, (role,), scps=((scp,),) if scp else None)
    return Asker(Organization({HOME: account}, **resources)).what_can(ROLE)


def shown(powers: list[Power]) -> list[tuple[str, str, str]]:
    return [(power.action, power.resource, power.answer) for power in powers]


def test_tells_what_the_policies_say_as_they_say_it() -> None:
    powers = told(allow(["s3:Get*", "s3:PutObject"], ["arn:aws:s3:::a/*", "arn:aws:s3:::b/*"]))
    assert shown(powers) == [
        *(("s3:Get*", "arn:aws:s3:::a/*", "must"), ("s3:Get*", "arn:aws:s3:::b/*", "must")),
        *(("s3:PutObject", "arn:aws:s3:::a/*", "must"), ("s3:PutObject", "arn:aws:s3:::b/*", "must")),
    ]
    assert powers[0].because == ("identity policy own, Statement[0] allows",)


def test_a_boundary_narrows_what_is_wider_and_ends_what_is_elsewhere() -> None:
    fence = named("fence", allow(["s3:*", "sqs:SendMessage"]))
    assert shown(told(allow("*"), boundary=fence)) == [("s3:*", "*", "must"), ("sqs:SendMessage", "*", "must")]
    assert told(allow("iam:*"), boundary=fence) == []


def test_what_is_denied_is_excepted_and_what_is_denied_whole_is_gone() -> None:
    one, *others = told(allow(["s3:*", "s3:DeleteObject"]), deny("s3:Delete*"))
    assert (one.action, one.excepted) == ("s3:*", ("s3:Delete* on * (identity policy own, Statement[1] denies)",))
    assert others == []


def test_a_denial_that_may_fire_is_a_condition() -> None:
    (one,) = told(allow("s3:GetObject"), deny("s3:*", Condition={"NotIpAddress": {"aws:SourceIp": "10.0.0.0/8"}}))
    assert one.answer == "may"
    assert one.conditions == (
        "unless aws:SourceIp is not in 10.0.0.0/8 (identity policy own, Statement[1] denies)",
    )  # fmt: skip


def test_a_service_control_policy_that_allows_all_but_something_excepts_it() -> None:
    scp = named("scp", {"Effect": "Allow", "NotAction": "iam:*", "Resource": "*"})
    (one,) = told(allow("*"), scp=scp)
    assert one.conditions == ("if the action is none of iam:* (service control policy scp, Statement[0] allows)",)
    assert told(allow("iam:CreateUser"), scp=scp) == []


def test_a_resource_of_its_own_account_may_grant_alone() -> None:
    queue = parse(
        {"Version": "2012-10-17", "Statement": allow("sqs:SendMessage", Principal={"AWS": ROLE})},
    )
    assert shown(told(allow("s3:GetObject"), resource_policies={QUEUE: queue}))[1:] == [
        ("sqs:SendMessage", QUEUE, "must")
    ]


def test_each_action_is_told_by_itself_when_all_are_given() -> None:
    role = Identity("role", ROLE, HOME, "serving", policies=(named("own", allow("s3:*"), deny("s3:Put*")),))
    asker = Asker(Organization({HOME: Account(HOME, (role,))}))
    actions = ("s3:GetObject", "s3:PutObject", "sqs:SendMessage")
    assert shown(asker.what_can(ROLE, actions)) == [("s3:GetObject", "*", "must")]


def test_nobody_is_called_by_an_arn_that_nobody_has() -> None:
    with pytest.raises(KeyError):
        Asker(Organization({HOME: Account(HOME)})).what_can(ROLE)


PATTERNS = st.text("ab*?", max_size=6)


@given(PATTERNS, PATTERNS, st.text("ab", max_size=6))
def test_how_much_of_a_pattern_another_holds_is_true_of_every_string(wide: str, narrow: str, value: str) -> None:
    part = held(tokens(wide), tokens(narrow))
    if match_wildcard(narrow, value):
        assert part is not Part.ALL or match_wildcard(wide, value)
        assert part is not Part.NONE or not match_wildcard(wide, value)
    assert written(tokens(wide)) == wide


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 2**64))
def test_leaves_nothing_out_and_is_sure_of_what_it_says(seed: int) -> None:
    organization = World(seed).organization()
    asker = Asker(organization)
    answers = [asker.who_can(action, resource) for action, resource in asked() if resource != "*"]
    for one in asker.callers.identities:
        powers = asker.what_can(one.arn)
        for answer in answers:
            near = [power for power in powers if is_about(power, answer.action, answer.resource)]
            if one.arn in (*answer.must, *answer.may):
                assert near, (one.arn, answer.action, answer.resource)
            place = asker.places.find(answer.action.lower(), answer.resource)
            if place.owner == one.account and not place.decides_alone:
                sure = [power for power in near if power.answer == "must" and not power.excepted]
                assert not sure or one.arn in answer.must, (sure, answer.resource)


def is_about(power: Power, action: str, resource: str) -> bool:
    pattern = resolve(power.resource, {}, variables=True)  # `${*}` is no wildcard
    return match_wildcard(power.action, action, case_sensitive=False) and match_tokens(pattern or (), resource)
