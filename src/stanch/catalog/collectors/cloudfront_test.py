"""The collector of CloudFront against the range, and against recorded answers for pages."""

from collections.abc import Mapping
from typing import Any

import pytest
from tests.collecting import collected, reader, survives_denials
from tests.ground import Ground
from tests.recorded_aws import ACCOUNT, RecordedAws

from stanch.aws import Door
from stanch.catalog.collectors import cloudfront
from stanch.contracts.aws import AwsUnreachable

ORIGIN = "weights"


def furnished(ground: Ground, aws: Door) -> tuple[str, str, dict[str, Any]]:
    """A distribution of a bucket, the access control that its origin names, and an old identity."""
    name = ground.name(ORIGIN)
    asked = {"CallerReference": name, "Comment": "of old"}
    made = aws.call("cloudfront", "CreateCloudFrontOriginAccessIdentity", CloudFrontOriginAccessIdentityConfig=asked)
    identity = made["CloudFrontOriginAccessIdentity"]
    config = {
        "Name": name,
        "SigningProtocol": "sigv4",
        "SigningBehavior": "always",
        "OriginAccessControlOriginType": "s3",
    }
    made = aws.call("cloudfront", "CreateOriginAccessControl", OriginAccessControlConfig=config)
    control = made["OriginAccessControl"]["Id"]
    origin = {
        "Id": ORIGIN,
        "DomainName": f"{name}.s3.amazonaws.com",
        "S3OriginConfig": {"OriginAccessIdentity": ""},
        "OriginAccessControlId": control,
    }
    wanted = {
        "CallerReference": name,
        "Comment": "",
        "Enabled": True,
        "Origins": {"Quantity": 1, "Items": [origin]},
        "DefaultCacheBehavior": {"TargetOriginId": ORIGIN, "ViewerProtocolPolicy": "allow-all"},
    }
    return (
        aws.call("cloudfront", "CreateDistribution", DistributionConfig=wanted)["Distribution"]["ARN"],
        control,
        identity,
    )


def test_distributions_are_found_with_the_declared_permissions_alone(ground: Ground) -> None:
    arn, control, identity = furnished(ground, ground.admin)
    aws = reader(ground.admin, cloudfront)
    things, unknowns = collected(cloudfront, aws)
    assert unknowns == []
    assert aws.needed == set(cloudfront.PERMISSIONS)
    assert things[arn].kind == "cloudfront/distribution"
    (origin,) = things[arn].data["Origins"]["Items"]
    assert origin["DomainName"].endswith(".s3.amazonaws.com")
    named = f"arn:aws:cloudfront::{ground.account}:origin-access-control/{control}"
    assert things[named].data["OriginAccessControlOriginType"] == "s3"
    named = f"arn:aws:cloudfront::{ground.account}:origin-access-identity/{identity['Id']}"
    told = {"Id": identity["Id"], "S3CanonicalUserId": identity["S3CanonicalUserId"], "Comment": "of old"}
    assert things[named].data == told


def test_each_denied_permission_is_told_and_nothing_is_invented(ground: Ground) -> None:
    furnished(ground, ground.admin)
    survives_denials(cloudfront, reader(ground.admin, cloudfront))


def page(key: str, items: list[dict[str, Any]], params: Mapping[str, Any]) -> dict[str, Any]:
    """One item a page; every page says what AWS always says of one."""
    index = int(params.get("Marker", "0"))
    more = {"NextMarker": str(index + 1)} if index + 1 < len(items) else {}
    told = {"Marker": str(index), "MaxItems": 1, "IsTruncated": bool(more), "Quantity": 1}
    return {key: {**told, "Items": items[index : index + 1], **more}}


@pytest.fixture
def account() -> RecordedAws:
    """Three access controls, two identities, and no distribution."""
    fixed = {"Description": "", "SigningProtocol": "sigv4", "SigningBehavior": "always"}
    controls = [
        {"Id": f"E{number}", "Name": f"c{number}", "OriginAccessControlOriginType": "s3", **fixed}
        for number in range(3)
    ]
    identities = [{"Id": f"I{number}", "S3CanonicalUserId": f"{number}" * 64, "Comment": ""} for number in range(2)]
    return RecordedAws(
        {
            "cloudfront:ListDistributions": lambda _, params: page("DistributionList", [], params),
            "cloudfront:ListOriginAccessControls": lambda _, params: page("OriginAccessControlList", controls, params),
            "cloudfront:ListCloudFrontOriginAccessIdentities": lambda _, params: page(
                "CloudFrontOriginAccessIdentityList", identities, params
            ),
        }
    )


def test_every_page_is_read(account: RecordedAws) -> None:
    things, unknowns = collected(cloudfront, account)
    assert unknowns == []
    controls = [f"arn:aws:cloudfront::{ACCOUNT}:origin-access-control/E{number}" for number in range(3)]
    identities = [f"arn:aws:cloudfront::{ACCOUNT}:origin-access-identity/I{number}" for number in range(2)]
    assert list(things) == controls + identities
    assert things[identities[1]].data["S3CanonicalUserId"] == "1" * 64


def test_a_partition_that_does_not_answer_is_unseen_and_not_empty(account: RecordedAws) -> None:
    silent = AwsUnreachable("cloudfront:ListDistributions", "EndpointConnectionError", "no such host")
    account.failing["cloudfront:ListDistributions"] = [silent]
    _, unknowns = collected(cloudfront, account)
    assert [(unknown.operation, unknown.permission) for unknown in unknowns] == [("cloudfront:ListDistributions", None)]
