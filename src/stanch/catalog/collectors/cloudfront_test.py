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


def furnished(ground: Ground, aws: Door) -> tuple[str, str]:
    """A distribution of a bucket, and the access control that its origin names."""
    name = ground.name(ORIGIN)
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
    return aws.call("cloudfront", "CreateDistribution", DistributionConfig=wanted)["Distribution"]["ARN"], control


def test_distributions_are_found_with_the_declared_permissions_alone(ground: Ground) -> None:
    arn, control = furnished(ground, ground.admin)
    aws = reader(ground.admin, cloudfront)
    things, unknowns = collected(cloudfront, aws)
    assert unknowns == []
    assert aws.needed == set(cloudfront.PERMISSIONS)
    assert things[arn].kind == "cloudfront/distribution"
    (origin,) = things[arn].data["Origins"]["Items"]
    assert origin["DomainName"].endswith(".s3.amazonaws.com")
    named = f"arn:aws:cloudfront::{ground.account}:origin-access-control/{control}"
    assert things[named].data["OriginAccessControlOriginType"] == "s3"


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
    """Three access controls and no distribution."""
    fixed = {"Description": "", "SigningProtocol": "sigv4", "SigningBehavior": "always"}
    controls = [
        {"Id": f"E{number}", "Name": f"c{number}", "OriginAccessControlOriginType": "s3", **fixed}
        for number in range(3)
    ]
    return RecordedAws(
        {
            "cloudfront:ListDistributions": lambda _, params: page("DistributionList", [], params),
            "cloudfront:ListOriginAccessControls": lambda _, params: page("OriginAccessControlList", controls, params),
        }
    )


def test_every_page_is_read(account: RecordedAws) -> None:
    things, unknowns = collected(cloudfront, account)
    assert unknowns == []
    assert list(things) == [f"arn:aws:cloudfront::{ACCOUNT}:origin-access-control/E{number}" for number in range(3)]


def test_a_partition_that_does_not_answer_is_unseen_and_not_empty(account: RecordedAws) -> None:
    silent = AwsUnreachable("cloudfront:ListDistributions", "EndpointConnectionError", "no such host")
    account.failing["cloudfront:ListDistributions"] = [silent]
    _, unknowns = collected(cloudfront, account)
    assert [(unknown.operation, unknown.permission) for unknown in unknowns] == [("cloudfront:ListDistributions", None)]
