"""Edges of the check `cross_account/external_id_missing`."""

from typing import Any

import pytest
from tests.posturing import ACCOUNT, posture, rulings, verdicts
from tests.trusting import ASSET, READS, STRANGER, bucket, document, odd, role, trusting

from stanch.domain.severity import Severity
from stanch.domain.verdict import Ruling

ID = "cross_account/external_id_missing"
VENDOR = {"AWS": f"arn:aws:iam::{STRANGER}:root"}
ROLE = f"arn:aws:iam::{ACCOUNT}:role/vendor"


@pytest.mark.parametrize(
    ("trust", "found"),
    [
        (trusting(VENDOR), Ruling.FAIL),
        (trusting({"AWS": STRANGER}), Ruling.FAIL),
        (trusting(VENDOR, {"StringEquals": {"sts:ExternalId": "secret"}}), Ruling.PASS),
        (trusting(VENDOR, {"StringEqualsIfExists": {"sts:ExternalId": "secret"}}), Ruling.FAIL),
        (trusting(VENDOR, {"StringLike": {"sts:ExternalId": "*"}}), Ruling.FAIL),
        (trusting(VENDOR, {"StringNotEquals": {"sts:ExternalId": "secret"}}), Ruling.FAIL),
        (trusting(VENDOR, {"StringEquals": {"aws:PrincipalOrgID": "o-abcdefghij"}}), Ruling.PASS),
        (trusting({"AWS": "*"}, {"StringEquals": {"aws:PrincipalAccount": STRANGER}}), Ruling.FAIL),
        (
            trusting({"AWS": "*"}, {"StringEquals": {"aws:PrincipalAccount": STRANGER, "sts:ExternalId": "secret"}}),
            Ruling.PASS,
        ),
        (trusting({"AWS": "*"}, {"StringEquals": {"aws:PrincipalAccount": ACCOUNT}}), None),
        (trusting(VENDOR, action="sts:TagSession"), None),
        (trusting({"AWS": f"arn:aws:iam::{ACCOUNT}:root"}), None),
    ],
)
def test_only_a_condition_that_fails_without_its_key_binds_a_vendor(trust: Any, found: Ruling | None) -> None:
    assert rulings(ID, posture([role("vendor", trust)])) == ({ROLE: found} if found else {})


def test_one_statement_without_an_id_undoes_another_with_one() -> None:
    bound = trusting(VENDOR, {"StringEquals": {"sts:ExternalId": "secret"}})["Statement"]
    both = document(*bound, *trusting(VENDOR)["Statement"])
    assert rulings(ID, posture([role("vendor", both)])) == {ROLE: Ruling.FAIL}


def test_it_weighs_what_the_role_reaches() -> None:
    (verdict,) = verdicts(ID, posture([bucket(), role("vendor", trusting(VENDOR), READS)], ASSET))
    (other,) = verdicts(ID, posture([bucket(), role("vendor", trusting(VENDOR))], ASSET))
    assert (verdict.severity, other.severity) == (Severity.MEDIUM, Severity.LOW)


def test_nothing_that_a_hand_wrote_breaks_it() -> None:
    for line in odd(role("vendor"), ["AssumeRolePolicyDocument"]):
        verdicts(ID, posture([line]))
    (hidden,) = verdicts(ID, posture([role("vendor", {"$unseen": "iam:GetRole: AccessDenied"})]))
    assert hidden.ruling is Ruling.UNKNOWN
