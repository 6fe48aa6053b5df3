"""Edges of the check `public/bucket_blocked`."""

import pytest
from tests.posturing import ACCOUNT, posture, rulings, verdicts
from tests.trusting import ASSET, MODELS, bucket, odd, thing

from stanch.contracts.collector import Unknown
from stanch.domain.severity import Severity
from stanch.domain.verdict import Ruling

ID = "public/bucket_blocked"
ROOT = f"arn:aws:iam::{ACCOUNT}:root"
OWNED = {"Rules": [{"ObjectOwnership": "BucketOwnerEnforced"}]}
NOBODY = thing("s3/account", ROOT, {"PublicAccessBlock": None})
UNSEEN = {"$unseen": "s3:GetPublicAccessBlock: AccessDenied"}


@pytest.mark.parametrize(
    ("block", "ownership", "ruling"),
    [
        ({"BlockPublicPolicy": True, "BlockPublicAcls": True}, None, Ruling.PASS),
        ({"RestrictPublicBuckets": True}, OWNED, Ruling.PASS),
        ({"RestrictPublicBuckets": True}, None, Ruling.FAIL),
        ({"IgnorePublicAcls": True, "BlockPublicPolicy": False}, OWNED, Ruling.FAIL),
        ({"BlockPublicPolicy": "true"}, OWNED, Ruling.FAIL),
        (UNSEEN, OWNED, Ruling.UNKNOWN),
    ],
)
def test_policies_and_lists_are_each_shut_by_a_switch_of_their_own(
    block: object, ownership: object, ruling: Ruling
) -> None:
    found = rulings(ID, posture([NOBODY, bucket(PublicAccessBlock=block, OwnershipControls=ownership)]))
    assert found == {MODELS: ruling}


def test_the_block_of_one_account_does_not_cover_the_bucket_of_another() -> None:
    ours = thing("s3/account", ROOT, {"PublicAccessBlock": {"RestrictPublicBuckets": True, "IgnorePublicAcls": True}})
    theirs = thing("s3/account", "arn:aws:iam::444455556666:root", {"PublicAccessBlock": None}, "444455556666")
    other = bucket("arn:aws:s3:::other", "444455556666")
    assert rulings(ID, posture([ours, theirs, bucket(), other])) == {MODELS: Ruling.PASS, other["arn"]: Ruling.FAIL}


def test_an_account_that_was_not_seen_may_block_what_the_bucket_does_not() -> None:
    (verdict,) = verdicts(ID, posture([bucket()]))
    assert verdict.ruling is Ruling.UNKNOWN
    assert "the account's own block" in verdict.why


def test_a_list_of_buckets_that_was_refused_is_unknown_with_its_permission() -> None:
    refused = Unknown("s3:ListBuckets", "AccessDenied", "s3:ListAllMyBuckets", "s3", "not authorized")
    (verdict,) = verdicts(ID, posture([], unknowns=[refused]))
    assert (verdict.ruling, verdict.resource) == (Ruling.UNKNOWN, ROOT)
    assert "s3:ListAllMyBuckets" in verdict.why


def test_a_bucket_of_weights_weighs_more_than_one_that_nobody_declared() -> None:
    found = verdicts(ID, posture([NOBODY, bucket(), bucket("arn:aws:s3:::pages")], ASSET))
    assert {one.resource: one.severity for one in found} == {
        MODELS: Severity.MEDIUM,
        "arn:aws:s3:::pages": Severity.LOW,
    }


def test_nothing_that_a_hand_wrote_breaks_it() -> None:
    for line in odd(bucket(), ["PublicAccessBlock", "OwnershipControls"]):
        verdicts(ID, posture([NOBODY, line]))
