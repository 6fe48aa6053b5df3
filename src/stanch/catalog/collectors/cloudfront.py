"""A distribution hands out what its origin holds to the whole internet, whatever a bucket's policy says of people.

Reads: distributions with their origins and behaviours, and the access controls that origins name.
Blind to: functions at the edge, signed URLs and keys, and which principals an old origin access identity stands for.
"""

from collections.abc import Iterator
from typing import Any

from stanch.contracts.collector import Look, Scope, Thing, unseen
from stanch.domain.arn import Arn

SCOPE = Scope.ACCOUNT
PERMISSIONS = ("cloudfront:ListDistributions", "cloudfront:ListOriginAccessControls")


def collect(look: Look) -> Iterator[Thing]:
    """Every distribution and every origin access control of the account."""
    for distribution in _all(look, "ListDistributions", "DistributionList"):
        yield Thing("cloudfront/distribution", distribution["ARN"], distribution)
    for control in _all(look, "ListOriginAccessControls", "OriginAccessControlList"):
        name = Arn(look.partition, "cloudfront", "", look.account, f"origin-access-control/{control['Id']}")
        yield Thing("cloudfront/origin-access-control", str(name), control)


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
