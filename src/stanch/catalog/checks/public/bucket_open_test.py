"""Edges of the check `public/bucket_open`."""

from typing import Any

import pytest
from tests.posturing import ACCOUNT, posture, rulings, verdicts
from tests.trusting import MODELS, STRANGER, bucket, document, odd, thing

from stanch.domain.verdict import Ruling

ID = "public/bucket_open"
ACCOUNT_BLOCK = thing("s3/account", f"arn:aws:iam::{ACCOUNT}:root", {"PublicAccessBlock": None})


def allowing(principal: Any, action: str = "s3:GetObject") -> dict[str, Any]:
    """A bucket whose policy allows one action."""
    return bucket(
        Policy=document({"Effect": "Allow", "Principal": principal, "Action": action, "Resource": f"{MODELS}/*"}),
        OwnershipControls={"Rules": [{"ObjectOwnership": "BucketOwnerEnforced"}]},
    )


@pytest.mark.parametrize(
    ("line", "ruling"),
    [
        (allowing({"AWS": STRANGER}), Ruling.FAIL),
        (allowing({"AWS": "arn:aws:iam::054676820928:root"}, "s3:PutObject"), Ruling.PASS),
        (allowing({"AWS": "arn:aws:iam::054676820928:root"}, "s3:*"), Ruling.FAIL),
        (allowing({"Service": "cloudtrail.amazonaws.com"}, "s3:PutObject"), Ruling.PASS),
        (bucket(Policy={"$unseen": "s3:GetBucketPolicy: AccessDenied"}), Ruling.UNKNOWN),
    ],
)
def test_logs_are_delivered_by_those_who_read_nothing(line: dict[str, Any], ruling: Ruling) -> None:
    assert rulings(ID, posture([ACCOUNT_BLOCK, line])) == {MODELS: ruling}


def test_nothing_that_a_hand_wrote_breaks_it() -> None:
    for line in odd(bucket(), ["Policy", "Acl", "PublicAccessBlock", "OwnershipControls"]):
        verdicts(ID, posture([ACCOUNT_BLOCK, line]))
