"""What a call to AWS needs is known only by making it: a door that notes the permission of each."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from stanch.contracts.aws import Aws, AwsDenied

PREFIXES = {
    "accessanalyzer": "access-analyzer",
    "sso-admin": "sso",
    "elbv2": "elasticloadbalancing",
    "elb": "elasticloadbalancing",
    "resourcegroupstaggingapi": "tag",
    "s3control": "s3",
    "stepfunctions": "states",
}
S3 = {
    "ListObjectsV2": "ListBucket",
    "GetPublicAccessBlock": "GetBucketPublicAccessBlock",
    "PutPublicAccessBlock": "PutBucketPublicAccessBlock",
    "DeletePublicAccessBlock": "PutBucketPublicAccessBlock",
    "GetBucketReplication": "GetReplicationConfiguration",
    "PutBucketReplication": "PutReplicationConfiguration",
    "ListBucketInventoryConfigurations": "GetInventoryConfiguration",
    "GetBucketInventoryConfiguration": "GetInventoryConfiguration",
    "PutBucketInventoryConfiguration": "PutInventoryConfiguration",
    "ListBucketAnalyticsConfigurations": "GetAnalyticsConfiguration",
    "GetBucketAnalyticsConfiguration": "GetAnalyticsConfiguration",
    "PutBucketAnalyticsConfiguration": "PutAnalyticsConfiguration",
    "GetBucketNotificationConfiguration": "GetBucketNotification",
    "PutBucketNotificationConfiguration": "PutBucketNotification",
    "DeleteBucketOwnershipControls": "PutBucketOwnershipControls",
    "ListBuckets": "ListAllMyBuckets",
    "HeadBucket": "ListBucket",
    "HeadObject": "GetObject",
    "ListObjectVersions": "ListBucketVersions",
    "GetObjectLockConfiguration": "GetBucketObjectLockConfiguration",
    "GetBucketEncryption": "GetEncryptionConfiguration",
    "GetBucketLifecycleConfiguration": "GetLifecycleConfiguration",
}
S3CONTROL = {
    "GetPublicAccessBlock": "GetAccountPublicAccessBlock",
    "PutPublicAccessBlock": "PutAccountPublicAccessBlock",
    "DeletePublicAccessBlock": "PutAccountPublicAccessBlock",
}
OTHERS: dict[str, str] = {"access-analyzer:ListFindingsV2": "access-analyzer:ListFindings"}
"""Operations of every other service whose permission has another name: `backup:X` -> `backup:Y`."""


@dataclass
class Listening:
    """The responder's door, which notes each permission that a call through it needs."""

    door: Aws
    needed: set[str] = field(default_factory=set)
    before_call: Callable[[str], None] = lambda _: None

    @property
    def partition(self) -> str:
        return self.door.partition

    @property
    def region(self) -> str:
        return self.door.region

    @property
    def account(self) -> str:
        return self.door.account

    @property
    def caller(self) -> str:
        return self.door.caller

    def call(self, service: str, operation: str, /, *, region: str | None = None, **params: Any) -> dict[str, Any]:
        self._note(service, operation)
        return self.door.call(service, operation, region=region, **params)

    def pages(
        self, service: str, operation: str, key: str, /, *, region: str | None = None, **params: Any
    ) -> list[dict[str, Any]]:
        self._note(service, operation)
        return self.door.pages(service, operation, key, region=region, **params)

    def anonymous(self) -> Aws:
        return self.door.anonymous()

    def assuming(self, role: str, session: str) -> Aws:
        self._note("sts", "AssumeRole")
        return self.door.assuming(role, session)

    def at(self, region: str) -> Aws:
        return self.door.at(region)

    def _note(self, service: str, operation: str) -> None:
        self.needed.add(permission(service, operation))
        self.before_call(f"{service}:{operation}")


def permission(service: str, operation: str) -> str:
    """The IAM action that lets a caller make this call."""
    names = {"s3": S3, "s3control": S3CONTROL}.get(service, {})
    named = f"{PREFIXES.get(service, service)}:{names.get(operation, operation)}"
    return OTHERS.get(named, named)


def allowed(aws: Aws, service: str, operation: str, **params: Any) -> bool:
    """Whether AWS lets this caller do this."""
    try:
        aws.call(service, operation, **params)
    except AwsDenied:
        return False
    return True
