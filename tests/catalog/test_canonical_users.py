"""A bucket's policy may name a distribution's old identity by S3's own id: ours, or unknown, and no stranger."""

from typing import Any

import pytest

from stanch.contracts.collector import Unknown
from stanch.domain.verdict import Ruling
from tests.posturing import ACCOUNT, COLLECTORS, posture, verdicts

BUCKET = "arn:aws:s3:::weights"
CANONICAL = "c" * 64
READS = {
    "Effect": "Allow",
    "Principal": {"CanonicalUser": CANONICAL},
    "Action": "s3:GetObject",
    "Resource": f"{BUCKET}/*",
}
STORE = {"kind": "s3/bucket", "arn": BUCKET, "data": {
    "Policy": {"Version": "2012-10-17", "Statement": [READS]}, "Acl": None, "PublicAccessBlock": None,
    "OwnershipControls": {"Rules": [{"ObjectOwnership": "BucketOwnerEnforced"}]}}}  # fmt: skip
BLOCK = {"kind": "s3/account", "arn": f"arn:aws:s3::{ACCOUNT}:account", "data": {"PublicAccessBlock": None}}
IDENTITY = {"kind": "cloudfront/origin-access-identity",
            "arn": f"arn:aws:cloudfront::{ACCOUNT}:origin-access-identity/E2QWRUHAPOMQZL",
            "data": {"Id": "E2QWRUHAPOMQZL", "S3CanonicalUserId": CANONICAL, "Comment": ""}}  # fmt: skip
DENIED = Unknown("cloudfront:ListCloudFrontOriginAccessIdentities", "AccessDenied", "x", "cloudfront", "no", ACCOUNT)


def ruling(*lines: dict[str, Any], **kwargs: Any) -> Ruling:
    found = verdicts("public/bucket_open", posture([BLOCK, STORE, *lines], **kwargs))
    (verdict,) = (one for one in found if one.resource == BUCKET)
    return verdict.ruling


def test_an_identity_of_our_own_distributions_is_ours() -> None:
    assert ruling(IDENTITY) is Ruling.PASS


def test_whom_no_account_of_ours_knows_is_a_stranger() -> None:
    assert ruling() is Ruling.FAIL


@pytest.mark.parametrize(
    "how",
    [
        {"unknowns": [DENIED]},
        {"looked": [name for name in COLLECTORS if name != "cloudfront"]},
        {"toml": '[perimeter]\naccounts = ["444455556666"]\n'},
    ],
    ids=["listing denied", "not looked at", "an account of ours that was not looked at"],
)
def test_where_ours_are_not_all_known_it_may_be_one_of_them(how: dict[str, Any]) -> None:
    assert ruling(**how) is Ruling.UNKNOWN
    assert ruling(IDENTITY, **how) is Ruling.PASS
