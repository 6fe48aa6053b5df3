"""Edges of the check `cross_account/role_reaches_asset`."""

from typing import Any

import pytest
from tests.posturing import ACCOUNT, posture, rulings, verdicts
from tests.trusting import ASSET, DECOY, EVERYTHING, MODELS, READS, STRANGER, bucket, odd, role, trusting

from stanch.catalog.checks._reach import MOST_UNDECLARED
from stanch.contracts.collector import Unknown
from stanch.domain.severity import Severity
from stanch.domain.verdict import Ruling

ID = "cross_account/role_reaches_asset"
PARTNER = trusting({"AWS": f"arn:aws:iam::{STRANGER}:root"})
OURS = f'{ASSET}[perimeter]\naccounts = ["444455556666"]\n'
PREFIX = '[[asset]]\nname = "model"\nkind = "weights"\nwhere = "s3://models-eu/weights/"\n'


def test_the_path_is_drawn_with_each_of_its_steps() -> None:
    passes = {
        "Effect": "Allow",
        "Action": ["iam:PassRole", "lambda:CreateFunction", "lambda:InvokeFunction"],
        "Resource": "*",
    }
    lines = [
        bucket(),
        role("partner", PARTNER, passes),
        role("embed", trusting({"Service": "lambda.amazonaws.com"}), READS),
    ]
    found = {one.resource: one for one in verdicts(ID, posture(lines, ASSET))}
    partner = found[f"arn:aws:iam::{ACCOUNT}:role/partner"]
    assert (partner.ruling, partner.severity) == (Ruling.FAIL, Severity.HIGH)
    assert partner.way[0] == f"account {STRANGER}"
    assert "iam:PassRole" in partner.way[3]
    assert partner.way[-1] == "reads the objects of models-eu"
    assert [asset.name for asset in partner.assets] == ["model"]
    assert found[f"arn:aws:iam::{ACCOUNT}:role/embed"].ruling is Ruling.PASS


def test_anybody_is_worse_than_a_partner() -> None:
    (verdict,) = verdicts(ID, posture([bucket(), role("open", trusting({"AWS": "*"}), READS)], ASSET))
    assert verdict.severity is Severity.CRITICAL


@pytest.mark.parametrize(
    ("lines", "toml", "ruling"),
    [
        ([bucket(), role("x", trusting({"AWS": "444455556666"}), READS)], OURS,
         Ruling.PASS),
        ([bucket(), role("x", PARTNER, READS)], DECOY, Ruling.PASS),
        ([bucket(), role("x", PARTNER)], ASSET, Ruling.PASS),
        ([bucket(), role("x", PARTNER, EVERYTHING)], None, Ruling.FAIL),
        ([bucket(), role("x", PARTNER, {**READS, "Resource": f"{MODELS}/weights/*"})], PREFIX, Ruling.FAIL),
        ([bucket(), role("x", PARTNER, {**READS, "Resource": f"{MODELS}/logs/*"})], PREFIX, Ruling.PASS),
    ],
)  # fmt: skip
def test_a_stranger_and_an_asset_make_a_hole_together(lines: Any, toml: str | None, ruling: Ruling) -> None:
    assert set(rulings(ID, posture(lines, toml)).values()) == {ruling}


@pytest.mark.parametrize(("allowed", "ruling"), [((READS,), Ruling.UNKNOWN), ((), Ruling.PASS)])
def test_a_door_that_nobody_placed_leaves_it_open_whether_strangers_come_by_it(allowed: Any, ruling: Ruling) -> None:
    anyone = trusting({"AWS": "*"}, {"IpAddress": {"aws:SourceIp": "203.0.113.0/24"}})
    (verdict,) = verdicts(ID, posture([bucket(), role("x", anyone, *allowed)], ASSET))
    assert verdict.ruling is ruling
    assert ("203.0.113.0/24" in verdict.why) is (ruling is Ruling.UNKNOWN)


def test_what_aws_keeps_is_not_asked_about() -> None:
    linked = role(
        "AWSServiceRoleForX", trusting({"Service": "x.amazonaws.com"}), path="/aws-service-role/x.amazonaws.com/"
    )
    assert rulings(ID, posture([linked])) == {}


def test_an_account_whose_identities_were_refused_is_unknown() -> None:
    refused = Unknown(
        "iam:GetAccountAuthorizationDetails", "AccessDenied", "iam:GetAccountAuthorizationDetails", "iam", "no"
    )
    assert rulings(ID, posture([], unknowns=[refused])) == {f"arn:aws:iam::{ACCOUNT}:root": Ruling.UNKNOWN}


def test_nothing_that_a_hand_wrote_breaks_it() -> None:
    for line in odd(role("x", PARTNER, READS), ["AssumeRolePolicyDocument"]):
        verdicts(ID, posture([bucket(), line], ASSET))


def test_buckets_beyond_those_that_are_asked_about_are_told() -> None:
    lines = [bucket(f"arn:aws:s3:::b{number:03}") for number in range(MOST_UNDECLARED + 3)]
    found = {one.resource: one for one in verdicts(ID, posture(lines))}[f"arn:aws:iam::{ACCOUNT}:root"]
    assert found.ruling is Ruling.UNKNOWN
    assert "3 were not asked" in found.why
    assert rulings(ID, posture(lines, ASSET)) == {}
    assert rulings(ID, posture(lines[:MOST_UNDECLARED])) == {}
