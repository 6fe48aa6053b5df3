"""Edges of the check `public/function_open`."""

from typing import Any

import pytest
from tests.posturing import ACCOUNT, posture, rulings, verdicts
from tests.trusting import STRANGER, document, odd, thing

from stanch.domain.verdict import Ruling

ID = "public/function_open"
ARN = f"arn:aws:lambda:eu-central-1:{ACCOUNT}:function:embed"


def function(principal: Any = None, conditions: Any = None, **data: Any) -> dict[str, Any]:
    """A function, and whom its policy lets in."""
    told: dict[str, Any] = {
        "FunctionName": "embed",
        "Policy": _invoked(principal, conditions) if principal else None,
        "Aliases": [],
    }
    return thing("lambda/function", ARN, {**told, "Urls": [], **data})


def _invoked(principal: Any, conditions: Any = None) -> dict[str, Any]:
    statement = {
        "Sid": "s",
        "Effect": "Allow",
        "Principal": principal,
        "Action": "lambda:InvokeFunction",
        "Resource": ARN,
    }
    return document({**statement, "Condition": conditions} if conditions else statement)


@pytest.mark.parametrize(
    ("principal", "conditions", "ruling"),
    [
        ("*", None, Ruling.FAIL),
        ({"AWS": STRANGER}, None, Ruling.FAIL),
        ({"AWS": f"arn:aws:iam::{ACCOUNT}:root"}, None, Ruling.PASS),
        ("*", {"StringEquals": {"aws:PrincipalOrgID": "o-abcdefghij"}}, Ruling.PASS),
        (
            {"Service": "events.amazonaws.com"},
            {"ArnLike": {"aws:SourceArn": f"arn:aws:events:*:{ACCOUNT}:*"}},
            Ruling.PASS,
        ),
        ({"Service": "s3.amazonaws.com"}, None, Ruling.PASS),
        (None, None, Ruling.PASS),
    ],
)
def test_who_is_a_stranger_to_a_function(principal: Any, conditions: Any, ruling: Ruling) -> None:
    ours = '[perimeter]\norganizations = ["o-abcdefghij"]\n'
    assert rulings(ID, posture([function(principal, conditions)], ours)) == {ARN: ruling}


def test_an_address_without_authentication_answers_nobody_whom_the_policy_does_not_let_in() -> None:
    assert rulings(ID, posture([function(Urls=[{"AuthType": "NONE", "FunctionUrl": "https://x"}])])) == {
        ARN: Ruling.PASS
    }


def test_the_policy_of_an_alias_opens_the_function() -> None:
    (verdict,) = verdicts(ID, posture([function(Aliases=[{"Name": "live", "Policy": _invoked("*")}])]))
    assert verdict.ruling is Ruling.FAIL
    assert "alias live" in verdict.why


def test_what_was_not_seen_is_unknown() -> None:
    hidden = {"$unseen": "lambda:GetPolicy: AccessDenied"}
    for data in ({"Policy": hidden}, {"Aliases": hidden}, {"Aliases": [{"Name": "live", "Policy": hidden}]}):
        (verdict,) = verdicts(ID, posture([function(**data)]))
        assert verdict.ruling is Ruling.UNKNOWN
        assert "lambda:GetPolicy" in verdict.why


def test_nothing_that_a_hand_wrote_breaks_it() -> None:
    for line in odd(function("*"), ["Policy", "Aliases", "Urls", "Role"]):
        verdicts(ID, posture([line]))
