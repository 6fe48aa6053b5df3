"""Edges of the check `public/bucket_open`."""

from typing import Any

import pytest
from tests.posturing import ACCOUNT, posture, rulings, verdicts
from tests.trusting import MODELS, STRANGER, bucket, document, odd, thing

from stanch.domain.verdict import Ruling

ID = "public/bucket_open"
ACCOUNT_BLOCK = thing("s3/account", f"arn:aws:iam::{ACCOUNT}:root", {"PublicAccessBlock": None})


def allowing(principal: Any, action: str = "s3:GetObject", **more: Any) -> dict[str, Any]:
    """A bucket whose policy allows one action."""
    statement = {"Effect": "Allow", "Principal": principal, "Action": action, "Resource": f"{MODELS}/*"}
    return bucket(
        Policy=document({**statement, **more}),
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


def through(key: str, value: str) -> dict[str, Any]:
    """A bucket that lets in everybody who comes from one place."""
    return allowing("*", Condition={"StringEquals": {key: value}})


@pytest.mark.parametrize(
    ("key", "name"), [("aws:SourceVpce", "vpce-0123456789abcdef0"), ("aws:SourceVpc", "vpc-0123456789abcdef0")]
)
def test_a_network_is_ours_when_an_account_that_was_looked_at_owns_it(key: str, name: str) -> None:
    kind, own = ("vpc-endpoint", "VpcEndpointId") if key == "aws:SourceVpce" else ("vpc", "VpcId")
    lines = [ACCOUNT_BLOCK, through(key, name)]
    for owner, ruling in ((ACCOUNT, Ruling.PASS), (STRANGER, Ruling.UNKNOWN), (None, Ruling.UNKNOWN)):
        place = thing(f"ec2/{kind}", f"arn:aws:ec2:eu-central-1:{ACCOUNT}:{kind}/{name}", {own: name, "OwnerId": owner})
        assert rulings(ID, posture([*lines, place])) == {MODELS: ruling}
    (verdict,) = verdicts(ID, posture(lines))
    assert (verdict.ruling, name in verdict.why) == (Ruling.UNKNOWN, True)
    declared = f'[perimeter]\n{"vpc_endpoints" if kind == "vpc-endpoint" else "vpcs"} = ["{name}"]\n'
    assert rulings(ID, posture(lines, declared)) == {MODELS: Ruling.PASS}


def test_an_identity_of_the_edge_is_ours_when_a_distribution_of_ours_has_it() -> None:
    identity = "arn:aws:iam::cloudfront:user/CloudFront Origin Access Identity E2QWRUHAPOMQZL"
    lines = [ACCOUNT_BLOCK, allowing({"AWS": identity})]
    assert rulings(ID, posture(lines)) == {MODELS: Ruling.UNKNOWN}
    for items, ruling in (
        (
            [{"S3OriginConfig": {"OriginAccessIdentity": "origin-access-identity/cloudfront/E2QWRUHAPOMQZL"}}],
            Ruling.PASS,
        ),
        ([{"S3OriginConfig": {"OriginAccessIdentity": ""}}, {}, None], Ruling.UNKNOWN),
        (7, Ruling.UNKNOWN),
    ):
        edge = thing(
            "cloudfront/distribution", f"arn:aws:cloudfront::{ACCOUNT}:distribution/E1", {"Origins": {"Items": items}}
        )
        assert rulings(ID, posture([*lines, edge])) == {MODELS: ruling}


def test_a_user_whom_only_s3_names_is_called_no_account() -> None:
    acl = {"Owner": {"ID": "a" * 64}, "Grants": [{"Grantee": {"Type": "CanonicalUser", "ID": "b" * 64}}]}
    (verdict,) = verdicts(ID, posture([ACCOUNT_BLOCK, bucket(Acl=acl)]))
    assert verdict.why.startswith(f"canonical user {'b' * 64} gets in")


def test_nothing_that_a_hand_wrote_breaks_it() -> None:
    for line in odd(bucket(), ["Policy", "Acl", "PublicAccessBlock", "OwnershipControls"]):
        verdicts(ID, posture([ACCOUNT_BLOCK, line]))
