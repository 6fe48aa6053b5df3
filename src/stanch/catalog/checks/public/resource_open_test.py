"""Edges of the check `public/resource_open`."""

from typing import Any

import pytest
from tests.posturing import ACCOUNT, posture, rulings, verdicts
from tests.trusting import STRANGER, document, odd, thing

from stanch.domain.verdict import Ruling

ID = "public/resource_open"
KINDS = {
    "secretsmanager/secret": f"arn:aws:secretsmanager:eu-central-1:{ACCOUNT}:secret:hub-AbCdEf",
    "sqs/queue": f"arn:aws:sqs:eu-central-1:{ACCOUNT}:jobs",
    "sns/topic": f"arn:aws:sns:eu-central-1:{ACCOUNT}:news",
    "dynamodb/table": f"arn:aws:dynamodb:eu-central-1:{ACCOUNT}:table/sessions",
    "backup/vault": f"arn:aws:backup:eu-central-1:{ACCOUNT}:backup-vault:weights",
    "events/bus": f"arn:aws:events:eu-central-1:{ACCOUNT}:event-bus/default",
    "glue/catalog": f"arn:aws:glue:eu-central-1:{ACCOUNT}:catalog",
    "lambda/layer": f"arn:aws:lambda:eu-central-1:{ACCOUNT}:layer:tokenizer",
}


def opened(principal: Any, conditions: Any = None) -> dict[str, Any]:
    """A policy that lets a principal do everything."""
    statement = {"Effect": "Allow", "Principal": principal, "Action": "*", "Resource": "*"}
    return document({**statement, "Condition": conditions} if conditions else statement)


@pytest.mark.parametrize("kind", KINDS)
def test_each_kind_is_opened_by_its_own_policy(kind: str) -> None:
    arn = KINDS[kind]
    for policy, ruling in (
        (opened("*"), Ruling.FAIL),
        (opened({"AWS": f"arn:aws:iam::{STRANGER}:role/partner"}), Ruling.FAIL),
        (opened({"AWS": ACCOUNT}), Ruling.PASS),
        (opened({"Service": "events.amazonaws.com"}), Ruling.PASS),
        (opened("*", {"StringEquals": {"aws:PrincipalAccount": ACCOUNT}}), Ruling.PASS),
        (None, Ruling.PASS),
        ({"$unseen": "any:GetPolicy: AccessDenied"}, Ruling.UNKNOWN),
    ):
        assert rulings(ID, posture([thing(kind, arn, {"Policy": policy})])) == {arn: ruling}
    assert rulings(ID, posture([thing(kind, arn, {"Name": "x"})])) == {arn: Ruling.UNKNOWN}


def test_a_service_that_was_not_looked_at_is_unknown_in_each_region() -> None:
    found = verdicts(ID, posture([], looked=["sqs"], regions=["eu-central-1", "eu-west-1"]))
    assert {one.ruling for one in found} == {Ruling.UNKNOWN}
    assert not [one for one in found if ":sqs:" in one.resource]
    assert {one.region for one in found} == {"eu-central-1", "eu-west-1"}


def test_nothing_that_a_hand_wrote_breaks_it() -> None:
    for kind, arn in KINDS.items():
        for line in odd(thing(kind, arn, {"Policy": opened("*")}), ["Policy", "QueueUrl"]):
            verdicts(ID, posture([line]))
