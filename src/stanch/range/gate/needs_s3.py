"""S3 names its permissions after what is read or written, not after the call: HeadObject needs s3:GetObject.

Source: "Required permissions for Amazon S3 API operations", S3 User Guide.
"""

from typing import Any
from urllib.parse import unquote

from moto.s3.models import FakeBucket, s3_backends

from stanch.range.gate.access_points import find_access_point, point_need
from stanch.range.gate.permission import Need
from stanch.range.request.call import Call

ACTIONS = {
    "ListBuckets": "ListAllMyBuckets",
    "ListObjects": "ListBucket",
    "ListObjectsV2": "ListBucket",
    "HeadBucket": "ListBucket",
    "ListObjectVersions": "ListBucketVersions",
    "ListMultipartUploads": "ListBucketMultipartUploads",
    "HeadObject": "GetObject",
    "CopyObject": "PutObject",
    "CreateMultipartUpload": "PutObject",
    "UploadPart": "PutObject",
    "UploadPartCopy": "PutObject",
    "CompleteMultipartUpload": "PutObject",
    "ListParts": "ListMultipartUploadParts",
    "DeleteObjects": "DeleteObject",
    "GetPublicAccessBlock": "GetBucketPublicAccessBlock",
    "PutPublicAccessBlock": "PutBucketPublicAccessBlock",
    "DeletePublicAccessBlock": "PutBucketPublicAccessBlock",
    "DeleteBucketTagging": "PutBucketTagging",
    "DeleteBucketOwnershipControls": "PutBucketOwnershipControls",
    "GetBucketEncryption": "GetEncryptionConfiguration",
    "PutBucketEncryption": "PutEncryptionConfiguration",
    "DeleteBucketEncryption": "PutEncryptionConfiguration",
    "GetBucketLifecycleConfiguration": "GetLifecycleConfiguration",
    "PutBucketLifecycleConfiguration": "PutLifecycleConfiguration",
    "DeleteBucketLifecycle": "PutLifecycleConfiguration",
    "GetBucketReplication": "GetReplicationConfiguration",
    "PutBucketReplication": "PutReplicationConfiguration",
    "DeleteBucketReplication": "PutReplicationConfiguration",
    "ListBucketInventoryConfigurations": "GetInventoryConfiguration",
    "GetBucketInventoryConfiguration": "GetInventoryConfiguration",
    "PutBucketInventoryConfiguration": "PutInventoryConfiguration",
    "DeleteBucketInventoryConfiguration": "PutInventoryConfiguration",
    "ListBucketAnalyticsConfigurations": "GetAnalyticsConfiguration",
    "GetBucketAnalyticsConfiguration": "GetAnalyticsConfiguration",
    "PutBucketAnalyticsConfiguration": "PutAnalyticsConfiguration",
    "DeleteBucketAnalyticsConfiguration": "PutAnalyticsConfiguration",
    "GetBucketNotificationConfiguration": "GetBucketNotification",
    "PutBucketNotificationConfiguration": "PutBucketNotification",
    "GetBucketAccelerateConfiguration": "GetAccelerateConfiguration",
    "PutBucketAccelerateConfiguration": "PutAccelerateConfiguration",
    "GetBucketCors": "GetBucketCORS",
    "PutBucketCors": "PutBucketCORS",
    "DeleteBucketCors": "PutBucketCORS",
    "GetObjectLockConfiguration": "GetBucketObjectLockConfiguration",
    "PutObjectLockConfiguration": "PutBucketObjectLockConfiguration",
}
VERSIONED = ("GetObject", "DeleteObject", "GetObjectAcl", "PutObjectAcl", "GetObjectTagging", "PutObjectTagging")
"""Actions that have a second name for a call that says which version it means."""

CONTEXT = {
    "Prefix": "s3:prefix",
    "Delimiter": "s3:delimiter",
    "MaxKeys": "s3:max-keys",
    "VersionId": "s3:versionid",
    "ACL": "s3:x-amz-acl",
    "ServerSideEncryption": "s3:x-amz-server-side-encryption",
    "CopySource": "s3:x-amz-copy-source",
    "ObjectOwnership": "s3:x-amz-object-ownership",
}


def find_bucket(name: str | None) -> FakeBucket | None:
    """The bucket of that name or behind that access point, in whatever account: bucket names are global."""
    point = find_access_point(name)
    name = point.bucket if point else name
    place = s3_backends.bucket_accounts.get(name) if name else None
    return s3_backends[place[1]][place[0]].buckets.get(name) if place and name else None


def s3_needs(call: Call, partition: str) -> list[Need]:
    """What an S3 call needs; nothing when the bucket does not exist, for S3 then says so to anybody."""
    if call.service == "s3control":
        account = call.text("AccountId")
        action = call.operation.replace("PublicAccessBlock", "AccountPublicAccessBlock")
        return [Need(f"s3:{action.replace('DeleteAccount', 'PutAccount')}", "*", account)]
    name = call.text("Bucket")
    if name is None:
        return [Need(_action(call))]
    bucket = find_bucket(name)
    if call.operation == "CreateBucket":
        return [Need("s3:CreateBucket", f"arn:{partition}:s3:::{name}", context=_context(call))]
    if bucket is None:
        return []
    keys = [call.text("Key")]
    if call.operation == "DeleteObjects":
        keys = [entry.get("Key") for entry in call.parameters.get("Delete", {}).get("Objects", [])]
    needs = [_need(_action(call), bucket, key, _context(call)) for key in keys]
    point = find_access_point(name)
    if point is not None:
        needs += [point_need(_action(call), point, key, _context(call)) for key in keys]
    if call.operation == "PutBucketReplication":
        role = call.parameters.get("ReplicationConfiguration", {}).get("Role") or "*"
        needs.append(Need("iam:PassRole", str(role), context={"iam:PassedToService": ("s3.amazonaws.com",)}))
    source = _copy_source(call)
    if source is not None:
        source_bucket = find_bucket(source[0])
        if source_bucket is not None:
            needs.append(_need("s3:GetObject", source_bucket, source[1], {}))
    return needs


def _action(call: Call) -> str:
    action = ACTIONS.get(call.operation, call.operation)
    if action in VERSIONED and call.text("VersionId"):
        action = action.replace("Object", "ObjectVersion", 1)
    return f"s3:{action}"


def _need(action: str, bucket: FakeBucket, key: str | None, context: dict[str, tuple[str, ...]]) -> Need:
    resource = f"arn:{bucket.partition}:s3:::{bucket.name}" + (f"/{key}" if key else "")
    return Need(action, resource, bucket.account_id, "bucket", context)


def _context(call: Call) -> dict[str, tuple[str, ...]]:
    sent: dict[str, Any] = {key: call.parameters.get(name) for name, key in CONTEXT.items()}
    return {key: (str(value),) for key, value in sent.items() if value is not None}


def _copy_source(call: Call) -> tuple[str, str] | None:
    source = call.text("CopySource")
    if source is None:
        return None
    bucket, _, key = unquote(source).lstrip("/").partition("/")
    return bucket, key.partition("?versionId=")[0]
