"""A new bucket is closed: since April 2023 AWS blocks public access and disables ACLs unless told otherwise.

The gate decides who may do what, so moto's own half of a policy evaluator is switched off.
"""

from typing import Any

from moto.iam.access_control import PermissionResult
from moto.s3 import responses
from moto.s3.models import FakeBucket, PublicAccessBlock, S3Backend

from stanch.iam import PolicyError, is_public, parse
from stanch.range.gate.access_points import find_access_point
from stanch.range.patches.replacing import replaces


def install() -> None:
    """Put S3 right."""
    original_init = FakeBucket.__init__
    original_get = S3Backend.get_bucket

    @replaces(FakeBucket, "__init__")
    def bucket(self: Any, *arguments: Any, **options: Any) -> None:
        original_init(self, *arguments, **options)
        self.public_access_block = PublicAccessBlock("true", "true", "true", "true")
        self.ownership_rule = "BucketOwnerEnforced"

    @replaces(FakeBucket, "get_permission")
    def get_permission(self: Any, action: str, resource: str) -> PermissionResult:
        return PermissionResult.NEUTRAL

    @replaces(S3Backend, "get_bucket")
    def get_bucket(self: Any, bucket_name: str) -> FakeBucket:
        point = find_access_point(bucket_name)
        return original_get(self, point.bucket if point else bucket_name)

    replaces(responses, "bucket_policy_is_public")(_is_public)


def _is_public(policy: bytes | str) -> bool:
    try:
        return is_public(parse(policy))
    except PolicyError:
        return False
