"""A distribution hands out what its origin holds to the whole internet, whatever a bucket's policy says of people.

Reads: distributions with their origins and behaviours, the access controls and the old identities that origins name.
Blind to: functions at the edge, signed URLs and keys.
"""

from collections.abc import Iterator
from typing import Any

from stanch.contracts.collector import Look, Scope, Thing, unseen
from stanch.domain.arn import Arn

SCOPE = Scope.ACCOUNT
PERMISSIONS = (
    "cloudfront:ListCloudFrontOriginAccessIdentities",
    "cloudfront:ListDistributions",
    "cloudfront:ListOriginAccessControls",
)


def collect(look: Look) -> Iterator[Thing]:
    """Every distribution, every origin access control, and every identity with the id by which S3 knows it."""
    for distribution in _all(look, "ListDistributions", "DistributionList"):
        yield Thing("cloudfront/distribution", distribution["ARN"], distribution)
    for control in _all(look, "ListOriginAccessControls", "OriginAccessControlList"):
        yield _thing(look, "origin-access-control", control)
    for identity in _all(look, "ListCloudFrontOriginAccessIdentities", "CloudFrontOriginAccessIdentityList"):
        yield _thing(look, "origin-access-identity", identity)


def _thing(look: Look, kind: str, told: Any) -> Thing:
    name = Arn(look.partition, "cloudfront", "", look.account, f"{kind}/{told['Id']}")
    return Thing(f"cloudfront/{kind}", str(name), told)


def _all(look: Look, operation: str, key: str) -> Iterator[Any]:
    """CloudFront keeps the pages inside the list."""
    turn: dict[str, str] = {}
    while True:
        answer = look.ask("cloudfront", operation, of="cloudfront", **turn)
        if unseen(answer):
            return
        page = answer.get(key, {})
        yield from page.get("Items") or ()
        if not page.get("NextMarker"):
            return
        turn = {"Marker": page["NextMarker"]}
